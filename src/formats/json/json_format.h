// `format = 'json'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/json/json_options.h"
#include "formats/option.h"
#include "formats/schema_file.h"

namespace laminar {

// A schema file is read while planning only.
std::unique_ptr<Format> MakeJsonFormat(SchemaFileReader read_file = NoSchemaFiles);
std::vector<OptionSpec> JsonFormatOptions();
// json.timestamp_format.
JsonTimestampFormat JsonTimestampFormatOf(const OptionValues& values);

}  // namespace laminar
