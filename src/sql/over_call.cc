#include "sql/over_call.h"

#include <map>
#include <optional>
#include <set>

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_window.hpp"

#include "sql/converter.h"
#include "sql/time_span.h"
#include "sql/tokens.h"

namespace laminar::sql {
namespace {

using duckdb::BoundWindowExpression;
using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::LogicalOperator;
using duckdb::WindowBoundary;

using Places = std::map<std::pair<duckdb::idx_t, duckdb::idx_t>, size_t>;  // binding -> the first place of its use

void FindPlaces(const Expression& expression, Places* places) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
    if (!expression.GetQueryLocation().IsValid()) return;
    const size_t offset = expression.GetQueryLocation().GetIndex();
    auto& place = places->emplace(std::pair(binding.table_index, binding.column_index), offset).first->second;
    place = std::min(place, offset);
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { FindPlaces(child, places); });
}

void FindPlaces(LogicalOperator& op, Places* places) {
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(
      op, [&](duckdb::unique_ptr<Expression>* expression) { FindPlaces(**expression, places); });
  for (auto& child : op.children) FindPlaces(*child, places);
}

void Place(LogicalOperator& op, const Places& places) {
  if (op.type == duckdb::LogicalOperatorType::LOGICAL_WINDOW) {
    const auto index = op.Cast<duckdb::LogicalWindow>().window_index;
    for (size_t i = 0; i < op.expressions.size(); i++) {
      const auto found = places.find(std::pair(index, duckdb::idx_t(i)));
      if (found != places.end() && !op.expressions[i]->GetQueryLocation().IsValid())
        op.expressions[i]->SetQueryLocation(found->second);
    }
  }
  for (auto& child : op.children) Place(*child, places);
}

[[noreturn]] void Refuse(std::string what, size_t offset, std::string hint, std::string word = "") {
  throw NotStreamable{std::move(what), offset, std::move(hint), std::move(word)};
}

constexpr const char* kInsideWindow =
    "over the rows of a closed window any frame works: OVER (PARTITION BY TUMBLE_END(ts, INTERVAL '1 minute') ...)";

// The N of `N PRECEDING` in a ROWS frame.
int64_t RowsOf(const Expression& expression, size_t call_offset) {
  const size_t offset = OffsetOf(expression).value_or(call_offset);
  const Expression* constant = &expression;
  if (constant->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT)
    Refuse("the number of rows of a frame must be a constant", offset, "write ROWS BETWEEN 100 PRECEDING AND ...");
  const duckdb::Value& value = constant->Cast<duckdb::BoundConstantExpression>().value;
  const int64_t rows =
      value.IsNull() ? -1 : value.DefaultCastAs(duckdb::LogicalType(duckdb::LogicalType::BIGINT)).GetValue<int64_t>();
  if (rows < 0)
    Refuse("the number of rows of a frame must not be negative", offset, "write ROWS BETWEEN 100 PRECEDING AND ...");
  return rows;
}

