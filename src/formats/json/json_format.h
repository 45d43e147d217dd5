// `format = 'json'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

std::unique_ptr<Format> MakeJsonFormat();
std::vector<OptionSpec> JsonFormatOptions();

}  // namespace laminar
