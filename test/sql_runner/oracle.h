// What DuckDB itself answers to the same script over the same rows, as a batch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/database.h"
#include "formats/format.h"
#include "rows.h"
#include "sql/compiler.h"
#include "test_file.h"

namespace laminar::sqltest {

// By sink: lines, encoded as the sink's. Tables become DuckDB's own tables, filled by the sources' decoders, shard
// after shard. Then the rest of the script runs as it stands, or, where the test gives queries for its sinks, only
// those. session: of a database that is not used otherwise. Sinks that DuckDB cannot know (no column list) are left
// out, unless the test gives a query.
Result<std::map<std::string, Rows>> Ask(const TestFile& test, const sql::CompiledScript& script, const Format& json,
                                        DuckSession* session);

}  // namespace laminar::sqltest