// RANGE BETWEEN x PRECEDING: DuckDB has bound it as `order - x`.
const Expression* LengthOf(const Expression& bound) {
  const Expression* expression = &bound;
  while (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST)
    expression = expression->Cast<duckdb::BoundCastExpression>().child.get();
  if (expression->GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& minus = expression->Cast<duckdb::BoundFunctionExpression>();
  return minus.function.name == "-" && minus.children.size() == 2 ? minus.children[1].get() : nullptr;
}

std::optional<duckdb::interval_t> IntervalOf(const Expression& length) {
  if (length.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const duckdb::Value& value = length.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::INTERVAL) return std::nullopt;
  return value.GetValue<duckdb::interval_t>();
}

TimeSpan SpanOf(const Expression& bound, size_t call_offset) {
  const Expression* const length = LengthOf(bound);
  const size_t offset = length == nullptr ? call_offset : OffsetOf(*length).value_or(call_offset);
  const auto interval = length == nullptr ? std::nullopt : IntervalOf(*length);
  if (!interval) {
    Refuse("the length of a RANGE frame must be a constant interval", offset,
           "write RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW");
  }
  if (!IsShortEnough(*interval)) {
    Refuse("the length of a RANGE frame is over " + std::to_string(kMostYears) + " years", offset,
           "write UNBOUNDED PRECEDING for all rows before", offset == call_offset ? "range" : "");
  }
  TimeSpan span;
  span.months = interval->months;
  span.micros = interval->days * duckdb::Interval::MICROS_PER_DAY + interval->micros;
  if (span.months != 0 && span.micros != 0) {
    Refuse("the length of a RANGE frame is either of months or of days and less", offset,
           "write INTERVAL '1' MONTH or INTERVAL '30' DAY", offset == call_offset ? "range" : "");
  }
  if (span.months < 0 || span.micros < 0)
    Refuse("the length of a RANGE frame must not be negative", offset,
           "write RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW", offset == call_offset ? "range" : "");
  return span;
}

FrameBound BoundOf(WindowBoundary boundary, const Expression* expression, const BoundWindowExpression& call,
                   size_t offset) {
  FrameBound bound;
  switch (boundary) {
    case WindowBoundary::UNBOUNDED_PRECEDING:
      bound.kind = FrameBound::Kind::kUnboundedPreceding;
      return bound;
    case WindowBoundary::CURRENT_ROW_RANGE:
    case WindowBoundary::CURRENT_ROW_ROWS:
      bound.kind = FrameBound::Kind::kCurrentRow;
      return bound;
    case WindowBoundary::EXPR_PRECEDING_ROWS:
      bound.kind = FrameBound::Kind::kPreceding;
      bound.rows = RowsOf(*expression, offset);
      return bound;
    case WindowBoundary::EXPR_PRECEDING_RANGE:
      bound.kind = FrameBound::Kind::kPreceding;
      bound.time = SpanOf(*expression, offset);
      return bound;
    case WindowBoundary::CURRENT_ROW_GROUPS:
    case WindowBoundary::EXPR_PRECEDING_GROUPS:
    case WindowBoundary::EXPR_FOLLOWING_GROUPS:
      Refuse("GROUPS frames are not supported on a stream", offset,
             "use ROWS BETWEEN 10 PRECEDING AND CURRENT ROW, or RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT "
             "ROW",
             "groups");
    default:
      Refuse("the frame of " + TitleOfCall(call) + " reaches rows after its own (FOLLOWING), which have not come yet",
             offset, std::string("end it at CURRENT ROW; ") + kInsideWindow, "following");
  }
}

bool IsRows(WindowBoundary boundary) {
  return boundary == WindowBoundary::CURRENT_ROW_ROWS || boundary == WindowBoundary::EXPR_PRECEDING_ROWS;
}

// Whether no row is ever in it: it ends before it begins.
bool IsAlwaysEmpty(const Frame& frame) {
  const auto reach = [](const FrameBound& bound) {
    return bound.kind == FrameBound::Kind::kCurrentRow ? FrameBound{bound.kind, 0, {}} : bound;
  };
  const FrameBound start = reach(frame.start), end = reach(frame.end);
  if (start.kind == FrameBound::Kind::kUnboundedPreceding) return false;
  if (end.kind == FrameBound::Kind::kUnboundedPreceding) return true;
  if (frame.unit == Frame::Unit::kRows) return end.rows > start.rows;
  if (start.time.months > 0 || end.time.months > 0)
    return start.time.micros == 0 && end.time.micros == 0 && end.time.months > start.time.months;
  return end.time.micros > start.time.micros;
}

bool IsAggregate(const BoundWindowExpression& call) {
  return call.GetExpressionType() == ExpressionType::WINDOW_AGGREGATE;
}

}  // namespace

size_t PlaceInOver(const std::string& script, size_t call, std::string_view word) {
  const std::vector<Token> tokens = Tokenize(script);
  size_t i = 0;
  while (i < tokens.size() && (tokens[i].begin < call || !tokens[i].Is("over"))) i++;
  if (i + 1 >= tokens.size() || !tokens[i + 1].Is("(")) return call;
  int depth = 0;
  for (i++; i < tokens.size(); i++) {
    if (tokens[i].Is("(")) depth++;
    if (tokens[i].Is(")") && --depth == 0) break;
    if (depth == 1 && tokens[i].Is(word)) return tokens[i].begin;
  }
  return call;
}

void PlaceWindowCalls(LogicalOperator& plan) {
  Places places;
  FindPlaces(plan, &places);
  Place(plan, places);
}

std::string NameOfCall(const BoundWindowExpression& call) {
  switch (call.GetExpressionType()) {
    case ExpressionType::WINDOW_AGGREGATE:
      return call.aggregate->name == "count" && call.children.empty() ? "count_star" : call.aggregate->name;
    case ExpressionType::WINDOW_RANK:
      return "rank";
    case ExpressionType::WINDOW_RANK_DENSE:
      return "dense_rank";
    case ExpressionType::WINDOW_PERCENT_RANK:
      return "percent_rank";
    case ExpressionType::WINDOW_CUME_DIST:
      return "cume_dist";
    case ExpressionType::WINDOW_ROW_NUMBER:
      return "row_number";
    case ExpressionType::WINDOW_NTILE:
      return "ntile";
    case ExpressionType::WINDOW_FIRST_VALUE:
      return "first_value";
    case ExpressionType::WINDOW_LAST_VALUE:
      return "last_value";
    case ExpressionType::WINDOW_NTH_VALUE:
      return "nth_value";
    case ExpressionType::WINDOW_LAG:
      return "lag";
    case ExpressionType::WINDOW_LEAD:
      return "lead";
    case ExpressionType::WINDOW_FILL:
      return "fill";
    default:
      Refuse("this window function is not known here: " + call.ToString(), OffsetOf(call).value_or(0), "");
  }
}

