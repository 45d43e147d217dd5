// Which functions a script may call: all of DuckDB's that compute from their arguments, none that reach anything else.
#pragma once

#include <string>

namespace duckdb {
class ClientContext;
}

namespace laminar::sql {

enum class FunctionClass {
  kScalar,  // or unknown: the binder says so, with the nearest name
  kAggregate,
  kWindowing,  // TUMBLE, HOP, SESSION and their _START, _END
  kForbidden,  // the engine's own state, settings, other statements
};

// name: in any case.
FunctionClass Classify(duckdb::ClientContext& context, const std::string& name);

// Whether there is a function or macro of that name at all.
bool FunctionExists(duckdb::ClientContext& context, const std::string& name);

}  // namespace laminar::sql
