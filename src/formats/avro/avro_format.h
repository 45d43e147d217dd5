// `format = 'avro'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_file.h"
#include "formats/schema_registry.h"

namespace laminar {

// A schema file is read when a table first needs it, and no more after that. registries: borrowed, outlives the format.
std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file, SchemaRegistries* registries);
std::vector<OptionSpec> AvroFormatOptions();

}  // namespace laminar
