// The option json.confluent_schema_registry: JSON whose schema a registry has.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_registry.h"

namespace laminar {

// The JSON format with the option. registries: borrowed, outlives the format.
std::unique_ptr<Format> MakeRegisteredJsonFormat(std::unique_ptr<Format> json, SchemaRegistries* registries);
// The options of JSON, and what the option needs.
std::vector<OptionSpec> WithRegisteredJson(std::vector<OptionSpec> specs);

}  // namespace laminar
