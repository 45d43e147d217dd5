// OVER, QUALIFY (a filter above it), DISTINCT.
//
// DuckDB has all calls of a SELECT in one operator. Here they become a chain: calls with the same PARTITION BY and
// ORDER BY share an OverNode behind an exchange by the partition's columns. Everything that they use (arguments,
// constants, partitions, FILTERs) is first made a column of one node below the chain.
//
// A call whose PARTITION BY has an event time sees only rows of equal time (the rows of a closed window): it may look
// at all of them, in any order, and becomes part of a WindowedOverNode.
#include <algorithm>

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_window.hpp"

#include "sql/converter.h"
#include "sql/over_call.h"
#include "sql/window_function.h"

namespace laminar::sql {
namespace {

using duckdb::BoundWindowExpression;
using duckdb::Expression;
using duckdb::ExpressionClass;

// A call, and what it shares with others.
struct Call {
  size_t number = 0;  // in the operator's list
  BoundWindowExpression* window = nullptr;
  size_t offset = 0;
  Frame frame;            // of one that looks back
  bool windowed = false;  // PARTITION BY an event time
  // Columns of the node below.
  size_t time = 0;
  std::vector<size_t> partition;  // each once, in the order of their numbers
  std::vector<OverNode::SortKey> then_by;

  bool SharesNodeWith(const Call& other) const {
    const auto same_key = [](const OverNode::SortKey& a, const OverNode::SortKey& b) {
      return a.column == b.column && a.descending == b.descending && a.nulls_first == b.nulls_first;
    };
    if (windowed != other.windowed || time != other.time || partition != other.partition) return false;
    return windowed || (then_by.size() == other.then_by.size() &&
                        std::equal(then_by.begin(), then_by.end(), other.then_by.begin(), same_key));
  }
};

size_t ArgumentColumn(const Expression& expression) {
  return expression.Cast<duckdb::BoundReferenceExpression>().index;
}

OverNode::SortKey SortKeyOf(const duckdb::BoundOrderByNode& order) {
  return {ArgumentColumn(*order.expression), order.type == duckdb::OrderType::DESCENDING,
          order.null_order == duckdb::OrderByNullType::NULLS_FIRST};
}

// The call as a function of an OverNode; its expressions are references to columns.
OverFunction FunctionOf(const Call& call, SqlPosition position) {
  BoundWindowExpression& window = *call.window;
  OverFunction function;
  function.name = NameOfCall(window);
  for (const auto& child : window.children) function.arguments.push_back(ArgumentColumn(*child));
  if (window.offset_expr) function.arguments.push_back(ArgumentColumn(*window.offset_expr));
  if (window.default_expr) function.arguments.push_back(ArgumentColumn(*window.default_expr));
  if (window.filter_expr) function.filter = ArgumentColumn(*window.filter_expr);
  function.distinct = window.distinct;
  function.ignore_nulls = window.ignore_nulls;
  function.frame = call.frame;
  function.type = MakeType(window.return_type);
  function.position = position;
  if (window.aggregate) {
    duckdb::vector<ExpressionPtr> children;
    for (const auto& child : window.children) children.push_back(child->Copy());
    std::vector<std::unique_ptr<Expression>> aggregates;
    aggregates.push_back(duckdb::make_uniq<duckdb::BoundAggregateExpression>(
        *window.aggregate, std::move(children), nullptr, window.bind_info ? window.bind_info->Copy() : nullptr,
        duckdb::AggregateType::NON_DISTINCT));
    function.aggregate = AggregateList(std::move(aggregates), {position});
  }
  return function;
}

// Every expression directly inside the call.
void ForEachExpression(BoundWindowExpression& window, const std::function<void(ExpressionPtr&)>& callback) {
  for (auto& child : window.children) callback(child);
  for (auto& partition : window.partitions) callback(partition);
  for (auto& order : window.orders) callback(order.expression);
  for (auto& order : window.arg_orders) callback(order.expression);
  for (auto* expression :
       {&window.filter_expr, &window.start_expr, &window.end_expr, &window.offset_expr, &window.default_expr}) {
    if (*expression) callback(*expression);
  }
}

constexpr const char* kNoTimeHint = "its input has no event time: name the column of the table, WATERMARK FOR ts";

// Makes the chain over the columns of one operator's input.
class OverChain {
 public:
  OverChain(NodeMaker& make, const ConvertInput& input, Rel* rel) : make_(make), input_(input), rel_(*rel) {}

