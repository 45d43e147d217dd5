// The operations of the REST API, and the schemas of what they take and give.
#pragma once

#include <string>
#include <vector>

#include "connectors/registry.h"
#include "duck/database.h"
#include "server/api/operation.h"
#include "server/store/audit.h"
#include "server/store/connection_tables.h"

namespace laminar::server {

// What operations work on. All borrowed, outlive them.
struct Resources {
  const Registry* registry = nullptr;
  DuckDatabase* duck = nullptr;
  ConnectionTables* tables = nullptr;
  Audit* audit = nullptr;
};

// Those that describe the server: /ping, /connectors, /audit, /healthz, /readyz.
void AddServerOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
void AddTableOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
void AddQueryOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);

// Microseconds since 1970 as answers have times: RFC 3339.
json TimeOf(int64_t micros);

}  // namespace laminar::server
