// The operations of the REST API on connectors, connection profiles and connection tables.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "server/api/operation.h"
#include "server/connections/server_secrets.h"
#include "server/store/connection_profiles.h"
#include "server/store/connection_tables.h"
#include "sql/compiler.h"

namespace laminar::server {

// What they work on. All borrowed, outlive them.
struct ConnectionWorld {
  const Clock* clock = nullptr;
  const Registry* registry = nullptr;
  DuckDatabase* duck = nullptr;
  const ServerSecrets* secrets = nullptr;  // those of the registry
  ConnectionTables* tables = nullptr;
  ConnectionProfiles* profiles = nullptr;
  // Names of the pipelines that use the table of that name.
  std::function<Result<std::vector<std::string>>(const std::string& table)> pipelines_of = {};
  std::shared_mutex* tables_in_use = nullptr;  // held while a table is deleted: no query that names it is compiled
};

void AddConnectorOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas);
void AddProfileOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas);
void AddTableOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas);
// /test, /schemas/infer, /schemas/test.
void AddTestOperations(const ConnectionWorld& world, std::vector<Operation>* operations, Schemas* schemas);

// The connection tables, for the scripts of pipelines.
sql::FindTables FindConnectionTables(const ConnectionWorld& world);
// Of secrets that the server's key does not open: the log says how many there are, and which keys would.
void WarnOfOtherKeys(const ConnectionWorld& world);

// ---- what the operations share

// As Error; the code of a kUser problem is the field that is to blame.
Answer FieldError(const Status& problem);
// The config of the profile that a table's body names; {}: it names none. Error (kUser): there is none of that id, or
// it is another connector's.
Result<json> ProfileConfigOf(const json& body, const ConnectionWorld& world);
// What a profile may hold: options of the connector that say how to reach a service.
std::vector<OptionSpec> ProfileSpecs(const Connector& connector);
// A profile's config as options. sent: what the client has sent of it. Error (kUser): one of them is wrong, in the
// client's words.
Result<OptionValues> ProfileValues(const json& config, const json& sent, const Connector& connector,
                                   const ConnectionWorld& world);

}  // namespace laminar::server
