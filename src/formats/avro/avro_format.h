// `format = 'avro'`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_registry.h"

namespace laminar {

// The text of a file; kUser or kEnvironment if it cannot be had. Called from any thread, one call at a time.
using SchemaFileReader = std::function<Result<std::string>(const std::string& path)>;

// A schema file is read when a table first needs it, and no more after that. registries: borrowed, outlives the format.
std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file, SchemaRegistries* registries);
std::vector<OptionSpec> AvroFormatOptions();

}  // namespace laminar
