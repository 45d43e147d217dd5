// The options schema_registry.*, which several formats take.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/option.h"
#include "formats/schema_registry.h"

namespace laminar {

std::vector<OptionSpec> SchemaRegistryOptionSpecs();

// schema_registry.endpoint is given.
bool NamesSchemaRegistry(const OptionValues& values);
// Options that say nothing without others, or contradict each other; ok: none.
Status CheckSchemaRegistryOptions(const OptionValues& values);
// Requires NamesSchemaRegistry. The error has a position.
Result<std::shared_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionValues& values, SchemaRegistries* registries);

// schema_registry.auto_register.
bool RegistersSchemas(const OptionValues& values);
// The subject of the table's records. record_name: the full name of the record's type, "" = it has none. kUser: the
// options do not tell it.
Result<std::string> SchemaSubject(const OptionValues& values, const std::string& record_name);

}  // namespace laminar
