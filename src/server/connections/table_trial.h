// A connection table is tried, and its sample read, for the operations that show what comes of it. Nothing is kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/connection_check.h"
#include "infer/inferred_table.h"
#include "infer/sample_rows.h"
#include "server/connections/operations.h"
#include "server/connections/table_definition.h"

namespace laminar::server {

// A request is answered within about this.
constexpr int64_t kTestMicros = 9 * kMicrosPerSecond;

// The table that a body means: itself, or {"id": ...} of one that is there. Its secrets are kept for the test alone.
struct TestedTable {
  json body, profile;
};
Result<TestedTable> FindTested(const json& sent, const ConnectionWorld& world);

struct TableTest {
  ConnectionTest found;
  std::optional<infer::SampleRows> rows;  // of a source whose records could be read
  Schema columns;                         // of the rows, as infer::SampleRows::columns
};
// Error (kUser, kEnvironment): the table cannot be made.
Result<TableTest> TestTable(const TestedTable& table, const TestLimits& limits, const ConnectionWorld& world);

// What records say of the columns of a table that reads them. format: "" = it is told from them. Error (kUser): they
// say nothing.
Result<infer::InferredTable> InferColumns(const std::vector<SampledRecords>& samples, const std::string& format,
                                          size_t most_rows, const ConnectionWorld& world);

struct InferredSchema {
  infer::InferredTable table;
  std::string statement;       // its CREATE TABLE
  bool lacks_secrets = false;  // of the table: the statement leaves them out
};
// Reads a sample, whatever the table's own columns are. Error (kUser): there is none, or it says nothing; where that is
// because a check failed, *failed has them all.
Result<InferredSchema> InferSchema(const TestedTable& table, const TestLimits& limits, const ConnectionWorld& world,
                                   std::vector<ConnectionCheck>* failed);

// As answers have them.
json ToJson(const std::vector<ConnectionCheck>& checks);
// Objects, with long texts cut.
json ToJson(const std::vector<std::string>& rows);
json ToJson(const std::vector<infer::BadSampleRow>& bad);

}  // namespace laminar::server
