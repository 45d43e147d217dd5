// A tumbling window's start by the clock: ts minus the remainder of (ts - offset) by the size; by the calendar: the
// same in months since January 1970, at midnight UTC, of the time before which the offset has been taken off.
#include "sql/window_function.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar/struct_utils.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

#include "base/check.h"
#include "base/clock.h"

namespace laminar::sql {
namespace {

using duckdb::Expression;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

constexpr int64_t kLongestMonthDays = 31;
constexpr int kMonthsOfYear = 12;

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

int64_t MonthStart(int64_t months) {
  const int64_t year = 1970 + FloorDiv(months, kMonthsOfYear);
  const auto month = static_cast<int32_t>(months - FloorDiv(months, kMonthsOfYear) * kMonthsOfYear) + 1;
  return static_cast<int64_t>(duckdb::Date::FromDate(static_cast<int32_t>(year), month, 1).days) * kMicrosPerDay;
}

struct Bounds {
  int64_t start, end;
};

Bounds TumbleOf(int64_t micros, const WindowSpec& spec) {
  const int64_t offset = spec.offset.micros;
  if (spec.size.months == 0) {
    const int64_t start = FloorDiv(micros - offset, spec.size.micros) * spec.size.micros + offset;
    return {start, start + spec.size.micros};
  }
  const duckdb::date_t day(static_cast<int32_t>(FloorDiv(micros - offset, kMicrosPerDay)));
  const int64_t months = int64_t{duckdb::Date::ExtractYear(day) - 1970} * kMonthsOfYear +
                         duckdb::Date::ExtractMonth(day) - 1 - spec.offset.months;
  const int64_t first = FloorDiv(months, spec.size.months) * spec.size.months + spec.offset.months;
  return {MonthStart(first) + offset, MonthStart(first + spec.size.months) + offset};
}

struct WindowData : public duckdb::FunctionData {
  explicit WindowData(WindowSpec spec) : spec(spec) {}
  WindowSpec spec;
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<WindowData>(spec); }
  bool Equals(const duckdb::FunctionData& other) const override {
    const WindowSpec& o = other.Cast<WindowData>().spec;
    return spec.kind == o.kind && spec.size == o.size && spec.slide == o.slide && spec.offset == o.offset;
  }
};

TimeSpan SpanOf(duckdb::ClientContext& context, const Expression& expression) {
  const auto value = duckdb::ExpressionExecutor::EvaluateScalar(context, expression, true);
  const auto interval = value.GetValue<duckdb::interval_t>();
  return {interval.months, interval.micros + interval.days * kMicrosPerDay};
}

// What counts microseconds stays as it is, other times become TIMESTAMP. NULL is what the binder has put in the place
// of a column with an error (bind.cc): nothing more is said of it.
LogicalType TimeType(const std::string& function, const Expression& time) {
  switch (time.return_type.id()) {
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return time.return_type;
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::SQLNULL:
      return LogicalType::TIMESTAMP;
    default:
      throw duckdb::BinderException(time,
                                    "%s() needs a time, and %s is %s\nhint: declare the column as TIMESTAMP, or add a "
                                    "generated column to the table: ts TIMESTAMP AS (...), WATERMARK FOR ts",
                                    duckdb::StringUtil::Upper(function), time.GetName(), time.return_type.ToString());
  }
}

duckdb::unique_ptr<duckdb::FunctionData> BindWindow(duckdb::ClientContext& context, duckdb::ScalarFunction& function,
                                                    duckdb::vector<duckdb::unique_ptr<Expression>>& arguments) {
  WindowSpec spec;
  spec.kind = function.name == kTumble ? WindowKind::kTumble
              : function.name == kHop  ? WindowKind::kHop
                                       : WindowKind::kSession;
  function.arguments[0] = TimeType(function.name, *arguments[0]);
  size_t next = 1;
  spec.size = SpanOf(context, *arguments.at(next++));
  if (spec.kind == WindowKind::kHop) spec.slide = SpanOf(context, *arguments.at(next++));
  if (arguments.size() > next) spec.offset = SpanOf(context, *arguments[next]);
  return duckdb::make_uniq<WindowData>(spec);
}

void ComputeTumble(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const WindowSpec& spec = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<WindowData>().spec;
  auto& bounds = duckdb::StructVector::GetEntries(result);
  duckdb::UnifiedVectorFormat times;
  arguments.data[0].ToUnifiedFormat(arguments.size(), times);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<duckdb::timestamp_t>(times);
  auto* starts = duckdb::FlatVector::GetData<duckdb::timestamp_t>(*bounds[0]);
  auto* ends = duckdb::FlatVector::GetData<duckdb::timestamp_t>(*bounds[1]);
  for (duckdb::idx_t i = 0; i < arguments.size(); i++) {
    const auto at = times.sel->get_index(i);
    if (!times.validity.RowIsValid(at) || !duckdb::Timestamp::IsFinite(values[at])) {
      duckdb::FlatVector::SetNull(result, i, true);
      continue;
    }
    const Bounds window = TumbleOf(values[at].value, spec);
    starts[i].value = window.start;
    ends[i].value = window.end;
  }
}

void NeverComputed(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InternalException("a window of several rows was evaluated for one");
}

void Register(duckdb::ClientContext& context, duckdb::ScalarFunction function) {
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  auto& database = duckdb::DatabaseInstance::GetDatabase(context);
  duckdb::Catalog::GetSystemCatalog(database).CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(database),
                                                             info);
}

}  // namespace

