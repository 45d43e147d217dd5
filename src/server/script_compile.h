// A client's query, compiled with the tables that every pipeline can name, and what clients are shown of its plan.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server/operations.h"
#include "sql/compiler.h"
#include "stream/plan.h"

namespace laminar::server {

// Needs the network where a table asks a schema registry.
sql::CompileResult CompileScript(const Resources& resources, const std::string& query, DuckSession* session);
// The same for a request: only so many at once, so that registries that do not answer leave threads for other requests.
// kTooMany, as the code of its only problem: there were so many.
constexpr int kMostCompiling = 8;
constexpr const char* kTooMany = "TooMany";
sql::CompileResult CompileForClient(const Resources& resources, const std::string& query, DuckSession* session);

// Whether the script can be a pipeline, which goes on from checkpoints. Error (kUser), at the table: it writes a file
// that can have no part in one.
Status CanKeepState(const sql::CompiledScript& script);

// {"nodes": [{"id", "operator", "details"}], "edges": [{"from", "to"}]}
json GraphOf(const StreamPlan& plan);
// Of each sink, by its name: {"table", "fields"}.
json OutputsOf(const StreamPlan& plan);
// The names of the tables that the script reads and writes, in lower case.
std::vector<std::string> TablesOf(const sql::CompiledScript& script);

}  // namespace laminar::server