std::string TitleOfCall(const BoundWindowExpression& call) {
  const std::string name = NameOfCall(call);
  return name == "count_star" ? "count(*)" : name + "()";
}

void CheckLooksBack(const BoundWindowExpression& call, size_t offset) {
  const std::string title = TitleOfCall(call);
  switch (call.GetExpressionType()) {
    case ExpressionType::WINDOW_LEAD:
      Refuse(title + " looks at rows after its own, which have not come yet", offset,
             "turn it round: lag() gives each row the value of one before");
    case ExpressionType::WINDOW_NTILE:
    case ExpressionType::WINDOW_PERCENT_RANK:
    case ExpressionType::WINDOW_CUME_DIST:
    case ExpressionType::WINDOW_FILL:
      Refuse(title + " needs all rows of its partition, and a stream has no end", offset, kInsideWindow);
    case ExpressionType::WINDOW_LAG:
      if (call.offset_expr) {
        const Expression& rows = *call.offset_expr;
        offset = OffsetOf(rows).value_or(offset);
        if (rows.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT ||
            rows.Cast<duckdb::BoundConstantExpression>().value.IsNull()) {
          Refuse("how far lag() looks back must be a constant", offset, "write lag(x, 1)");
        }
        if (rows.Cast<duckdb::BoundConstantExpression>().value.GetValue<int64_t>() < 0)
          Refuse("lag() with a negative offset looks at rows after its own, which have not come yet", offset,
                 "write lag(x, 1)");
      }
      break;
    default:
      break;
  }
  if (call.exclude_clause != duckdb::WindowExcludeMode::NO_OTHER) {
    Refuse("EXCLUDE is not supported on a stream", offset,
           "leave it out; to leave out the row itself write ROWS BETWEEN 100 PRECEDING AND 1 PRECEDING", "exclude");
  }
  if (!call.arg_orders.empty()) {
    Refuse("ORDER BY inside " + title + " OVER (...) is not supported on a stream",
           OffsetOf(*call.arg_orders.front().expression).value_or(offset),
           IsAggregate(call) ? "leave it out: the rows of the frame come in the order of OVER (...)" : kInsideWindow);
  }
}

Frame FrameOf(const BoundWindowExpression& call, size_t offset) {
  Frame frame;
  if (IsRows(call.start) || IsRows(call.end)) frame.unit = Frame::Unit::kRows;
  frame.start = BoundOf(call.start, call.start_expr.get(), call, offset);
  frame.end = BoundOf(call.end, call.end_expr.get(), call, offset);
  if (IsAlwaysEmpty(frame))
    Refuse("the frame of " + TitleOfCall(call) + " ends before it begins", offset, "the longer PRECEDING comes first",
           "between");
  return frame;
}

bool IsFreedByTime(const Frame& frame, const BoundWindowExpression& call) {
  switch (call.GetExpressionType()) {
    case ExpressionType::WINDOW_AGGREGATE:
    case ExpressionType::WINDOW_FIRST_VALUE:
    case ExpressionType::WINDOW_LAST_VALUE:
    case ExpressionType::WINDOW_NTH_VALUE:
      return frame.unit == Frame::Unit::kRange && frame.start.kind != FrameBound::Kind::kUnboundedPreceding;
    default:
      return false;  // row_number, rank, lag: they count all rows before
  }
}

void UndoRangeBounds(BoundWindowExpression* call, size_t offset) {
  const auto undo = [&](WindowBoundary boundary, duckdb::unique_ptr<Expression>* expression) {
    if (boundary != WindowBoundary::EXPR_PRECEDING_RANGE && boundary != WindowBoundary::EXPR_FOLLOWING_RANGE) return;
    while ((*expression)->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST)
      *expression = std::move((*expression)->Cast<duckdb::BoundCastExpression>().child);
    if ((*expression)->GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION ||
        (*expression)->Cast<duckdb::BoundFunctionExpression>().children.size() != 2) {
      Refuse("the length of a RANGE frame must be a constant", offset, "write RANGE BETWEEN 10 PRECEDING AND ...");
    }
    *expression = std::move((*expression)->Cast<duckdb::BoundFunctionExpression>().children[1]);
  };
  undo(call->start, &call->start_expr);
  undo(call->end, &call->end_expr);
}

