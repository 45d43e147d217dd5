#include "sql/resolve.h"

#include <algorithm>
#include <set>

#include "duckdb/parser/common_table_expression_info.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/star_expression.hpp"
#include "duckdb/parser/query_node/recursive_cte_node.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/emptytableref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "sql/tree.h"

namespace laminar::sql {
namespace {

using duckdb::make_uniq;
using duckdb::unique_ptr;

unique_ptr<duckdb::TableRef> ScanOf(const Table& table) {
  auto scan = make_uniq<duckdb::TableFunctionRef>();
  duckdb::vector<unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(duckdb::Value(table.name)));
  scan->function = make_uniq<duckdb::FunctionExpression>(kStreamFunction, std::move(arguments));
  scan->alias = table.name;
  return scan;
}

unique_ptr<duckdb::SelectStatement> SelectFrom(unique_ptr<duckdb::TableRef> from,
                                               duckdb::vector<unique_ptr<duckdb::ParsedExpression>> columns) {
  auto node = make_uniq<duckdb::SelectNode>();
  node->select_list = std::move(columns);
  node->from_table = std::move(from);
  auto select = make_uniq<duckdb::SelectStatement>();
  select->node = std::move(node);
  return select;
}

// (SELECT *, CAST(expression AS type) AS column FROM table): one level for each generated column, in their order, so
// that each may use the ones before it; the outermost puts the columns into the order of the declaration.
unique_ptr<duckdb::TableRef> WithGeneratedColumns(const Table& table) {
  unique_ptr<duckdb::TableRef> from = ScanOf(table);
  for (const TableColumn& column : table.columns) {
    if (!column.generated || table.IsComputedTime(column)) continue;
    auto expression = column.generated->Copy();
    if (column.type.id() != duckdb::LogicalTypeId::INVALID) {
      const auto location = expression->GetQueryLocation();
      expression = make_uniq<duckdb::CastExpression>(column.type, std::move(expression));
      expression->SetQueryLocation(location);
    }
    expression->SetAlias(column.name);
    duckdb::vector<unique_ptr<duckdb::ParsedExpression>> columns;
    columns.push_back(make_uniq<duckdb::StarExpression>());
    columns.push_back(std::move(expression));
    from = make_uniq<duckdb::SubqueryRef>(SelectFrom(std::move(from), std::move(columns)), table.name);
  }
  duckdb::vector<unique_ptr<duckdb::ParsedExpression>> columns;
  for (const TableColumn& column : table.columns)
    columns.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name));
  return make_uniq<duckdb::SubqueryRef>(SelectFrom(std::move(from), std::move(columns)), table.name);
}

class Resolver final : public TreeVisitor {
 public:
  Resolver(Catalogue* catalogue, Problems* problems, Resolved* resolved, std::vector<std::string> views)
      : catalogue_(catalogue), problems_(problems), resolved_(resolved), views_(std::move(views)) {}

  void EnterNode(duckdb::QueryNode& node) override {
    scopes_.emplace_back();
    if (node.type != duckdb::QueryNodeType::RECURSIVE_CTE_NODE) return;
    scopes_.back().insert(duckdb::StringUtil::Lower(node.Cast<duckdb::RecursiveCTENode>().ctename));
  }
  void LeaveNode(duckdb::QueryNode&) override { scopes_.pop_back(); }
  void LeaveCte(const std::string& name, duckdb::CommonTableExpressionInfo&) override {
    scopes_.back().insert(duckdb::StringUtil::Lower(name));
  }

  void OnTable(unique_ptr<duckdb::TableRef>& table) override {
    if (table->type == duckdb::TableReferenceType::BASE_TABLE) ResolveName(table);
    if (table->type == duckdb::TableReferenceType::TABLE_FUNCTION) ReplaceRange(table);
  }

 private:
  bool IsCte(const std::string& name) const {
    for (const auto& scope : scopes_) {
      if (scope.contains(duckdb::StringUtil::Lower(name))) return true;
    }
    return false;
  }

  static size_t OffsetOf(const duckdb::TableRef& table) {
    return table.query_location.IsValid() ? table.query_location.GetIndex() : 0;
  }

  void Unknown(const duckdb::BaseTableRef& ref) {
    resolved_->broken = true;
    const std::string& name = ref.table_name;
    if (name.find('/') != std::string::npos || name.find('.') != std::string::npos) {
      problems_->Add(OffsetOf(ref), "a script reads no files but through a table: '" + name + "'",
                     "CREATE TABLE t (...) WITH (connector = 'single_file', path = '" + name + "')");
      return;
    }
    std::string full = name;
    if (!ref.schema_name.empty()) full = ref.schema_name + "." + full;
    if (!ref.catalog_name.empty()) full = ref.catalog_name + "." + full;
    const std::vector<std::string> names = catalogue_->Names();
    std::string hint = DidYouMean(name, names);
    if (hint.empty()) hint = "define it: CREATE TABLE " + full + " (...) WITH (connector = '...', ...)";
    problems_->Add(OffsetOf(ref), "there is no table named " + full, hint);
  }

  void ResolveName(unique_ptr<duckdb::TableRef>& table) {
    auto& ref = table->Cast<duckdb::BaseTableRef>();
    const bool qualified = !ref.schema_name.empty() || !ref.catalog_name.empty();
    if (!qualified && IsCte(ref.table_name)) return;
    Table* found = qualified ? nullptr : catalogue_->Find(ref.table_name);
    if (!found) return Unknown(ref);
    if (found->broken) resolved_->broken = true;
    unique_ptr<duckdb::TableRef> replacement =
        found->kind == TableKind::kView ? ExpandView(*found, ref) : ReadTable(*found, ref);
    if (!replacement) {
      resolved_->broken = true;
      return;
    }
    replacement->query_location = ref.query_location;
    replacement->alias = ref.alias.empty() ? ref.table_name : ref.alias;
    if (!ref.column_name_alias.empty()) replacement->column_name_alias = ref.column_name_alias;
    table = std::move(replacement);
  }

