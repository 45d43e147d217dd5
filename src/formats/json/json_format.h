// `format = 'json'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_file.h"

namespace laminar {

// A schema file is read while planning only.
std::unique_ptr<Format> MakeJsonFormat(SchemaFileReader read_file = NoSchemaFiles);
std::vector<OptionSpec> JsonFormatOptions();

}  // namespace laminar
