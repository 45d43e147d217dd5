// The options schema_registry.*, which several formats take.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/option.h"
#include "formats/schema_registry.h"

namespace laminar {

std::vector<OptionSpec> SchemaRegistryOptionSpecs();

// A registry is given: an endpoint, or AWS Glue's.
bool NamesSchemaRegistry(const OptionValues& values);
RegistryKind RegistryKindOf(const OptionValues& values);
// A sink compresses what follows its headers.
bool CompressesBehindHeader(const OptionValues& values);
// Options that say nothing without others, or contradict each other; ok: none.
Status CheckSchemaRegistryOptions(const OptionValues& values);
// Requires NamesSchemaRegistry. The error has a position.
Result<std::shared_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionValues& values, SchemaRegistries* registries);

// Of what is wrong with the registry.
SqlPosition SchemaRegistryPosition(const OptionValues& values);

// schema_registry.auto_register.
bool RegistersSchemas(const OptionValues& values);
// The table has the columns of its query: it is declared as a sink, and registers their schema.
bool RegistersColumns(const OptionValues& values);
// The newest schema of the table's subject, for the columns of a table that declares none. Blocks as
// SchemaRegistry::Latest does. Requires NamesSchemaRegistry. The error has a position.
Result<RegisteredSchemaRef> NewestSchema(const OptionValues& values, SchemaRegistries* registries);
// kUser: it is of another type than `type` ("AVRO"), which users call `name` ("Avro").
Status CheckSchemaType(const RegisteredSchema& schema, std::string_view type, const std::string& name);
// The subject of the table's records; of AWS Glue, the schema's name. record_name: the full name of the record's type,
// "" = it has none. kUser: the options do not tell it.
Result<std::string> SchemaSubject(const OptionValues& values, const std::string& record_name);

}  // namespace laminar