namespace {

std::string ColumnName(const Expression& expression) {
  return "c" + std::to_string(expression.Cast<duckdb::BoundReferenceExpression>().index);
}

std::string SqlOfOrders(const duckdb::vector<duckdb::BoundOrderByNode>& orders) {
  std::string sql;
  for (const duckdb::BoundOrderByNode& order : orders) {
    sql += (sql.empty() ? " ORDER BY " : ", ") + ColumnName(*order.expression);
    sql += order.type == duckdb::OrderType::DESCENDING ? " DESC" : " ASC";
    sql += order.null_order == duckdb::OrderByNullType::NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST";
  }
  return sql;
}

// One end of the frame.
std::string SqlOfBound(WindowBoundary boundary, const Expression* expression) {
  switch (boundary) {
    case WindowBoundary::UNBOUNDED_PRECEDING:
      return "UNBOUNDED PRECEDING";
    case WindowBoundary::UNBOUNDED_FOLLOWING:
      return "UNBOUNDED FOLLOWING";
    case WindowBoundary::CURRENT_ROW_RANGE:
    case WindowBoundary::CURRENT_ROW_ROWS:
    case WindowBoundary::CURRENT_ROW_GROUPS:
      return "CURRENT ROW";
    case WindowBoundary::EXPR_PRECEDING_ROWS:
    case WindowBoundary::EXPR_PRECEDING_GROUPS:
    case WindowBoundary::EXPR_PRECEDING_RANGE:
      return ColumnName(*expression) + " PRECEDING";
    case WindowBoundary::EXPR_FOLLOWING_ROWS:
    case WindowBoundary::EXPR_FOLLOWING_GROUPS:
    case WindowBoundary::EXPR_FOLLOWING_RANGE:
      return ColumnName(*expression) + " FOLLOWING";
    default:
      return "";
  }
}

const char* UnitOf(const BoundWindowExpression& call) {
  for (const WindowBoundary boundary : {call.start, call.end}) {
    switch (boundary) {
      case WindowBoundary::CURRENT_ROW_ROWS:
      case WindowBoundary::EXPR_PRECEDING_ROWS:
      case WindowBoundary::EXPR_FOLLOWING_ROWS:
        return "ROWS";
      case WindowBoundary::CURRENT_ROW_GROUPS:
      case WindowBoundary::EXPR_PRECEDING_GROUPS:
      case WindowBoundary::EXPR_FOLLOWING_GROUPS:
        return "GROUPS";
      default:
        break;
    }
  }
  return "RANGE";
}

const char* SqlOfExclude(duckdb::WindowExcludeMode mode) {
  switch (mode) {
    case duckdb::WindowExcludeMode::CURRENT_ROW:
      return " EXCLUDE CURRENT ROW";
    case duckdb::WindowExcludeMode::GROUP:
      return " EXCLUDE GROUP";
    case duckdb::WindowExcludeMode::TIES:
      return " EXCLUDE TIES";
    default:
      return "";
  }
}

}  // namespace

std::string SqlOfCall(const BoundWindowExpression& call, size_t offset) {
  // The binder has taken the fraction or the separator out of these, and into a form of its own.
  static const std::set<std::string> kTakeConstants = {"quantile",        "quantile_cont",      "quantile_disc",
                                                       "approx_quantile", "reservoir_quantile", "string_agg"};
  const std::string name = NameOfCall(call);
  if (kTakeConstants.contains(name)) {
    Refuse(name + "() OVER the rows of a window is not supported yet", offset,
           name == "string_agg" ? "write array_to_string(list(x) OVER (...), ',')"
                                : "compute it with GROUP BY, or as list_" + name + "(list(x) OVER (...), 0.5)");
  }
  std::string sql = name == "count_star" ? "count(*" : QuoteName(name) + "(";
  if (call.distinct) sql += "DISTINCT ";
  for (size_t i = 0; i < call.children.size(); i++) sql += (i > 0 ? ", " : "") + ColumnName(*call.children[i]);
  if (call.offset_expr) sql += ", " + ColumnName(*call.offset_expr);
  if (call.default_expr) sql += ", " + ColumnName(*call.default_expr);
  sql += SqlOfOrders(call.arg_orders);
  if (call.ignore_nulls) sql += " IGNORE NULLS";
  sql += ")";
  if (call.filter_expr) sql += " FILTER (WHERE " + ColumnName(*call.filter_expr) + ")";
  sql += " OVER (PARTITION BY ";
  for (size_t i = 0; i < call.partitions.size(); i++) sql += (i > 0 ? ", " : "") + ColumnName(*call.partitions[i]);
  sql += SqlOfOrders(call.orders);
  sql += std::string(" ") + UnitOf(call) + " BETWEEN " + SqlOfBound(call.start, call.start_expr.get()) + " AND " +
         SqlOfBound(call.end, call.end_expr.get()) + SqlOfExclude(call.exclude_clause) + ")";
  return sql;
}

}  // namespace laminar::sql
