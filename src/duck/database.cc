#include "duck/database.h"

#include "duckdb/common/enums/optimizer_type.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/check.h"
#include "base/clock.h"
#include "duck/current_time.h"
#include "duck/no_session_values.h"

namespace laminar {
namespace {

// Passes of the optimiser that trust statistics or a finite input, or that would bring in operators that a stream
// cannot have. What stays: filter push-down and pull-up, unused columns, common subexpressions, expression rewriting,
// the unnest rewriter, CTE inlining.
std::set<duckdb::OptimizerType> DisabledOptimizers() {
  using enum duckdb::OptimizerType;
  return {STATISTICS_PROPAGATION,
          COMPRESSED_MATERIALIZATION,
          JOIN_ORDER,
          BUILD_SIDE_PROBE_SIDE,
          TOP_N,
          LATE_MATERIALIZATION,
          JOIN_FILTER_PUSHDOWN,
          LIMIT_PUSHDOWN,
          SAMPLING_PUSHDOWN,
          SUM_REWRITER,
          ROW_GROUP_PRUNER,
          TOP_N_WINDOW_ELIMINATION,
          COMMON_SUBPLAN,
          JOIN_ELIMINATION,
          WINDOW_SELF_JOIN,
          REORDER_FILTER,
          DUPLICATE_GROUPS,
          COMMON_AGGREGATE,
          EXTENSION,
          IN_CLAUSE};
}

std::unique_ptr<duckdb::DuckDB> OpenClosedToTheOutside(int64_t memory_limit_bytes) {
  duckdb::DBConfig config;
  config.SetOptionByName("enable_external_access", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("allow_community_extensions", duckdb::Value::BOOLEAN(false));
  config.options.use_temporary_directory = false;
  config.options.maximum_threads = 1;
  config.options.maximum_memory = static_cast<duckdb::idx_t>(memory_limit_bytes);
  for (const duckdb::OptimizerType type : DisabledOptimizers()) config.options.disabled_optimizers.insert(type);
  auto db = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  duckdb::Connection connection(*db);
  for (const char* set : {"SET GLOBAL TimeZone = 'UTC'", "SET GLOBAL lock_configuration = true"}) {
    const auto result = connection.Query(set);
    if (result->HasError()) result->ThrowError();
  }
  RegisterCurrentTimeFunctions(*db->instance);
  ForgetSessionValues(*db->instance);
  return db;
}

std::string MessageOf(const std::exception& exception) {
  return duckdb::ErrorData(exception).RawMessage();
}

// Parser, binder, planner, hash table.
void CheckQuery(duckdb::Connection& connection) {
  const auto result = connection.Query(
      "SELECT g, sum(v)::BIGINT FROM (VALUES ('a', 1), ('b', 2), ('a', 40)) t(g, v) GROUP BY g ORDER BY g");
  if (result->HasError()) result->ThrowError();
  if (result->RowCount() != 2 || result->GetValue(1, 0).GetValue<int64_t>() != 41 ||
      result->GetValue(1, 1).GetValue<int64_t>() != 2) {
    throw duckdb::InternalException("a GROUP BY gave a wrong result");
  }
}

// The layout of vectors and expressions, as our own code sees them.
void CheckExecutor(duckdb::ClientContext& context) {
  duckdb::DataChunk in, out;
  in.Initialize(duckdb::Allocator::DefaultAllocator(), {duckdb::LogicalType::VARCHAR});
  out.Initialize(duckdb::Allocator::DefaultAllocator(), {duckdb::LogicalType::BIGINT});
  in.SetValue(0, 0, duckdb::Value("42"));
  in.SetValue(0, 1, duckdb::Value(duckdb::LogicalType::VARCHAR));
  in.SetCardinality(2);
  context.RunFunctionInTransaction([&] {
    const auto cast = duckdb::BoundCastExpression::AddCastToType(
        context, duckdb::make_uniq<duckdb::BoundReferenceExpression>(duckdb::LogicalType::VARCHAR, 0U),
        duckdb::LogicalType::BIGINT);
    duckdb::ExpressionExecutor executor(context, *cast);
    executor.Execute(in, out);
  });
  if (out.size() != 2 || out.GetValue(0, 0) != duckdb::Value::BIGINT(42) || !out.GetValue(0, 1).IsNull()) {
    throw duckdb::InternalException("an expression gave a wrong result");
  }
}

}  // namespace

Status DuckSelfTest() {
  const std::string version = duckdb::DuckDB::LibraryVersion();
  if (version != LAMINAR_DUCKDB_VERSION) {
    return Status::Environment("libduckdb.so is version " + version + ", Laminar was built for " LAMINAR_DUCKDB_VERSION,
                               "reinstall Laminar together with its libduckdb.so");
  }
  try {
    duckdb::DBConfig config;
    config.options.maximum_threads = 1;
    duckdb::DuckDB db(nullptr, &config);
    duckdb::Connection connection(db);
    CheckQuery(connection);
    CheckExecutor(*connection.context);
  } catch (const std::exception& exception) {
    return Status::Environment("libduckdb.so does not work with this build of Laminar: " + MessageOf(exception),
                               "reinstall Laminar together with its libduckdb.so");
  }
  return Status::Ok();
}

DuckSession::DuckSession(std::unique_ptr<duckdb::Connection> connection) : connection_(std::move(connection)) {}
DuckSession::~DuckSession() = default;
void DuckSession::FreezeTime() {
  FreezeSessionTime(context());
}
duckdb::ClientContext& DuckSession::context() {
  return *connection_->context;
}
duckdb::Connection& DuckSession::connection() {
  return *connection_;
}

DuckDatabase::DuckDatabase(const Clock* clock) : clock_(clock) {}
DuckDatabase::~DuckDatabase() = default;

Result<std::unique_ptr<DuckDatabase>> DuckDatabase::Open(const Clock* clock, int64_t memory_limit_bytes) {
  CHECK(clock != nullptr && memory_limit_bytes > 0);
  std::unique_ptr<DuckDatabase> database(new DuckDatabase(clock));
  try {
    database->db_ = OpenClosedToTheOutside(memory_limit_bytes);
  } catch (const std::exception& exception) {
    return Status::Environment("DuckDB did not start: " + MessageOf(exception));
  }
  return database;
}

std::unique_ptr<DuckSession> DuckDatabase::NewSession() {
  auto connection = std::make_unique<duckdb::Connection>(*db_);
  SetSessionClock(*connection->context, clock_);
  return std::make_unique<DuckSession>(std::move(connection));
}

duckdb::DuckDB& DuckDatabase::db() {
  return *db_;
}

}  // namespace laminar
