// A connection table of the REST API: the request's body as it is kept, and the CREATE TABLE that it stands for.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/status.h"
#include "connectors/registry.h"
#include "duck/database.h"

namespace laminar::server {

using nlohmann::json;

// An option of config, by the name that it has there with its objects' names in front: "type.offset".
struct ConfigOption {
  std::string name, value;
};
// Error (kUser): a list, or null.
Result<std::vector<ConfigOption>> FlattenConfig(const json& config);

// body: checked against the schema CreateConnectionTable. Error (kUser): what it says does not go together; the code is
// the field that is to blame.
Result<std::string> CreateTableOf(const json& body, const Registry& registry);
// Whether the table is read: "source"; else "sink".
std::string UseOf(const json& body);

// That the table can be made: the statement is compiled with a query that uses it. Error (kUser).
Status CheckTable(const json& body, const Registry& registry, DuckSession* session);

}  // namespace laminar::server
