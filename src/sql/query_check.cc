#include "sql/query_check.h"

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/result_modifier.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "sql/arrow_check.h"
#include "sql/functions.h"
#include "sql/time_span.h"
#include "sql/tree.h"

namespace laminar::sql {
namespace {

using duckdb::ParsedExpression;

constexpr size_t kNowhere = SIZE_MAX;
constexpr const char* kLimitHint =
    "remove it, filter with WHERE, or keep the first of each window: QUALIFY row_number() OVER (PARTITION BY "
    "TUMBLE_END(ts, INTERVAL '1 minute') ORDER BY ...) <= 10";
constexpr const char* kWindowHint = "group by a window of event time: GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)";

// The least position inside an expression: where its text begins, as nearly as DuckDB says.
class Checker final : public TreeVisitor {
 public:
  Checker(duckdb::ClientContext& context, std::span<const Token> tokens, Problems* problems)
      : context_(context), tokens_(tokens), problems_(problems) {}

  // What an expression without a query around it needs.
  void CheckAlone(const ParsedExpression& expression) {
    Needs needs;
    Find(expression, &needs);
    if (needs.aggregate || needs.over || needs.windowing) {
      Add(At(expression), "a generated column is computed from its own row: it has no aggregates and no windows",
          "use functions of single values");
    }
    if (needs.unnest) {
      Add(At(*needs.unnest), "a generated column has one value for each row: it has no UNNEST",
          "unnest in the query that reads the table");
    }
  }

  void EnterNode(duckdb::QueryNode& node) override {
    for (const auto& modifier : node.modifiers) CheckModifier(*modifier);
    switch (node.type) {
      case duckdb::QueryNodeType::SELECT_NODE:
        CheckSelect(node.Cast<duckdb::SelectNode>());
        break;
      case duckdb::QueryNodeType::SET_OPERATION_NODE:
        CheckSetOperation(node.Cast<duckdb::SetOperationNode>());
        break;
      case duckdb::QueryNodeType::RECURSIVE_CTE_NODE:
        Add(Keyword("recursive"), "WITH RECURSIVE over a stream never ends: it is not supported", "remove RECURSIVE");
        break;
      default:
        Add(Start(), "only SELECT may stand here");
    }
  }

  void OnExpression(duckdb::unique_ptr<ParsedExpression>& expression) override {
    CheckArrow(*expression, tokens_, problems_);
    switch (expression->GetExpressionClass()) {
      case duckdb::ExpressionClass::SUBQUERY:
        CheckSubquery(expression->Cast<duckdb::SubqueryExpression>());
        break;
      case duckdb::ExpressionClass::OPERATOR:
        CheckNot(expression->Cast<duckdb::OperatorExpression>());
        break;
      case duckdb::ExpressionClass::PARAMETER:
        Add(At(*expression), "a parameter has no value here", "use $name and --set name=value");
        break;
      case duckdb::ExpressionClass::FUNCTION:
        CheckFunction(expression->Cast<duckdb::FunctionExpression>());
        break;
      default:
        break;
    }
  }

  void OnTable(duckdb::unique_ptr<duckdb::TableRef>& table) override {
    if (table->sample)
      Add(At(*table), "TABLESAMPLE is not supported on a stream", "filter with random() < 0.1 in WHERE");
    switch (table->type) {
      case duckdb::TableReferenceType::JOIN:
        CheckJoin(table->Cast<duckdb::JoinRef>());
        break;
      case duckdb::TableReferenceType::TABLE_FUNCTION:
        CheckTableFunction(table->Cast<duckdb::TableFunctionRef>());
        break;
      case duckdb::TableReferenceType::PIVOT:
        Add(At(*table), "PIVOT and UNPIVOT are not supported on a stream");
        break;
      case duckdb::TableReferenceType::SHOW_REF:
        Add(At(*table), "SHOW, DESCRIBE and SUMMARIZE are not supported",
            "laminar explain shows what a script computes");
        break;
      case duckdb::TableReferenceType::BASE_TABLE:
        if (table->Cast<duckdb::BaseTableRef>().at_clause) Add(At(*table), "AT (VERSION ...) is not supported");
        break;
      default:
        break;
    }
  }

 private:
  void Add(size_t offset, std::string message, std::string hint = "") {
    problems_->Add(offset == kNowhere ? Start() : offset, std::move(message), std::move(hint));
  }
  size_t Start() const { return tokens_.empty() ? 0 : tokens_.front().begin; }
  static size_t At(const ParsedExpression& expression) { return LeftmostOffset(expression); }
  static size_t At(const duckdb::TableRef& table) {
    return table.query_location.IsValid() ? table.query_location.GetIndex() : kNowhere;
  }

