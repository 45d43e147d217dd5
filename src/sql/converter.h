// Converter: one query's way from DuckDB's operators to nodes of the plan. Its methods lie in files by subject:
//   convert.cc            which operator goes where; projections, filters
//   convert_scan.cc       tables, literal rows, unions, common table expressions
//   convert_lateral.cc    UNNEST, lateral joins, a stream beside constant rows
//   convert_aggregate.cc  GROUP BY with a window
//   convert_over.cc       OVER, QUALIFY, DISTINCT
//   convert_join.cc       joins with bounded tables
//   convert_exists.cc     EXISTS and IN with columns of the stream
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/enums/join_type.hpp"
#include "duckdb/planner/logical_operator.hpp"

#include "sql/bind.h"
#include "sql/convert.h"
#include "sql/rel.h"

namespace duckdb {
class BoundWindowExpression;
class LogicalAggregate;
class LogicalCTERef;
class LogicalColumnDataGet;
class LogicalComparisonJoin;
class LogicalDelimGet;
class LogicalDistinct;
class LogicalExpressionGet;
class LogicalGet;
class LogicalMaterializedCTE;
class LogicalSetOperation;
class LogicalUnnest;
class LogicalWindow;
struct JoinCondition;
}  // namespace duckdb

namespace laminar::sql {

// Thrown for what cannot run on a stream; offset: in the script, if it is known. word: the one inside the OVER (...)
// behind offset that is to be pointed at, in lower case.
struct NotStreamable {
  std::string what;
  std::optional<size_t> offset = std::nullopt;
  std::string hint = "";
  std::string word = "";
};

// Why an operator of that kind cannot run on a stream.
std::string NameOf(const duckdb::LogicalOperator& op);

class Converter {
 public:
  // See ConvertQuery. All borrowed.
  Converter(duckdb::ClientContext& context, const ConvertInput& input, StreamPlan* plan, const Problems* problems)
      : context_(context), input_(input), make_(plan, problems, input.offset) {}

  // Throws NotStreamable, NoEventTime, Replan and DuckDB's exceptions.
  NodeId Convert(BoundQuery& bound);
  // A query asks for the event time of rows that have none: their sources will give their arrival. Throws Replan, or
  // NotStreamable where there is no source.
  [[noreturn]] void AskForArrival(const NoEventTime& missing);

 private:
  Rel ConvertOperator(duckdb::LogicalOperator& op);
  // The input of an operator of event time: its hidden columns are kept.
  Rel ConvertBelowTime(duckdb::LogicalOperator& op);
  Rel ConvertProjection(duckdb::LogicalOperator& op);
  Rel ConvertFilter(duckdb::LogicalOperator& op);
  static std::optional<size_t> FirstOffset(const duckdb::LogicalOperator& op);
  // The column that an expression is, if it is nothing more.
  static std::optional<duckdb::ColumnBinding> BindingOf(const duckdb::Expression& expression);
  // Appends what is carried in `from` and not among `columns` yet.
  static void KeepCarried(const Rel& from, std::vector<RelColumn>* columns);
  // Keeps the columns that are named, in that order, and those that are carried.
  static void Keep(const duckdb::vector<duckdb::ColumnBinding>& bindings, Rel* rel);
  // WHERE: rows of `rel` for which the condition, over rel's columns, is true.
  void AddFilter(ExpressionPtr condition, Rel* rel);

  Rel ConvertScan(duckdb::LogicalGet& get);
  void AddHidden(Rel* rel) const;
  Rel ConvertUnion(duckdb::LogicalSetOperation& op);
  Rel ConvertCte(duckdb::LogicalMaterializedCTE& op);
  Rel ConvertCteRef(duckdb::LogicalCTERef& op);
  Rel ConvertRows(std::vector<ExpressionList> rows, const duckdb::vector<duckdb::LogicalType>& types,
                  const duckdb::vector<duckdb::ColumnBinding>& bindings);
  Rel ConvertValues(duckdb::LogicalExpressionGet& op);
  Rel ConvertCollection(duckdb::LogicalColumnDataGet& op);

  struct UnnestedList {
    duckdb::ColumnBinding binding;  // of the elements
    ExpressionPtr list;             // over the Rel's columns
    duckdb::LogicalType element;
    std::string name;
  };
  // The left side of a lateral join that is being converted, until its DELIM_GET takes it.
  struct Lateral {
    Rel left;
    std::vector<RelColumn> visible;  // the DELIM_GET's columns, over left's node
    bool taken = false;
  };
  Rel ConvertUnnest(duckdb::LogicalUnnest& op);
  Rel ConvertUnnestFunction(duckdb::LogicalGet& get);
  void AddUnnest(std::vector<UnnestedList> unnested, Rel* rel);
  Rel ConvertLateral(duckdb::LogicalComparisonJoin& op);
  // row_number() OVER (): how DuckDB numbers the left side of a lateral join.
  static bool IsRowNumber(const duckdb::LogicalOperator& op);
  Rel ConvertRowNumber(duckdb::LogicalOperator& op);
  Rel ConvertDelimGet(duckdb::LogicalDelimGet& op);
  Rel ConvertBeside(duckdb::LogicalOperator& op);
  void AddConditions(duckdb::vector<duckdb::JoinCondition>& conditions, Rel* rel);
  static bool LeadsBack(const duckdb::JoinCondition& condition, Rel& rel);
  // Operators over one row without columns, each of which makes its rows from those of the one below.
  static bool IsMadeFromNothing(const duckdb::LogicalOperator& op);
  // One row without columns, or the stream that takes its place.
  Rel ConvertOneRow();