  static std::string HowToHaveColumns(const Table& table) {
    std::string how = "give it a column list: CREATE TABLE " + table.name +
                      " (...) WITH (...); `laminar infer` prints one "
                      "for data that is there";
    if (table.format_name == "json") {
      how +=
          "; 'json.schema' and 'json.schema_file' tell the columns; (value JSON) with 'json.unstructured' = 'true' has "
          "each value as it is";
    }
    return how;
  }

  unique_ptr<duckdb::TableRef> ReadTable(Table& table, const duckdb::BaseTableRef& ref) {
    table.is_read = true;
    if (table.broken && table.columns_from_query) return nullptr;  // why no columns are known is reported already
    if (table.kind == TableKind::kConnector && (table.declared_use == OptionUse::kSink || table.columns_from_query)) {
      const bool declared = table.declared_use == OptionUse::kSink;
      problems_->Add(
          OffsetOf(ref),
          "table " + table.name +
              (declared ? " is a sink: it cannot be read" : " has no columns: it can only be written"),
          declared ? "define a second table with type = 'source' for the same data" : HowToHaveColumns(table));
      return nullptr;
    }
    return ScanWithGenerated(table);
  }

  unique_ptr<duckdb::TableRef> ExpandView(const Table& view, const duckdb::BaseTableRef& ref) {
    if (std::find(views_.begin(), views_.end(), view.name) != views_.end()) {
      problems_->Add(OffsetOf(ref), "view " + view.name + " uses itself", "break the circle");
      return nullptr;
    }
    auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(view.view->Copy());
    std::vector<std::string> views = views_;
    views.push_back(view.name);
    Resolver inner(catalogue_, problems_, resolved_, std::move(views));
    WalkNode(*select->node, inner);
    auto subquery = make_uniq<duckdb::SubqueryRef>(std::move(select), view.name);
    subquery->column_name_alias.assign(view.view_columns.begin(), view.view_columns.end());
    return subquery;
  }

  // FROM range(3) r -> FROM (SELECT unnest(range(3)) AS range) r
  static void ReplaceRange(unique_ptr<duckdb::TableRef>& table) {
    auto& ref = table->Cast<duckdb::TableFunctionRef>();
    if (ref.function->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return;
    const std::string name = duckdb::StringUtil::Lower(ref.function->Cast<duckdb::FunctionExpression>().function_name);
    if (name != "range" && name != "generate_series") return;
    const auto location = ref.function->GetQueryLocation();
    duckdb::vector<unique_ptr<duckdb::ParsedExpression>> arguments;
    arguments.push_back(std::move(ref.function));
    auto unnest = make_uniq<duckdb::FunctionExpression>("unnest", std::move(arguments));
    unnest->SetQueryLocation(location);
    unnest->SetAlias(name);
    duckdb::vector<unique_ptr<duckdb::ParsedExpression>> columns;
    columns.push_back(std::move(unnest));
    auto subquery = make_uniq<duckdb::SubqueryRef>(SelectFrom(make_uniq<duckdb::EmptyTableRef>(), std::move(columns)),
                                                   ref.alias.empty() ? name : ref.alias);
    subquery->column_name_alias = ref.column_name_alias;
    subquery->query_location = ref.query_location;
    table = std::move(subquery);
  }

  Catalogue* const catalogue_;
  Problems* const problems_;
  Resolved* const resolved_;
  const std::vector<std::string> views_;  // the views that are being expanded
  std::vector<std::set<std::string>> scopes_;
};

}  // namespace

std::optional<size_t> PlaceOfTable(duckdb::QueryNode& node, const std::string& table) {
  class Finder final : public TreeVisitor {
   public:
    explicit Finder(const std::string& table) : table_(table) {}
    std::optional<size_t> place;
    void OnTable(unique_ptr<duckdb::TableRef>& ref) override {
      // A table with generated columns is a subquery of its name, which stands at the place of the table's.
      if (ref->query_location.IsValid() && Reads(*ref)) place = ref->query_location.GetIndex();
    }

   private:
    bool Reads(const duckdb::TableRef& ref) const {
      if (ref.type == duckdb::TableReferenceType::SUBQUERY) {
        const auto& node = *ref.Cast<duckdb::SubqueryRef>().subquery->node;
        return node.type == duckdb::QueryNodeType::SELECT_NODE && Reads(*node.Cast<duckdb::SelectNode>().from_table);
      }
      if (ref.type != duckdb::TableReferenceType::TABLE_FUNCTION) return false;
      const auto& function = ref.Cast<duckdb::TableFunctionRef>().function->Cast<duckdb::FunctionExpression>();
      return function.function_name == kStreamFunction && function.children.size() == 1 &&
             function.children[0]->Cast<duckdb::ConstantExpression>().value.ToString() == table_;
    }
    const std::string& table_;
  };
  Finder finder(table);
  WalkNode(node, finder);
  return finder.place;
}

unique_ptr<duckdb::TableRef> ScanWithGenerated(const Table& table) {
  for (const TableColumn& column : table.columns) {
    if (column.generated && !table.IsComputedTime(column)) return WithGeneratedColumns(table);
  }
  return ScanOf(table);
}

Resolved ResolveTables(duckdb::QueryNode& node, Catalogue* catalogue, Problems* problems) {
  Resolved resolved;
  Resolver resolver(catalogue, problems, &resolved, {});
  WalkNode(node, resolver);
  return resolved;
}

}  // namespace laminar::sql