  // The last occurrence of the keyword before `limit`, else its first one.
  size_t Keyword(std::string_view word, size_t limit = kNowhere) const {
    size_t found = kNowhere;
    for (const Token& token : tokens_) {
      if (!token.Is(word)) continue;
      if (token.begin >= limit && found != kNowhere) break;
      found = token.begin;
      if (limit == kNowhere) break;
    }
    return found;
  }

  void CheckModifier(const duckdb::ResultModifier& modifier) {
    switch (modifier.type) {
      case duckdb::ResultModifierType::LIMIT_MODIFIER: {
        const auto& limit = modifier.Cast<duckdb::LimitModifier>();
        const auto& expression = limit.limit ? limit.limit : limit.offset;
        Add(Keyword(limit.limit ? "limit" : "offset", expression ? At(*expression) : kNowhere),
            "LIMIT over a stream is not supported: a stream has no first rows", kLimitHint);
        break;
      }
      case duckdb::ResultModifierType::LIMIT_PERCENT_MODIFIER:
        Add(Keyword("limit"), "LIMIT over a stream is not supported: a stream has no first rows", kLimitHint);
        break;
      case duckdb::ResultModifierType::ORDER_MODIFIER: {
        const auto& orders = modifier.Cast<duckdb::OrderModifier>().orders;
        Add(Keyword("order", orders.empty() ? kNowhere : At(*orders.front().expression)),
            "ORDER BY over a stream would wait for its end: it is not supported",
            "remove it; to number or rank rows use row_number() OVER (PARTITION BY TUMBLE_END(ts, INTERVAL '1 minute') "
            "ORDER BY ...)");
        break;
      }
      case duckdb::ResultModifierType::DISTINCT_MODIFIER: {
        // SELECT DISTINCT needs an event time among its columns: that is known when it is bound.
        const auto& targets = modifier.Cast<duckdb::DistinctModifier>().distinct_on_targets;
        if (targets.empty()) break;
        Add(Keyword("distinct", At(*targets.front())),
            "DISTINCT ON over a stream would keep a row of every key for ever: it is not supported",
            "number the rows of a window and keep the first: QUALIFY row_number() OVER (PARTITION BY key, "
            "TUMBLE_END(ts, INTERVAL '1 minute') ORDER BY ...) = 1");
        break;
      }
    }
  }

  // What a SELECT and its own expressions do, without looking into subqueries.
  struct Needs {
    const duckdb::FunctionExpression* aggregate = nullptr;
    const duckdb::FunctionExpression* windowing = nullptr;
    const duckdb::FunctionExpression* unnest = nullptr;
    const duckdb::WindowExpression* over = nullptr;
  };

  void Find(const ParsedExpression& expression, Needs* needs) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::WINDOW) {
      if (!needs->over) needs->over = &expression.Cast<duckdb::WindowExpression>();
    } else if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      const auto& function = expression.Cast<duckdb::FunctionExpression>();
      const FunctionClass kind = Classify(context_, function.function_name);
      if (kind == FunctionClass::kAggregate && !needs->aggregate) needs->aggregate = &function;
      if (kind == FunctionClass::kWindowing && !needs->windowing) needs->windowing = &function;
      if (duckdb::StringUtil::CIEquals(function.function_name, "unnest") && !needs->unnest) needs->unnest = &function;
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(expression,
                                                        [&](const ParsedExpression& child) { Find(child, needs); });
  }

  // DuckDB's own name for count(*) is count_star().
  template <class FunctionLike>
  static std::string NameOf(const FunctionLike& function) {
    return function.function_name == "count_star" ? "count" : function.function_name;
  }

  void CheckSelect(const duckdb::SelectNode& select) {
    Needs needs;
    for (const auto& expression : select.select_list) Find(*expression, &needs);
    if (select.having) Find(*select.having, &needs);
    if (select.qualify) Find(*select.qualify, &needs);
    const auto& groups = select.groups.group_expressions;
    const bool grouped =
        !groups.empty() || select.aggregate_handling == duckdb::AggregateHandling::FORCE_AGGREGATES;  // GROUP BY ALL
    if (select.groups.grouping_sets.size() > 1) {
      Add(Keyword("group", groups.empty() ? kNowhere : At(*groups.front())),
          "GROUPING SETS, ROLLUP and CUBE over a stream are not supported",
          "write one GROUP BY query for each set, and UNION ALL them");
    }
    if (!grouped && needs.aggregate) {
      const std::string name = NameOf(*needs.aggregate);
      Add(At(*needs.aggregate), name + "() over a whole stream would wait for its end",
          FunctionExists(context_, "list_" + name)
              ? std::string(kWindowHint) + "; to aggregate the elements of a list use list_" + name + "()"
              : kWindowHint);
    } else if (!grouped && select.having) {
      Add(Keyword("having", At(*select.having)), "HAVING needs GROUP BY", "use WHERE for single rows");
    }
    if (select.sample)
      Add(Keyword("sample"), "SAMPLE is not supported on a stream", "filter with random() < 0.1 in WHERE");
    if (select.qualify && !needs.over)
      Add(Keyword("qualify"), "QUALIFY needs a function with OVER (...)", "use WHERE for single rows");
  }