  // Event time (convert_time.cc). An expression over the columns of rel's node as an event time: TIMESTAMP or
  // TIMESTAMPTZ, and when it is projected, the projection's column is one of its node's PlanNode::times. what: who
  // needs it, as the subject of an error: "TUMBLE". Throws Replan when it shows the event time of a source;
  // NotStreamable when it is none.
  ExpressionPtr EventTimeOf(Rel* rel, ExpressionPtr expression, const std::string& what);
  // How far rows of a Rel may lag behind in that expression, if it is an event time already.
  std::optional<int64_t> LagOf(const Rel& rel, const duckdb::Expression& expression) const;
  // Whether an expression could be an event time, if its source had none.
  bool CouldBeEventTime(const Rel& rel, const duckdb::Expression& expression) const;

  // Groups of an aggregate (convert_aggregate.cc); `groups` are over the columns of rel's node. kind of a group: a key,
  // the window, its start or its end.
  struct Grouping {
    enum class Is { kKey, kWindow, kStart, kEnd };
    WindowSpec window;      // but its time_column
    ExpressionPtr time;     // over the node's columns
    std::vector<Is> kinds;  // one for each group
  };
  Grouping FindGrouping(Rel* rel, const std::vector<ExpressionPtr>& groups, std::optional<size_t> offset);
  bool FindWindow(Rel* rel, const std::vector<ExpressionPtr>& groups, Grouping* grouping);
  void FindInstant(Rel* rel, const std::vector<ExpressionPtr>& groups, std::optional<size_t> offset,
                   Grouping* grouping);
  // Rows of `rel` in groups: a projection of what is needed, the exchange, the aggregate. Yields one column for each
  // group (bindings `group_index`, 0, 1, ...) and one for each call (`aggregate_index`, ...). Both are taken apart.
  Rel AddAggregate(Rel rel, std::vector<ExpressionPtr> groups, std::vector<ExpressionPtr> calls,
                   duckdb::idx_t group_index, duckdb::idx_t aggregate_index, std::optional<size_t> offset);

  Rel ConvertAggregate(duckdb::LogicalAggregate& op);
  void TraceTimeOf(const duckdb::BoundWindowExpression& window, Rel* rel);
  Rel ConvertOver(duckdb::LogicalWindow& op);
  Rel ConvertDistinct(duckdb::LogicalDistinct& op);
  // Any kind of join that is not lateral.
  Rel ConvertJoin(duckdb::LogicalOperator& op);
  // A subquery of EXISTS or IN that uses columns of the stream; nothing if it is more than a join with a table.
  std::optional<Rel> ConvertExists(duckdb::LogicalComparisonJoin& op);
  // What the join demands of two rows, as conditions over the columns of both sides.
  static std::vector<ExpressionPtr> TakeJoinConditions(duckdb::LogicalOperator& op);
  Rel JoinRels(duckdb::LogicalOperator& left_op, duckdb::LogicalOperator& right_op, duckdb::JoinType type,
               std::vector<ExpressionPtr> conditions);
  static LookupJoinNode::Kind KindOfJoin(duckdb::JoinType type, bool table_is_right, std::optional<size_t> offset);
  Rel Lookup(LookupJoinNode::Kind kind, Rel stream, Rel table, std::vector<ExpressionPtr> conditions,
             std::optional<size_t> offset);
  // Puts the expressions, over the Rel's columns, over the columns of its node.
  void MakeFree(std::vector<ExpressionPtr>* expressions, Rel* rel);
  // The source tables whose rows reach a node, and whether all of them end by themselves.
  std::set<std::string> SourcesOf(NodeId id) const;
  bool IsBounded(NodeId id) const;
  std::string TableOf(duckdb::LogicalOperator& op, const Rel& rel) const;

  duckdb::ClientContext& context_;
  const ConvertInput& input_;
  NodeMaker make_;
  std::map<duckdb::idx_t, NodeId> ctes_;
  bool keeps_hidden_ = input_.keeps_hidden;  // whether something above wants the hidden columns
  std::vector<Lateral> laterals_;
  std::optional<Rel> beside_;  // a stream that takes the place of the next row without columns
  int left_depth_ = 0;         // of lateral joins whose left sides are being converted
};

}  // namespace laminar::sql