void RegisterWindowFunctions(duckdb::ClientContext& context) {
  const auto bounds = LogicalType::STRUCT({{"start", LogicalType::TIMESTAMP}, {"end", LogicalType::TIMESTAMP}});
  for (const char* name : {kTumble, kHop, kSession}) {
    duckdb::ScalarFunction function(name, {LogicalType::ANY, LogicalType::INTERVAL}, bounds,
                                    name == kTumble ? ComputeTumble : NeverComputed, BindWindow);
    function.varargs = LogicalType::INTERVAL;
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    // It stays where it is, that its GROUP BY can be told: it is not moved, merged or taken apart.
    function.SetStability(duckdb::FunctionStability::VOLATILE);
    Register(context, std::move(function));
  }
  duckdb::ScalarFunction time(kEventTime, {}, LogicalType::TIMESTAMP, NeverComputed);
  time.SetStability(duckdb::FunctionStability::VOLATILE);
  Register(context, std::move(time));
}

std::optional<WindowCall> AsWindow(const Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return std::nullopt;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const std::string& name = call.function.name;
  if (name != kTumble && name != kHop && name != kSession) return std::nullopt;
  return WindowCall{call.bind_info->Cast<WindowData>().spec, call.children[0].get()};
}

std::optional<WindowBound> AsWindowBound(const Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return std::nullopt;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  if (call.function.name != "struct_extract" || !AsWindow(*call.children[0])) return std::nullopt;
  return WindowBound{call.children[0].get(), call.bind_info->Cast<duckdb::StructExtractBindData>().index == 1};
}

bool IsEventTimeCall(const Expression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
         expression.Cast<duckdb::BoundFunctionExpression>().function.name == kEventTime;
}

int64_t MostMicros(const TimeSpan& span) {
  return span.micros + int64_t{span.months} * kLongestMonthDays * kMicrosPerDay;
}

std::string WindowName(WindowKind kind) {
  switch (kind) {
    case WindowKind::kTumble:
      return "TUMBLE";
    case WindowKind::kHop:
      return "HOP";
    case WindowKind::kSession:
      return "SESSION";
    case WindowKind::kInstant:
      return "GROUP BY the event time";
  }
  return "";
}

}  // namespace laminar::sql
