// `format = 'avro'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_file.h"

namespace laminar {

// A schema file is read when a table first needs it, and no more after that.
std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file);
std::vector<OptionSpec> AvroFormatOptions();

}  // namespace laminar
