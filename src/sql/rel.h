// Rel: columns over a node of the streaming plan that are not a node themselves yet. Filters and projections pile up in
// it and become one FilterProjectNode as late as possible; columns that are only passed on never cost one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/column_binding.hpp"
#include "duckdb/planner/expression.hpp"

#include "sql/problems.h"
#include "stream/plan.h"

namespace laminar::sql {

using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

struct RelColumn {
  duckdb::ColumnBinding binding;  // how the operators above name it
  ExpressionPtr expression;       // over the node's columns
  std::string name;
  int carried = 0;  // above 0: operators pass it on although they do not name it; how many lateral joins want that
  std::optional<duckdb::ColumnBinding> same_as =
      std::nullopt;  // a column of a lateral join's left side that it repeats
  RelColumn Copy() const { return {binding, expression->Copy(), name, carried, same_as}; }
};

// Columns that every Rel of a stream with an event time carries (RelColumn::carried) beside those that the query names:
// the event time itself, and what orders rows of equal time. Behind a node they are its last columns, by these names.
inline constexpr const char* kTimeName = "(event time)";
inline constexpr const char* kOrderName = "(order)";
enum class Hidden { kTime, kOrder };
// Of a column of the node, as it is.
bool IsReference(const duckdb::Expression& expression);

duckdb::ColumnBinding HiddenBinding(Hidden which);

// A time that is left to the stream (laminar_event_time()) over a node that has none.
struct NoEventTime {
  NodeId node = 0;
  std::optional<size_t> offset;
};

struct Rel {
  NodeId node = 0;
  std::vector<ExpressionPtr> filters;  // over the node's columns
  std::vector<RelColumn> columns;

  // Throws duckdb::InternalException if there is none.
  RelColumn* Find(const duckdb::ColumnBinding& binding);
  RelColumn* FindHidden(Hidden which);  // nullptr: it has none
  void DropHidden(Hidden which);
  void DropHidden();
  // Replaces the names of the Rel's columns by what they stand for, laminar_event_time() by the event time (throws
  // NoEventTime), and a field of a struct that is built in the expression by the field.
  void Substitute(ExpressionPtr& expression);
  // Whether every column is free; see IsFree.
  bool IsPlain() const;
};

// Costs nothing: a reference to a column of the node, or a constant.
bool IsFree(const duckdb::Expression& expression);

// The first place in the script that an expression or something inside it comes from.
std::optional<size_t> OffsetOf(const duckdb::Expression& expression);

// Makes nodes of a plan.
class NodeMaker {
 public:
  // offset: of the query, for what has no place of its own. Both borrowed.
  NodeMaker(StreamPlan* plan, const Problems* problems, size_t offset)
      : plan_(plan), problems_(problems), offset_(offset) {}

  NodeId Add(PlanNode node);
  const Schema& SchemaOf(NodeId node) const { return plan_->nodes[static_cast<size_t>(node)].schema; }
  const PlanNode& NodeOf(NodeId node) const { return plan_->nodes[static_cast<size_t>(node)]; }
  size_t offset() const { return offset_; }
  SqlPosition At(size_t offset) const { return problems_->At(offset); }
  const StreamPlan& plan() const { return *plan_; }
  SqlPosition Position(const duckdb::Expression& expression) const;
  SqlPosition QueryPosition() const { return problems_->At(offset_); }
  ExpressionList MakeList(std::vector<ExpressionPtr> expressions) const;
  AggregateList MakeAggregates(std::vector<ExpressionPtr> aggregates) const;

  // Makes the Rel's filters and computed columns a node, if it has any: its columns are then free, and it has no
  // filters.
  void Materialise(Rel* rel);
  // Makes the Rel a node whose columns are the Rel's, one to one, hidden ones last, if it is not one already.
  void Shape(Rel* rel, bool names_matter);
  // Prepares the Rel for expressions above it that use its columns: what they would compute twice becomes a node.
  // only_free: they may use free columns only. prune: columns that they do not use may be forgotten.
  void PrepareFor(const std::vector<const duckdb::Expression*>& expressions, bool only_free, bool prune, Rel* rel);
  // For operators whose input are columns: makes the expressions, over the node's columns, columns of the Rel's node.
  // Returns their numbers; afterwards the Rel is plain and has no filters.
  std::vector<size_t> MakeColumns(std::vector<ExpressionPtr> expressions, Rel* rel);
  // The event time that an expression over the Rel's columns is, as a free column of the Rel; nullptr: it is none.
  // inside_structs: also a struct that has one among its fields, like the `window` of an inner query.
  ExpressionPtr FindTime(const duckdb::Expression& expression, bool inside_structs, Rel* rel, int64_t* lag_micros);
  // The name of an event time among the Rel's columns; "" = it has none.
  std::string NameOfTime(const Rel& rel) const;
  // Deals the rows of the Rel's node to the workers: by columns of it, to the first one if there are none; or to all.
  void DealByKey(const std::vector<size_t>& keys, SqlPosition position, Rel* rel);
  void DealToAll(SqlPosition position, Rel* rel);
  // A Rel whose columns are the node's: the first by `bindings`, then hidden ones.
  Rel Wrap(NodeId node, const duckdb::vector<duckdb::ColumnBinding>& bindings) const;

 private:
  template <class List>
  List Make(std::vector<ExpressionPtr> expressions) const;
  ExpressionPtr FindFollowedTime(ExpressionPtr expression, Rel* rel, int64_t* lag_micros);
  ExpressionPtr AddUnnamed(ExpressionPtr expression, Rel* rel);
  bool IsNode(const Rel& rel, bool names_matter) const;
  SqlPosition PositionOf(const Rel& rel) const;
  void AddExchange(ExchangeNode exchange, SqlPosition position, Rel* rel);
  void AddFilterProject(Rel* rel, std::vector<ExpressionPtr> projections, Schema schema);

  StreamPlan* const plan_;
  const Problems* const problems_;
  const size_t offset_;
  duckdb::idx_t hidden_columns_ = 0;  // made so far
};

}  // namespace laminar::sql
