// Converter: one query's way from DuckDB's operators to nodes of the plan. Its methods lie in files by subject:
//   convert.cc            which operator goes where; projections, filters
//   convert_scan.cc       tables, literal rows, unions, common table expressions
//   convert_lateral.cc    UNNEST, lateral joins, a stream beside constant rows
//   convert_aggregate.cc  GROUP BY with a window
//   convert_over.cc       OVER, QUALIFY, DISTINCT
//   convert_join.cc       joins with bounded tables
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

// Thrown for what cannot run on a stream; offset: in the script, if it is known.
struct NotStreamable {
  std::string what;
  std::optional<size_t> offset = std::nullopt;
  std::string hint = "";
};

// Why an operator of that kind cannot run on a stream.
std::string NameOf(const duckdb::LogicalOperator& op);

class Converter {
 public:
  // See ConvertQuery. All borrowed.
  Converter(duckdb::ClientContext& context, const ConvertInput& input, StreamPlan* plan, const Problems* problems)
      : context_(context), input_(input), make_(plan, problems, input.offset) {}

  // Throws NotStreamable and DuckDB's exceptions.
  NodeId Convert(BoundQuery& bound);

 private:
  Rel ConvertOperator(duckdb::LogicalOperator& op);
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

  Rel ConvertAggregate(duckdb::LogicalAggregate& op);
  Rel ConvertOver(duckdb::LogicalWindow& op);
  Rel ConvertDistinct(duckdb::LogicalDistinct& op);
  // Any kind of join that is not lateral.
  Rel ConvertJoin(duckdb::LogicalOperator& op);
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
  std::vector<Lateral> laterals_;
  std::optional<Rel> beside_;  // a stream that takes the place of the next row without columns
  int left_depth_ = 0;         // of lateral joins whose left sides are being converted
};

}  // namespace laminar::sql