  void CheckSetOperation(const duckdb::SetOperationNode& operation) {
    using duckdb::SetOperationType;
    if ((operation.setop_type == SetOperationType::UNION || operation.setop_type == SetOperationType::UNION_BY_NAME) &&
        operation.setop_all)
      return;
    size_t second = kNowhere;
    if (operation.children.size() > 1 && operation.children[1]->type == duckdb::QueryNodeType::SELECT_NODE) {
      for (const auto& expression : operation.children[1]->Cast<duckdb::SelectNode>().select_list)
        second = std::min(second, At(*expression));
    }
    switch (operation.setop_type) {
      case SetOperationType::EXCEPT:
        Add(Keyword("except", second), "EXCEPT over streams would keep every row: it is not supported",
            "filter with WHERE, or with NOT EXISTS over a table that ends (connector = 'single_file')");
        break;
      case SetOperationType::INTERSECT:
        Add(Keyword("intersect", second), "INTERSECT over streams would keep every row: it is not supported",
            "filter with WHERE, or with IN over a table that ends (connector = 'single_file')");
        break;
      default:
        Add(Keyword("union", second),
            "UNION without ALL would keep every row to find duplicates: it is not supported on a stream",
            "write UNION ALL; SELECT DISTINCT with the event time among its columns finds duplicates of the same time");
    }
  }

  // row_number(), lag(x), ... as if they were functions of one row.
  void CheckOver(const duckdb::FunctionExpression& function) {
    static const std::set<std::string> kLookBack = {"row_number", "rank",        "dense_rank", "rank_dense",
                                                    "lag",        "first_value", "last_value", "nth_value"};
    static const std::set<std::string> kNeedAll = {"lead", "ntile", "percent_rank", "cume_dist", "fill"};
    const std::string name = duckdb::StringUtil::Lower(function.function_name);
    const bool needs_all = kNeedAll.contains(name);
    if ((!needs_all && !kLookBack.contains(name)) || FunctionExists(context_, name)) return;
    Add(At(function), name + "() needs OVER (PARTITION BY ... ORDER BY ...)",
        needs_all
            ? "over the rows of a closed window: " + function.ToString() +
                  " OVER (PARTITION BY TUMBLE_END(ts, INTERVAL '1 minute') ORDER BY n)"
            : "write " + function.ToString() + " OVER (PARTITION BY key ORDER BY ts), where ts is the event time");
  }

  void CheckFunction(const duckdb::FunctionExpression& function) {
    CheckOver(function);
    if (Classify(context_, function.function_name) != FunctionClass::kForbidden) return;
    Add(At(function), "function " + function.function_name + "() is not available: a script sees only its own tables",
        "remove the call");
  }

  void CheckSubquery(const duckdb::SubqueryExpression& subquery) {
    // IN and EXISTS are joins: whether they are bounded is known when they are bound.
    if (subquery.subquery_type != duckdb::SubqueryType::SCALAR) return;
    Add(At(subquery), "a subquery as a value would have to wait for its one row: it is not supported",
        "join with a table that ends: FROM s LEFT JOIN (SELECT key, value FROM t) AS t ON t.key = s.key");
  }

  // NULLs make NOT IN depend on all the rows of the subquery.
  void CheckNot(const duckdb::OperatorExpression& operation) {
    if (operation.GetExpressionType() != duckdb::ExpressionType::OPERATOR_NOT) return;
    const auto& child = *operation.children.at(0);
    if (child.GetExpressionClass() != duckdb::ExpressionClass::SUBQUERY ||
        child.Cast<duckdb::SubqueryExpression>().subquery_type != duckdb::SubqueryType::ANY) {
      return;
    }
    Add(At(operation),
        "NOT IN (SELECT ...) is not supported: one NULL in the subquery would make it NULL for every row",
        "write NOT EXISTS (SELECT 1 FROM t WHERE t.key = s.key)");
  }

