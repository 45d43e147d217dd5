#include "sql/time_span.h"

#include "duckdb/common/types/interval.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression_binder/constant_binder.hpp"

#include "base/clock.h"

namespace laminar::sql {
namespace {

duckdb::Value Evaluate(duckdb::ClientContext& context, const duckdb::ParsedExpression& expression) {
  const auto binder = duckdb::Binder::CreateBinder(context);
  duckdb::ConstantBinder constants(*binder, context, "a length of time");
  auto copy = expression.Copy();
  const auto bound = constants.Bind(copy);
  return duckdb::ExpressionExecutor::EvaluateScalar(context, *bound, true);
}

}  // namespace

bool IsShortEnough(const duckdb::interval_t& interval) {
  constexpr int64_t kMostDays = int64_t{kMostYears} * 366;
  const auto within = [](int64_t value, int64_t most) { return value >= -most && value <= most; };
  return within(interval.months, int64_t{kMostYears} * 12) && within(interval.days, kMostDays) &&
         within(interval.micros, kMostDays * kMicrosPerDay);
}

bool HasColumn(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || HasColumn(child); });
  return found;
}

size_t LeftmostOffset(const duckdb::ParsedExpression& expression) {
  size_t least = expression.GetQueryLocation().IsValid() ? expression.GetQueryLocation().GetIndex() : SIZE_MAX;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { least = std::min(least, LeftmostOffset(child)); });
  return least;
}

std::optional<TimeSpan> ReadTimeSpan(duckdb::ClientContext& context, const duckdb::ParsedExpression& expression,
                                     const std::string& what, size_t fallback_offset, Problems* problems) {
  const size_t found = LeftmostOffset(expression);
  const size_t offset = found == SIZE_MAX ? fallback_offset : found;
  if (HasColumn(expression)) {
    problems->Add(offset, what + " must be a constant, and " + expression.ToString() + " is not",
                  "write a length of time: INTERVAL '5 minutes'");
    return std::nullopt;
  }
  duckdb::Value value;
  try {
    value = Evaluate(context, expression);
    if (!value.IsNull() && value.type().IsNumeric()) {
      problems->Add(offset, what + " is a number: " + value.ToString(),
                    "give it a unit: INTERVAL '" + value.ToString() + " seconds'");
      return std::nullopt;
    }
    value = value.DefaultCastAs(duckdb::LogicalType::INTERVAL);
  } catch (const std::exception& exception) {
    problems->Add(offset, what + " is no length of time: " + CleanDuckMessage(exception).message,
                  "write it as INTERVAL '5 minutes'");
    return std::nullopt;
  }
  if (value.IsNull()) {
    if (problems->HasAt(offset)) return std::nullopt;  // a variable without a value
    problems->Add(offset, what + " is NULL", "write a length of time: INTERVAL '5 minutes'");
    return std::nullopt;
  }
  const auto interval = value.GetValue<duckdb::interval_t>();
  if (!IsShortEnough(interval)) {
    problems->Add(offset, what + " is longer than " + std::to_string(kMostYears) + " years: " + value.ToString(),
                  "write a length of time: INTERVAL '5 minutes'");
    return std::nullopt;
  }
  if (interval.months != 0 && (interval.days != 0 || interval.micros != 0)) {
    problems->Add(offset, what + " mixes months with days or hours: " + value.ToString(),
                  "months differ in length: use months and years alone, or days, hours, minutes and seconds");
    return std::nullopt;
  }
  return TimeSpan{interval.months, interval.micros + interval.days * kMicrosPerDay};
}

duckdb::unique_ptr<duckdb::ParsedExpression> MakeInterval(const TimeSpan& span) {
  return duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTERVAL(span.months, 0, span.micros));
}

std::string IntervalText(const TimeSpan& span) {
  const auto count = [](int64_t n, const char* unit) {
    return "INTERVAL '" + std::to_string(n) + " " + unit + (n == 1 ? "'" : "s'");
  };
  if (span.months != 0) return span.months % 12 == 0 ? count(span.months / 12, "year") : count(span.months, "month");
  const struct {
    const char* name;
    int64_t micros;
  } units[] = {{"day", kMicrosPerDay},
               {"hour", 3'600'000'000},
               {"minute", 60'000'000},
               {"second", 1'000'000},
               {"millisecond", 1000}};
  for (const auto& unit : units) {
    if (span.micros % unit.micros == 0) return count(span.micros / unit.micros, unit.name);
  }
  return count(span.micros, "microsecond");
}

}  // namespace laminar::sql
