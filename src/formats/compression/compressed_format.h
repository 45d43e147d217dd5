// The option `compression` of the formats that take it.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

// `inner` with the option. Requires that inner has no file encoder.
std::unique_ptr<Format> MakeCompressedFormat(std::unique_ptr<Format> inner);
// The options of the inner format, and `compression`.
std::vector<OptionSpec> WithCompression(std::vector<OptionSpec> specs);

}  // namespace laminar
