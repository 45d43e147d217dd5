// Which columns are event times. A source that declares none has the one by which the queries window, group or order:
// the first use of a column decides, and the plan is made again (Replan).
#include <algorithm>

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/converter.h"
#include "sql/event_times.h"
#include "sql/window_function.h"

namespace laminar::sql {
namespace {

std::string Declaration(const std::string& column) {
  return "declare it in CREATE TABLE: WATERMARK FOR " + column;
}

// Nothing but casts over a column.
bool IsCastOfColumn(const duckdb::Expression& expression) {
  const duckdb::Expression* part = &expression;
  while (part->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST)
    part = part->Cast<duckdb::BoundCastExpression>().child.get();
  return part->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF;
}

}  // namespace

void Converter::AskForArrival(const NoEventTime& missing) {
  bool asked = false;
  for (const NodeId id : SourcesBelow(make_.plan(), missing.node)) {
    Table* table = input_.catalogue->Find(std::get<SourceNode>(make_.NodeOf(id).op).table);
    if (table->event_time || table->uses_arrival) continue;
    const TableColumn* column = table->FindTimeColumn();
    if (column && input_.is_bounded(table->name)) {
      throw NotStreamable{
          "this window would go by the time when the rows of " + table->name + " are read, not by " + column->name,
          missing.offset, "name the event time in CREATE TABLE: WATERMARK FOR " + column->name};
    }
    table->uses_arrival = true;
    asked = true;
  }
  if (asked) throw Replan{};
  throw NotStreamable{"the rows that this window takes have no event time of their own", missing.offset,
                      "name a column: TUMBLE(window_end, INTERVAL '1 hour')"};
}

std::optional<int64_t> Converter::LagOf(const Rel& rel, const duckdb::Expression& expression) const {
  const auto followed = FollowsTime(expression);
  if (!followed) return std::nullopt;
  const PlanNode::TimeColumn* time = make_.NodeOf(rel.node).FindTime(followed->column);
  if (time) return std::max<int64_t>(0, time->lag_micros + followed->lag_micros);
  const auto origins = OriginsOf(make_.plan(), rel.node, followed->column);
  for (const TimeOrigin& origin : origins) {
    const Table* table = input_.catalogue->Find(origin.table);
    const bool computed = table->event_time && table->computed_time &&
                          duckdb::StringUtil::CIEquals(table->event_time->column, origin.column);
    if (!computed || !IsCastOfColumn(expression)) return std::nullopt;
  }
  return origins.empty() ? std::nullopt : std::optional(followed->lag_micros);
}

bool Converter::CouldBeEventTime(const Rel& rel, const duckdb::Expression& expression) const {
  const auto followed = FollowsTime(expression);
  if (!followed || (!IsMicros(expression.return_type) && !IsOtherTime(expression.return_type))) return false;
  const auto origins = OriginsOf(make_.plan(), rel.node, followed->column);
  return !origins.empty() && std::all_of(origins.begin(), origins.end(), [&](const TimeOrigin& origin) {
    return !input_.catalogue->Find(origin.table)->event_time;
  });
}

ExpressionPtr Converter::EventTimeOf(Rel* rel, ExpressionPtr expression, const std::string& what) {
  const std::optional<size_t> offset = OffsetOf(*expression);
  const auto followed = FollowsTime(*expression);
  const std::string text = expression->GetName();
  if (!followed) {
    throw NotStreamable{what + " needs an event time, and " + text + " is computed", offset,
                        "add a generated column to the source's CREATE TABLE: ts TIMESTAMP AS (...), WATERMARK FOR ts"};
  }
  if (!IsMicros(expression->return_type)) {
    expression =
        duckdb::BoundCastExpression::AddCastToType(context_, std::move(expression), duckdb::LogicalType::TIMESTAMP);
  }
  if (make_.NodeOf(rel->node).FindTime(followed->column)) return expression;
  const auto origins = OriginsOf(make_.plan(), rel->node, followed->column);
  const std::string column = make_.SchemaOf(rel->node)[followed->column].name;
  if (origins.empty()) {
    throw NotStreamable{what + " needs an event time, and " + column + " is computed on the way here", offset,
                        "use a column that the source has, or the start or end of an inner window"};
  }
  bool is_new = false;
  for (const TimeOrigin& origin : origins) {
    Table* table = input_.catalogue->Find(origin.table);
    if (!table->event_time) {
      table->event_time.emplace();
      table->event_time->column = origin.column;
      table->event_time_offset = offset.value_or(input_.offset);
      table->event_time_traced = true;
      is_new = true;
      continue;
    }
    if (duckdb::StringUtil::CIEquals(table->event_time->column, origin.column)) continue;
    const std::string line = std::to_string(make_.At(table->event_time_offset).line);
    if (table->event_time_traced) {
      throw NotStreamable{"two columns of " + table->name + " are used as its event time: " +
                              table->event_time->column + " in line " + line + ", and " + origin.column,
                          offset, "say which one it is in CREATE TABLE: WATERMARK FOR " + table->event_time->column};
    }
    throw NotStreamable{what + " needs the event time of " + table->name + ", which is " + table->event_time->column +
                            " (line " + line + "), not " + origin.column,
                        offset, "use " + table->event_time->column + ", or " + Declaration(origin.column)};
  }
  if (is_new) throw Replan{};
  // The column is a DATE or the like: the source computes a TIMESTAMP of it, which is carried.
  if (const RelColumn* time = rel->FindHidden(Hidden::kTime); time && IsCastOfColumn(*expression)) {
    auto carried = time->expression->Copy();
    if (offset) carried->SetQueryLocation(*offset);
    return carried;
  }
  throw NotStreamable{what + " needs an event time, and " + column + " is none any more here", offset,
                      "pass the event time on as it is"};
}

}  // namespace laminar::sql