  // Whether a table is made from constants and from columns of the tables before it: it needs no state.
  static bool IsLateral(const duckdb::TableRef& table) {
    switch (table.type) {
      case duckdb::TableReferenceType::TABLE_FUNCTION:
      case duckdb::TableReferenceType::EMPTY_FROM:
        return true;
      case duckdb::TableReferenceType::SUBQUERY: {
        const auto& node = *table.Cast<duckdb::SubqueryRef>().subquery->node;
        return node.type == duckdb::QueryNodeType::SELECT_NODE && node.cte_map.map.empty() &&
               IsLateral(*node.Cast<duckdb::SelectNode>().from_table);
      }
      case duckdb::TableReferenceType::JOIN:
        return IsLateral(*table.Cast<duckdb::JoinRef>().left) && IsLateral(*table.Cast<duckdb::JoinRef>().right);
      default:
        return false;
    }
  }

  // Whether rows are unnested in it.
  static bool HasTableFunction(const duckdb::TableRef& table) {
    switch (table.type) {
      case duckdb::TableReferenceType::TABLE_FUNCTION:
        return true;
      case duckdb::TableReferenceType::SUBQUERY: {
        const auto& node = *table.Cast<duckdb::SubqueryRef>().subquery->node;
        return node.type == duckdb::QueryNodeType::SELECT_NODE &&
               HasTableFunction(*node.Cast<duckdb::SelectNode>().from_table);
      }
      case duckdb::TableReferenceType::JOIN:
        return HasTableFunction(*table.Cast<duckdb::JoinRef>().left) ||
               HasTableFunction(*table.Cast<duckdb::JoinRef>().right);
      default:
        return false;
    }
  }

  // Which of the tables end by themselves is known when the join is bound.
  void CheckJoin(const duckdb::JoinRef& join) {
    using enum duckdb::JoinRefType;
    const bool plain = join.ref_type == CROSS || join.ref_type == DEPENDENT || join.ref_type == REGULAR;
    size_t offset = At(join);
    if (offset == kNowhere) offset = At(*join.right);
    if (IsLateral(*join.right) && HasTableFunction(*join.right) && plain &&
        (join.type != duckdb::JoinType::INNER || !join.using_columns.empty())) {
      Add(At(*join.right), "an outer join with UNNEST is not supported yet",
          "write FROM t, UNNEST(t.list) AS u(element); a row whose list is empty gives no row");
    } else if (join.ref_type == ASOF) {
      Add(offset, "ASOF JOIN is not supported on a stream yet",
          "put the bounds into the table and join by them: ON t.key = s.key AND s.ts >= t.since AND s.ts < t.until");
    } else if (join.ref_type == POSITIONAL) {
      Add(offset, "POSITIONAL JOIN is not supported: the rows of a stream have no fixed places",
          "join by a column: ON t.key = s.key");
    } else if (join.type == duckdb::JoinType::OUTER) {
      Add(offset, "FULL JOIN with a stream would wait for its end to find the rows without a partner",
          "write LEFT JOIN with the stream on the left");
    }
  }

  void CheckTableFunction(const duckdb::TableFunctionRef& table) {
    const auto* function = table.function->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION
                               ? &table.function->Cast<duckdb::FunctionExpression>()
                               : nullptr;
    const std::string name = function ? duckdb::StringUtil::Lower(function->function_name) : "";
    const size_t offset = At(table) == kNowhere ? At(*table.function) : At(table);
    if (table.with_ordinality != duckdb::OrdinalityType::WITHOUT_ORDINALITY) {
      Add(offset, "WITH ORDINALITY is not supported yet", "unnest generate_subscripts() beside the list");
      return;
    }
    if (name == "unnest" || name == "range" || name == "generate_series") return;
    if (Classify(context_, name) == FunctionClass::kWindowing) {
      Add(offset, duckdb::StringUtil::Upper(name) + "() is no table function here", kWindowHint);
      return;
    }
    Add(offset, "table function " + name + "() is not available: a script reads and writes through connectors only",
        "define the data as a table: CREATE TABLE t (...) WITH (connector = '...', ...)");
  }

  duckdb::ClientContext& context_;
  const std::span<const Token> tokens_;
  Problems* const problems_;
};

}  // namespace

void CheckQuery(duckdb::ClientContext& context, duckdb::QueryNode& node, std::span<const Token> tokens,
                Problems* problems) {
  Checker checker(context, tokens, problems);
  context.RunFunctionInTransaction([&] { WalkNode(node, checker); });
}

void CheckExpression(duckdb::ClientContext& context, duckdb::unique_ptr<ParsedExpression>& expression,
                     std::span<const Token> tokens, Problems* problems) {
  Checker checker(context, tokens, problems);
  context.RunFunctionInTransaction([&] {
    checker.CheckAlone(*expression);
    WalkExpression(expression, checker);
  });
}

}  // namespace laminar::sql