  void Add(duckdb::LogicalWindow& op) {
    for (size_t i = 0; i < op.expressions.size(); i++)
      calls_.push_back(Read(i, op.expressions[i]->Cast<BoundWindowExpression>()));
    MakeColumns();
    const std::vector<size_t>* dealt_by = nullptr;
    for (const std::vector<const Call*>& group : Grouped()) {
      const std::vector<size_t>& partition = group.front()->partition;
      if (!make_.NodeOf(rel_.node).FindTime(group.front()->time)) {
        throw NotStreamable{TitleOfCall(*group.front()->window) + " OVER goes by another time than the one before it",
                            group.front()->offset, "order all of them by the same time, or write a query for each"};
      }
      // Neighbours with the same partition: their rows have been dealt to the workers already.
      if (!dealt_by || *dealt_by != partition) make_.DealByKey(partition, make_.At(group.front()->offset), &rel_);
      dealt_by = &partition;
      const size_t first = make_.SchemaOf(rel_.node).size();
      group.front()->windowed ? AddWindowedOver(group) : AddOver(group);
      for (size_t i = 0; i < group.size(); i++) {
        const Column& column = make_.SchemaOf(rel_.node)[first + i];
        rel_.columns.push_back(
            {duckdb::ColumnBinding(op.window_index, group[i]->number),
             duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, *column.type, first + i), column.name});
      }
    }
  }

 private:
  Call Read(size_t number, BoundWindowExpression& window) {
    Call call;
    call.number = number;
    call.window = &window;
    call.offset = OffsetOf(window).value_or(make_.offset());
    if (ExpressionPtr time = TimeOfPartition(window)) {
      call.windowed = true;
      UndoRangeBounds(&window, call.offset);
      window.partitions.push_back(std::move(time));
      return call;
    }
    CheckLooksBack(window, call.offset);
    OrderByTime(&window, call.offset);
    call.frame = FrameOf(window, call.offset);
    window.start_expr.reset();
    window.end_expr.reset();
    return call;
  }

  // The event time among the PARTITION BY of a call, or nullptr. Of several, the one that is complete first.
  ExpressionPtr TimeOfPartition(const BoundWindowExpression& window) {
    ExpressionPtr best;
    int64_t least_lag = 0;
    for (const auto& partition : window.partitions) {
      int64_t lag = 0;
      ExpressionPtr time = make_.FindTime(*partition, /*inside_structs=*/true, &rel_, &lag);
      if (!time || (best && lag >= least_lag)) continue;
      best = std::move(time);
      least_lag = lag;
    }
    return best;
  }

  // Checks that the first column of ORDER BY is an event time, ascending.
  void OrderByTime(BoundWindowExpression* window, size_t offset) {
    const std::string time = make_.NameOfTime(rel_);
    const std::string hint = time.empty() ? kNoTimeHint : "write ORDER BY " + time;
    if (window->orders.empty()) {
      throw NotStreamable{TitleOfCall(*window) + " OVER (...) without ORDER BY needs all rows, and a stream has no end",
                          offset, hint};
    }
    duckdb::BoundOrderByNode& order = window->orders.front();
    const size_t place = OffsetOf(*order.expression).value_or(offset);
    int64_t lag = 0;
    ExpressionPtr found = make_.FindTime(*order.expression, /*inside_structs=*/false, &rel_, &lag);
    if (!found) {
      throw NotStreamable{
          "OVER on a stream is ordered by event time, and " + order.expression->GetName() + " is none", place,
          time.empty() ? hint
                       : hint + "; over the rows of a closed window any order works: PARTITION BY TUMBLE_END(" + time +
                             ", INTERVAL '1 minute')"};
    }
    if (order.type == duckdb::OrderType::DESCENDING) {
      throw NotStreamable{"OVER on a stream goes from earlier to later rows: its event time cannot be descending",
                          place, "remove DESC"};
    }
    found->SetQueryLocation(order.expression->GetQueryLocation());
    order.expression = std::move(found);
  }

  // Makes the expressions of all calls columns of one node, and references of the expressions.
  void MakeColumns() {
    std::vector<const Expression*> used;
    for (const Call& call : calls_)
      ForEachExpression(*call.window, [&](ExpressionPtr& expression) { used.push_back(expression.get()); });
    make_.PrepareFor(used, true, false, &rel_);
    std::vector<ExpressionPtr> wanted;
    for (const Call& call : calls_) {
      ForEachExpression(*call.window, [&](ExpressionPtr& expression) {
        wanted.push_back(expression->Copy());
        rel_.Substitute(wanted.back());
      });
    }
    const std::vector<size_t> columns = make_.MakeColumns(std::move(wanted), &rel_);
    size_t next = 0;
    for (Call& call : calls_) {
      ForEachExpression(*call.window, [&](ExpressionPtr& expression) {
        expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(expression->return_type, columns.at(next++));
      });
      FindKeys(&call);
    }
  }

