#include "duck/current_time.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include "base/check.h"
#include "base/clock.h"

namespace laminar {
namespace {

constexpr const char* kStateName = "laminar_current_time";

struct SessionTime : public duckdb::ClientContextState {
  const Clock* clock = nullptr;
  int64_t frozen_micros = 0;
  bool frozen = false;
};

duckdb::timestamp_t Now(duckdb::ExpressionState& state) {
  const auto time = state.GetContext().registered_state->Get<SessionTime>(kStateName);
  CHECK_MSG(time && time->clock, "now() evaluated in a session without a clock");
  return duckdb::timestamp_t(time->frozen ? time->frozen_micros : time->clock->WallMicros());
}

void NowFunction(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  result.Reference(duckdb::Value::TIMESTAMP(Now(state)));
}
void TodayFunction(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  result.Reference(duckdb::Value::DATE(duckdb::Timestamp::GetDate(Now(state))));
}
void TimeFunction(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  result.Reference(duckdb::Value::TIME(duckdb::Timestamp::GetTime(Now(state))));
}

void Register(duckdb::CatalogTransaction transaction, duckdb::Catalog& catalog, const char* name,
              const duckdb::LogicalType& type, duckdb::scalar_function_t function) {
  duckdb::ScalarFunction scalar(name, {}, type, std::move(function));
  scalar.SetStability(duckdb::FunctionStability::VOLATILE);
  duckdb::CreateScalarFunctionInfo info(std::move(scalar));
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  catalog.CreateFunction(transaction, info);
}

}  // namespace

void RegisterCurrentTimeFunctions(duckdb::DatabaseInstance& database) {
  duckdb::Catalog& catalog = duckdb::Catalog::GetSystemCatalog(database);
  const auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(database);
  // DuckDB binds CURRENT_TIMESTAMP as get_current_timestamp(), LOCALTIMESTAMP as current_localtimestamp(), and so on.
  // get_current_time().
  for (const char* name : {"now", "get_current_timestamp", "current_localtimestamp", "transaction_timestamp"}) {
    Register(transaction, catalog, name, duckdb::LogicalType::TIMESTAMP, NowFunction);
  }
  for (const char* name : {"current_date", "today"})
    Register(transaction, catalog, name, duckdb::LogicalType::DATE, TodayFunction);
  for (const char* name : {"get_current_time", "current_localtime"})
    Register(transaction, catalog, name, duckdb::LogicalType::TIME, TimeFunction);
}

void SetSessionClock(duckdb::ClientContext& context, const Clock* clock) {
  context.registered_state->GetOrCreate<SessionTime>(kStateName)->clock = clock;
}

void FreezeSessionTime(duckdb::ClientContext& context) {
  const auto time = context.registered_state->Get<SessionTime>(kStateName);
  CHECK_MSG(time && time->clock, "session without a clock");
  time->frozen_micros = time->clock->WallMicros();
  time->frozen = true;
}

}  // namespace laminar
