// A connection table of the REST API: the request's body as it is kept, and the CREATE TABLE that it stands for.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/status.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "server/connections/config.h"
#include "sql/compiler.h"

namespace laminar::server {

// body: checked against the schema CreateConnectionTable. profile: the config of its connection profile, {} = it has
// none. Errors (kUser) that are about one field have it as their code.

// nullptr: there is none of that name.
const Connector* ConnectorOf(const json& body, const Registry& registry);
Status NoConnector(const std::string& name, const Registry& registry);
// Whether the table is read: "source"; else "sink".
std::string UseOf(const json& body);
// What its config may have; nothing, if there is no such connector.
std::vector<OptionSpec> SpecsOf(const json& body, const Registry& registry);
// As in SQL: its own, and those of the profile that it does not have itself and its connector and format know.
Result<std::vector<WrittenOption>> OptionsOf(const json& body, const json& profile, const Registry& registry);
Result<std::string> CreateTableOf(const json& body, const json& profile, const Registry& registry);

struct CompiledTable {
  std::string name;
  bool is_source = false;
  // With a query that uses it. nullptr: the table can be made, and the query not: of a sink whose columns take no NULL.
  std::unique_ptr<sql::CompiledScript> script;
};
// Error: kUser = the table cannot be made; kEnvironment = what has to be asked does not answer.
Result<CompiledTable> CompileTable(const json& body, const json& profile, const Registry& registry,
                                   DuckSession* session);

}  // namespace laminar::server