  static void FindKeys(Call* call) {
    const BoundWindowExpression& window = *call->window;
    for (const auto& partition : window.partitions) call->partition.push_back(ArgumentColumn(*partition));
    call->time = call->windowed ? call->partition.back() : ArgumentColumn(*window.orders.front().expression);
    std::sort(call->partition.begin(), call->partition.end());
    call->partition.erase(std::unique(call->partition.begin(), call->partition.end()), call->partition.end());
    if (call->windowed) return;
    for (const auto& order : window.orders) {
      if (ArgumentColumn(*order.expression) != call->time) call->then_by.push_back(SortKeyOf(order));
    }
  }

  // The calls of each node. Nodes with the same partition stand side by side; those over complete windows, which hold
  // rows back longest, come last.
  std::vector<std::vector<const Call*>> Grouped() const {
    std::vector<std::vector<const Call*>> groups;
    for (const Call& call : calls_) {
      const auto same = std::find_if(groups.begin(), groups.end(),
                                     [&](const auto& group) { return group.front()->SharesNodeWith(call); });
      if (same != groups.end()) {
        same->push_back(&call);
        continue;
      }
      const auto neighbour = std::find_if(groups.rbegin(), groups.rend(), [&](const auto& group) {
        return group.front()->partition == call.partition;
      });
      groups.insert(neighbour == groups.rend() ? groups.end() : neighbour.base(), {&call});
    }
    std::stable_partition(groups.begin(), groups.end(), [](const auto& group) { return !group.front()->windowed; });
    return groups;
  }

  PlanNode NodeFor(const std::vector<const Call*>& calls) const {
    PlanNode node;
    node.inputs = {rel_.node};
    node.schema = make_.SchemaOf(rel_.node);
    node.position = make_.At(calls.front()->offset);
    for (const Call* call : calls)
      node.schema.push_back({NameOfCall(*call->window), MakeType(call->window->return_type), false});
    return node;
  }

  void AddOver(const std::vector<const Call*>& calls) {
    const Call& first = *calls.front();
    PlanNode node = NodeFor(calls);
    OverNode over;
    over.partition = first.partition;
    over.time_column = first.time;
    over.then_by = first.then_by;
    over.ttl_micros = input_.state_ttl_micros;
    for (const Call* call : calls) over.functions.push_back(FunctionOf(*call, make_.At(call->offset)));
    WarnOfState(calls, node.schema);
    node.op = std::move(over);
    rel_.node = make_.Add(std::move(node));
  }

  void AddWindowedOver(const std::vector<const Call*>& calls) {
    PlanNode node = NodeFor(calls);
    WindowedOverNode over;
    over.time_column = calls.front()->time;
    over.partition = calls.front()->partition;
    for (const Call* call : calls) over.functions.push_back(SqlOfCall(*call->window, call->offset));
    node.op = std::move(over);
    rel_.node = make_.Add(std::move(node));
  }

  // Once a node: without state.ttl a partition that has had a row is never forgotten.
  void WarnOfState(const std::vector<const Call*>& calls, const Schema& schema) {
    if (input_.state_ttl_micros > 0 || calls.front()->partition.empty()) return;
    const auto kept = std::find_if(calls.begin(), calls.end(),
                                   [](const Call* call) { return !IsFreedByTime(call->frame, *call->window); });
    if (kept == calls.end()) return;
    std::string names;
    for (const size_t column : calls.front()->partition) names += (names.empty() ? "" : ", ") + schema[column].name;
    input_.warnings->push_back(
        Status::User(TitleOfCall(*(*kept)->window) + " OVER (...) keeps state for every " + names + " for ever",
                     "SET state.ttl = '7 days' forgets those without a row for that long")
            .At(make_.At((*kept)->offset)));
  }

  NodeMaker& make_;
  const ConvertInput& input_;
  Rel& rel_;
  std::vector<Call> calls_;
};

}  // namespace

// The first column of ORDER BY, or the tumbling window in PARTITION BY, may show the event time of its source.
void Converter::TraceTimeOf(const BoundWindowExpression& window, Rel* rel) {
  const auto trace = [&](const Expression& written, bool only_windows) {
    ExpressionPtr expression = written.Copy();
    rel->Substitute(expression);
    if (only_windows && !AsWindowBound(*expression)) return;
    if (CouldBeEventTime(*rel, *expression)) EventTimeOf(rel, std::move(expression), "OVER");
  };
  for (const auto& partition : window.partitions) trace(*partition, true);
  if (!window.orders.empty()) trace(*window.orders.front().expression, false);
}

Rel Converter::ConvertOver(duckdb::LogicalWindow& op) {
  Rel rel = ConvertBelowTime(*op.children[0]);
  for (const auto& expression : op.expressions) TraceTimeOf(expression->Cast<BoundWindowExpression>(), &rel);
  OverChain(make_, input_, &rel).Add(op);
  if (!keeps_hidden_) rel.DropHidden();
  Keep(op.GetColumnBindings(), &rel);
  return rel;
}

// SELECT DISTINCT with an event time: each instant's rows are a group of their own.
Rel Converter::ConvertDistinct(duckdb::LogicalDistinct& op) {
  Rel rel = ConvertBelowTime(*op.children[0]);
  const auto bindings = op.GetColumnBindings();
  const size_t offset =
      rel.columns.empty() ? make_.offset() : OffsetOf(*rel.columns.front().expression).value_or(make_.offset());
  if (op.distinct_type != duckdb::DistinctType::DISTINCT || !laterals_.empty())
    throw NotStreamable{"DISTINCT is not supported here", offset, "put it into a subquery or a query of its own"};
  ExpressionPtr time;
  int64_t least_lag = 0;
  std::vector<ExpressionPtr> wanted;
  std::vector<const Expression*> possible;
  bool has_time = false;
  for (const duckdb::ColumnBinding& binding : bindings) {
    const Expression& expression = *rel.Find(binding)->expression;
    has_time = has_time || LagOf(rel, expression);
    if (CouldBeEventTime(rel, expression)) possible.push_back(&expression);
  }
  if (!has_time && possible.size() == 1) EventTimeOf(&rel, possible.front()->Copy(), "SELECT DISTINCT");
  for (const duckdb::ColumnBinding& binding : bindings) {
    const RelColumn column = rel.Find(binding)->Copy();
    const duckdb::BoundColumnRefExpression reference(column.name, column.expression->return_type, binding);
    int64_t lag = 0;
    ExpressionPtr found = make_.FindTime(reference, /*inside_structs=*/true, &rel, &lag);
    if (found && (!time || lag < least_lag)) {
      time = std::move(found);
      least_lag = lag;
    }
    wanted.push_back(column.expression->Copy());
  }
  if (!time) {
    const std::string name = make_.NameOfTime(rel);
    throw NotStreamable{
        "SELECT DISTINCT would keep every row of the stream: none of its columns is an event time", offset,
        "add the event time to its columns, or group by a window of it: GROUP BY a, TUMBLE(ts, INTERVAL '1' MINUTE)"};
  }
  rel.Substitute(time);
  wanted.push_back(std::move(time));
  std::vector<size_t> columns = make_.MakeColumns(std::move(wanted), &rel);
  WindowAggregateNode distinct;
  distinct.window.kind = WindowKind::kInstant;
  distinct.window.time_column = columns.back();
  columns.pop_back();
  distinct.keys = columns;
  std::sort(distinct.keys.begin(), distinct.keys.end());
  distinct.keys.erase(std::unique(distinct.keys.begin(), distinct.keys.end()), distinct.keys.end());
  make_.DealByKey(distinct.keys, make_.At(offset), &rel);
  PlanNode node;
  node.inputs = {rel.node};
  node.position = make_.At(offset);
  const Schema& below = make_.SchemaOf(rel.node);
  for (const size_t key : distinct.keys) node.schema.push_back({below[key].name, below[key].type, false});
  const Column time_column = below[distinct.window.time_column];
  node.schema.push_back(time_column);
  node.schema.push_back(time_column);
  Rel out;
  for (size_t i = 0; i < columns.size(); i++) {
    const size_t place = static_cast<size_t>(std::lower_bound(distinct.keys.begin(), distinct.keys.end(), columns[i]) -
                                             distinct.keys.begin());
    const Column& column = node.schema[place];
    out.columns.push_back({bindings[i],
                           duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, *column.type, place),
                           column.name});
  }
  node.op = std::move(distinct);
  out.node = make_.Add(std::move(node));
  return out;
}

}  // namespace laminar::sql
