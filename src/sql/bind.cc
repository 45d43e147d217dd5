#include "sql/bind.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/cast/cast_function_set.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/planner.hpp"

#include "sql/optimize.h"
#include "sql/time_span.h"
#include "sql/tree.h"
#include "sql/window_function.h"
#include "sql/window_rewrite.h"

namespace laminar::sql {
namespace {

using duckdb::unique_ptr;

constexpr size_t kMostErrorsOfAQuery = 20;

// Replaces the column or function call at that place; false if there is none.
bool ReplaceByNull(duckdb::QueryNode& node, size_t offset) {
  class Replacer final : public TreeVisitor {
   public:
    explicit Replacer(size_t offset) : offset_(offset) {}
    bool replaced = false;
    void OnExpression(unique_ptr<duckdb::ParsedExpression>& expression) override {
      const auto kind = expression->GetExpressionClass();
      if (replaced || !expression->GetQueryLocation().IsValid() || expression->GetQueryLocation().GetIndex() != offset_)
        return;
      if (kind != duckdb::ExpressionClass::COLUMN_REF && kind != duckdb::ExpressionClass::FUNCTION) return;
      auto null = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value());
      null->SetAlias(expression->GetName());
      expression = std::move(null);
      replaced = true;
    }

   private:
    const size_t offset_;
  };
  Replacer replacer(offset);
  WalkNode(node, replacer);
  return replacer.replaced;
}

// Where the first column of that name stands: DuckDB's exception about a name that SQL itself knows (user) has no
// place.
std::optional<size_t> OffsetOfColumn(duckdb::QueryNode& node, const std::string& name) {
  class Finder final : public TreeVisitor {
   public:
    explicit Finder(const std::string& name) : name_(name) {}
    std::optional<size_t> offset;
    void OnExpression(unique_ptr<duckdb::ParsedExpression>& expression) override {
      if (offset || expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return;
      const auto& column = expression->Cast<duckdb::ColumnRefExpression>();
      if (column.IsQualified() || !duckdb::StringUtil::CIEquals(column.GetColumnName(), name_)) return;
      if (column.GetQueryLocation().IsValid()) offset = column.GetQueryLocation().GetIndex();
    }

   private:
    const std::string& name_;
  };
  Finder finder(name);
  WalkNode(node, finder);
  return finder.offset;
}

// RANGE BETWEEN 5 PRECEDING over a time: DuckDB's exception about the difference that it makes of that has no place and
// names what nobody wrote.
void ExplainRangeBound(duckdb::QueryNode& node, CleanMessage* message) {
  class Finder final : public TreeVisitor {
   public:
    const duckdb::ParsedExpression* bound = nullptr;
    void OnExpression(unique_ptr<duckdb::ParsedExpression>& expression) override {
      if (bound || expression->GetExpressionClass() != duckdb::ExpressionClass::WINDOW) return;
      const auto& window = expression->Cast<duckdb::WindowExpression>();
      Try(window.start, window.start_expr.get());
      Try(window.end, window.end_expr.get());
    }

   private:
    void Try(duckdb::WindowBoundary boundary, const duckdb::ParsedExpression* length) {
      const bool ranges = boundary == duckdb::WindowBoundary::EXPR_PRECEDING_RANGE ||
                          boundary == duckdb::WindowBoundary::EXPR_FOLLOWING_RANGE;
      if (!bound && ranges && length->GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) bound = length;
    }
  };
  const std::string& text = message->message;
  const bool subtracts = text.find("-(TIMESTAMP") != std::string::npos || text.find("+(TIMESTAMP") != std::string::npos;
  if (message->offset || !subtracts) return;
  Finder finder;
  WalkNode(node, finder);
  if (!finder.bound) return;
  const duckdb::Value& value = finder.bound->Cast<duckdb::ConstantExpression>().value;
  message->message = "the length of a RANGE frame over times is an interval, not " + value.ToSQLString();
  message->hint = value.type().IsNumeric()
                      ? "write RANGE BETWEEN INTERVAL '" + value.ToString() +
                            " minutes' PRECEDING AND ..., or ROWS "
                            "BETWEEN " +
                            value.ToString() + " PRECEDING AND ... for a number of rows"
                      : "write RANGE BETWEEN INTERVAL " + value.ToSQLString() + " PRECEDING AND ...";
  const size_t offset = LeftmostOffset(*finder.bound);
  if (offset != SIZE_MAX) message->offset = offset;
}

bool IsWindowCall(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return false;
  const std::string& name = expression.Cast<duckdb::FunctionExpression>().function_name;
  return name == kTumble || name == kHop || name == kSession;
}

// A window, or its start or end.
bool IsOfWindow(const duckdb::ParsedExpression& expression) {
  if (IsWindowCall(expression)) return true;
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  return call.function_name == "struct_extract" && IsWindowCall(*call.children[0]);
}

// ROWS BETWEEN INTERVAL '5' MINUTE PRECEDING; and RANGE with a length over several columns: DuckDB's exceptions name no
// place inside OVER (...). False if the message is of neither.
bool ExplainFrame(duckdb::QueryNode& node, CleanMessage* message) {
  class Finder final : public TreeVisitor {
   public:
    const duckdb::ParsedExpression* rows = nullptr;    // an interval as the bound of a ROWS frame
    const duckdb::ParsedExpression* second = nullptr;  // the second column of ORDER BY, with a RANGE length
    void OnExpression(unique_ptr<duckdb::ParsedExpression>& expression) override {
      using enum duckdb::WindowBoundary;
      if (expression->GetExpressionClass() != duckdb::ExpressionClass::WINDOW) return;
      const auto& window = expression->Cast<duckdb::WindowExpression>();
      for (const auto& [boundary, length] :
           {std::pair(window.start, window.start_expr.get()), std::pair(window.end, window.end_expr.get())}) {
        if ((boundary == EXPR_PRECEDING_ROWS || boundary == EXPR_FOLLOWING_ROWS) && IsInterval(*length) && !rows)
          rows = length;
        if ((boundary == EXPR_PRECEDING_RANGE || boundary == EXPR_FOLLOWING_RANGE) && window.orders.size() > 1 &&
            !second)
          second = window.orders[1].expression.get();
      }
    }

   private:
    static bool IsInterval(const duckdb::ParsedExpression& length) {
      if (length.GetExpressionClass() == duckdb::ExpressionClass::CONSTANT)
        return length.Cast<duckdb::ConstantExpression>().value.type().id() == duckdb::LogicalTypeId::INTERVAL;
      if (length.GetExpressionClass() == duckdb::ExpressionClass::CAST)
        return length.Cast<duckdb::CastExpression>().cast_type.id() == duckdb::LogicalTypeId::INTERVAL;
      return length.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION &&
             length.Cast<duckdb::FunctionExpression>().function_name.starts_with("to_");
    }
  };
  const bool casts = message->message.find("(INTERVAL -> BIGINT)") != std::string::npos;
  const bool orders = message->message.starts_with("RANGE frames must have only one ORDER BY");
  if (!casts && !orders) return false;
  Finder finder;
  WalkNode(node, finder);
  const duckdb::ParsedExpression* const found = casts ? finder.rows : finder.second;
  if (!found) return false;
  if (casts) {
    message->message = "a ROWS frame counts rows, and an INTERVAL is a length of time";
    message->hint = "write RANGE BETWEEN INTERVAL ... PRECEDING AND CURRENT ROW";
  } else {
    message->message = "a RANGE frame with a length has one column in ORDER BY, the event time";
    message->hint = "remove the further columns, or write ROWS BETWEEN 100 PRECEDING AND CURRENT ROW";
  }
  const size_t offset = LeftmostOffset(*found);
  if (offset != SIZE_MAX) message->offset = offset;
  return true;
}

// window.strat, or window.start where nothing is called window: DuckDB takes `window` for a table.
void ExplainWindowPart(duckdb::QueryNode& node, CleanMessage* message) {
  class Finder final : public TreeVisitor {
   public:
    explicit Finder(size_t offset) : offset_(offset) {}
    std::string name, part;  // of the column at the place
    std::set<std::string> windows;
    void OnExpression(unique_ptr<duckdb::ParsedExpression>& expression) override {
      if (expression->HasAlias() && IsWindowCall(*expression))
        windows.insert(duckdb::StringUtil::Lower(expression->GetAlias()));
      if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return;
      const auto& names = expression->Cast<duckdb::ColumnRefExpression>().column_names;
      if (LeftmostOffset(*expression) != offset_ || names.size() != 2) return;
      name = names[0];
      part = names[1];
    }

   private:
    const size_t offset_;
  };
  if (!message->offset || !message->message.starts_with("referenced table ")) return;
  Finder finder(*message->offset);
  WalkNode(node, finder);
  static const std::set<std::string> kWindows = {"window", "tumble", "hop", "session"};
  const std::string name = duckdb::StringUtil::Lower(finder.name), part = duckdb::StringUtil::Lower(finder.part);
  if (finder.windows.contains(name)) {
    message->message = "the window " + finder.name + " has no " + finder.part + ": its parts are start and end";
    message->hint = "write " + finder.name + ".start or " + finder.name + ".end";
  } else if (kWindows.contains(name) && (name == "window" || part == "start" || part == "end")) {
    const std::string call = name == "session" ? "SESSION(ts, INTERVAL '30 minutes')"
                             : name == "hop"   ? "HOP(ts, INTERVAL '1 minute', INTERVAL '5 minutes')"
                                               : "TUMBLE(ts, INTERVAL '5 minutes')";
    message->message = "no window is named " + finder.name + " here";
    message->hint = "name it in SELECT: " + call + " AS " + finder.name + "; its parts are start and end";
  }
}

// DuckDB takes a name of the SELECT for its expression only if that can be computed anew, and a window's function stays
// where it is. So the name of a window becomes the window. The message: what the binder said; false: it is not of that.
bool ReplaceWindowName(duckdb::QueryNode& node, CleanMessage* message) {
  class Replacer final : public TreeVisitor {
   public:
    explicit Replacer(std::string name) : name_(std::move(name)) {}
    bool replaced = false;
    void LeaveNode(duckdb::QueryNode& node) override {
      if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
      auto& select = node.Cast<duckdb::SelectNode>();
      unique_ptr<duckdb::ParsedExpression> window;
      for (auto& column : select.select_list) {
        if (window) Replace(column, *window);
        if (!window && IsOfWindow(*column) && duckdb::StringUtil::CIEquals(column->GetAlias(), name_)) {
          window = column->Copy();
          window->ClearAlias();
        }
      }
      if (!window) return;
      if (select.qualify) Replace(select.qualify, *window);
    }

   private:
    void Replace(unique_ptr<duckdb::ParsedExpression>& expression, const duckdb::ParsedExpression& window) {
      if (expression->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
        const auto& column = expression->Cast<duckdb::ColumnRefExpression>();
        if (column.IsQualified() || !duckdb::StringUtil::CIEquals(column.GetColumnName(), name_)) return;
        auto copy = window.Copy();
        if (expression->HasAlias()) copy->SetAlias(expression->GetAlias());
        copy->SetQueryLocation(expression->GetQueryLocation());
        expression = std::move(copy);
        replaced = true;
        return;
      }
      duckdb::ParsedExpressionIterator::EnumerateChildren(
          *expression, [&](unique_ptr<duckdb::ParsedExpression>& child) { Replace(child, window); });
      if (expression->GetExpressionClass() == duckdb::ExpressionClass::WINDOW) {
        for (auto& partition : expression->Cast<duckdb::WindowExpression>().partitions) PartitionByEnd(&partition);
      }
    }

    const std::string name_;
  };
  constexpr std::string_view kBegin = "alias \"";
  if (!message->message.starts_with(kBegin) || message->message.find("has side effects") == std::string::npos)
    return false;
  const std::string name =
      message->message.substr(kBegin.size(), message->message.find('"', kBegin.size()) - kBegin.size());
  Replacer replacer(name);
  WalkNode(node, replacer);
  if (replacer.replaced) return true;
  message->message = name + " is computed of a window, or anew for every use: its name cannot stand here";
  message->hint = "write the expression itself; in WHERE filter the event time";
  if (!message->offset) message->offset = OffsetOfColumn(node, name);
  return false;
}

// GROUP BY window_start where nothing in SELECT is called so.
void ExplainMissingWindow(CleanMessage* message) {
  for (const std::string name : {"window_start", "window_end", "window"}) {
    if (message->message != "there is no column " + name) continue;
    message->hint =
        "group by the window itself: GROUP BY TUMBLE(ts, INTERVAL '5 minutes'); TUMBLE_START(ts, INTERVAL "
        "'5 minutes') in SELECT gives its start";
  }
}

// DuckDB's planner wants a statement of its own.
class QueryBinder {
 public:
  QueryBinder(duckdb::ClientContext& context, Query& query, Problems* problems)
      : context_(context), query_(query), problems_(problems) {}

  BoundQuery Bind() {
    duckdb::Planner planner(context_);
    // Where the select list stands, before the binder takes it.
    select_offsets_ = SelectOffsets(*query_.select->node);
    planner.CreatePlan(unique_ptr<duckdb::SQLStatement>(query_.select->Copy()));
    BoundQuery bound;
    bound.names.assign(planner.names.begin(), planner.names.end());
    types_.assign(planner.types.begin(), planner.types.end());
    if (query_.target) {
      if (!FindTargets(bound.names)) return {};
      bound.warnings = OtherOrder(bound.names);
      planner.plan = CastToTarget(*planner.binder, std::move(planner.plan), bound.names);
      if (!planner.plan) return {};
      bound.names.clear();
      for (const TableColumn& column : query_.target->columns) {
        if (!column.generated) bound.names.push_back(column.name);  // the others are computed as the table is read
      }
    }
    bound.plan = Optimize(*planner.binder, context_, std::move(planner.plan));
    bound.plan->ResolveOperatorTypes();
    if (!CheckConstants(*bound.plan)) return {};
    bound.binder = planner.binder;
    return bound;
  }

 private:
  // Offsets of the select list's expressions; empty when they are not one to one with the columns.
  static std::vector<size_t> SelectOffsets(const duckdb::QueryNode& node) {
    std::vector<size_t> offsets;
    if (node.type != duckdb::QueryNodeType::SELECT_NODE) return offsets;
    for (const auto& expression : node.Cast<duckdb::SelectNode>().select_list) {
      if (expression->GetExpressionClass() == duckdb::ExpressionClass::STAR ||
          !expression->GetQueryLocation().IsValid())
        return {};
      offsets.push_back(expression->GetQueryLocation().GetIndex());
    }
    return offsets;
  }

  size_t OffsetOfColumn(size_t i) const {
    return select_offsets_.size() == types_.size() ? select_offsets_[i] : query_.offset;
  }

  // Fills targets_: for each column of the query, the target's column.
  bool FindTargets(const std::vector<std::string>& names) {
    Table& table = *query_.target;
    if (table.columns_from_query && table.columns.empty()) return TakeColumns(names);
    std::vector<NamedOffset> wanted = query_.columns;
    if (query_.by_name) {
      for (size_t i = 0; i < names.size(); i++) wanted.push_back({names[i], OffsetOfColumn(i)});
    }
    if (wanted.empty()) {
      for (size_t i = 0; i < table.columns.size(); i++) {
        if (!table.columns[i].generated) targets_.push_back(i);
      }
    } else if (!FindNamed(wanted)) {
      return false;
    }
    if (targets_.size() == types_.size()) return true;
    const std::string columns = table.name + " takes " + Count(targets_.size(), "column") + ", the query gives " +
                                std::to_string(types_.size());
    problems_->Add(query_.target_offset, "table " + columns, MissingOrExtra(names));
    return false;
  }

  // Columns go by place, whatever they are called. Where all of them are called as the target's columns, in another
  // order, that is hardly meant.
  std::vector<Status> OtherOrder(const std::vector<std::string>& names) const {
    if (query_.by_name || !query_.columns.empty() || targets_.size() != names.size()) return {};
    bool all_named = true, moved = false;
    std::string order;
    for (size_t i = 0; i < names.size(); i++) {
      const TableColumn* const same = query_.target->FindColumn(names[i]);
      all_named = all_named && same != nullptr;
      moved = moved || same != &query_.target->columns[targets_[i]];
      order += (i > 0 ? ", " : "") + query_.target->columns[targets_[i]].name;
    }
    if (!all_named || !moved) return {};
    return {Status::User("the query's columns are called as those of table " + query_.target->name +
                             ", in another order, and go by their place: " + order,
                         "write INSERT INTO " + query_.target->name + " BY NAME, or give them that order")
                .At(problems_->At(query_.target_offset))};
  }

  bool FindNamed(const std::vector<NamedOffset>& wanted) {
    Table& table = *query_.target;
    bool good = true;
    for (const NamedOffset& column : wanted) {
      const TableColumn* found = table.FindColumn(column.name);
      if (!found || found->generated) {
        const std::vector<std::string> names = table.ColumnNames();
        problems_->Add(column.offset,
                       found ? "column " + column.name + " is generated: nothing can be inserted into it"
                             : "table " + table.name + " has no column " + column.name,
                       found ? "" : DidYouMean(column.name, names));
        good = false;
        continue;
      }
      const auto index = static_cast<size_t>(found - table.columns.data());
      if (std::find(targets_.begin(), targets_.end(), index) != targets_.end()) {
        problems_->Add(column.offset, "column " + column.name + " is inserted twice");
        good = false;
      }
      targets_.push_back(index);
    }
    return good;
  }

  static std::string Count(size_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  }

  std::string MissingOrExtra(const std::vector<std::string>& names) const {
    const Table& table = *query_.target;
    if (types_.size() < targets_.size()) {
      std::string hint = "no value for ";
      for (size_t i = types_.size(); i < targets_.size(); i++)
        hint += (i > types_.size() ? ", " : "") + table.columns[targets_[i]].name;
      return hint + "; name the columns that you insert: INSERT INTO " + table.name + " (...)";
    }
    std::string hint = "no column for ";
    for (size_t i = targets_.size(); i < types_.size(); i++) hint += (i > targets_.size() ? ", " : "") + names[i];
    return hint;
  }

  // A sink without a column list takes those of the first query.
  bool TakeColumns(const std::vector<std::string>& names) {
    Table& table = *query_.target;
    for (size_t i = 0; i < names.size(); i++) {
      if (table.FindColumn(names[i])) {
        problems_->Add(OffsetOfColumn(i),
                       "the query gives two columns named " + names[i] + ", and table " + table.name +
                           " takes its columns from it",
                       "rename one with AS");
        table.columns.clear();
        return false;
      }
      TableColumn column;
      column.name = names[i];
      column.type = types_[i].id() == duckdb::LogicalTypeId::SQLNULL ? duckdb::LogicalType(duckdb::LogicalType::VARCHAR)
                                                                     : types_[i];
      column.offset = OffsetOfColumn(i);
      table.columns.push_back(std::move(column));
      targets_.push_back(i);
    }
    return true;
  }

  // One projection over `plan` that yields the target's columns: cast, and NULL where the INSERT gives none.
  unique_ptr<duckdb::LogicalOperator> CastToTarget(duckdb::Binder& binder, unique_ptr<duckdb::LogicalOperator> plan,
                                                   const std::vector<std::string>& names) {
    const Table& table = *query_.target;
    plan->ResolveOperatorTypes();
    const auto bindings = plan->GetColumnBindings();
    duckdb::vector<unique_ptr<duckdb::Expression>> columns;
    bool good = true;
    for (size_t i = 0; i < table.columns.size(); i++) {
      const TableColumn& column = table.columns[i];
      if (column.generated) continue;
      const auto source = std::find(targets_.begin(), targets_.end(), i);
      if (source == targets_.end()) {
        if (column.not_null) {
          problems_->Add(
              query_.target_offset,
              "column " + column.name + " of " + table.name + " is NOT NULL, and the INSERT gives it no value",
              "add it to the column list");
          good = false;
        }
        columns.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(column.type)));
      } else {
        const auto index = static_cast<size_t>(source - targets_.begin());
        auto value = CastColumn(index, bindings[index], column, names[index]);
        good = good && value;
        columns.push_back(std::move(value));
      }
      if (columns.back()) columns.back()->SetAlias(column.name);
    }
    if (!good) return nullptr;
    auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(binder.GenerateTableIndex(), std::move(columns));
    projection->children.push_back(std::move(plan));
    return projection;
  }

  unique_ptr<duckdb::Expression> CastColumn(size_t index, duckdb::ColumnBinding binding, const TableColumn& column,
                                            const std::string& name) {
    unique_ptr<duckdb::Expression> value =
        duckdb::make_uniq<duckdb::BoundColumnRefExpression>(name, types_[index], binding);
    if (select_offsets_.size() == types_.size()) value->SetQueryLocation(select_offsets_[index]);
    if (types_[index] == column.type) return value;
    if (!CanCast(types_[index], column.type)) {
      problems_->Add(OffsetOfColumn(index),
                     name + " is " + types_[index].ToString() + ", and column " + column.name + " of " +
                         query_.target->name + " is " + column.type.ToString(),
                     "convert it, or change the column's type");
      return nullptr;
    }
    return duckdb::BoundCastExpression::AddCastToType(context_, std::move(value), column.type);
  }

  // Whether DuckDB has a cast at all; one that can fail on some values is left to run time.
  bool CanCast(const duckdb::LogicalType& from, const duckdb::LogicalType& to) {
    if (from.id() == duckdb::LogicalTypeId::SQLNULL) return true;
    auto& casts = duckdb::CastFunctionSet::Get(context_);
    duckdb::GetCastFunctionInput input(context_);
    try {
      const duckdb::BoundCastInfo cast = casts.GetCastFunction(from, to, input);
      return cast.function != duckdb::DefaultCasts::TryVectorNullCast;
    } catch (const duckdb::Exception&) {
      return false;
    }
  }

  // The optimiser has folded every constant that it could: a cast of one that is still there fails on every row.
  bool CheckConstants(duckdb::LogicalOperator& op) {
    bool good = true;
    for (const auto& expression : op.expressions) good = CheckConstants(*expression) && good;
    for (const auto& child : op.children) good = CheckConstants(*child) && good;
    return good;
  }

  bool CheckConstants(const duckdb::Expression& expression) {
    if (expression.GetExpressionType() == duckdb::ExpressionType::OPERATOR_TRY) return true;
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
      const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
      if (!cast.try_cast && cast.child->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT) {
        try {
          duckdb::ExpressionExecutor::EvaluateScalar(context_, cast, true);
        } catch (const std::exception& exception) {
          const auto location =
              cast.child->GetQueryLocation().IsValid() ? cast.child->GetQueryLocation() : cast.GetQueryLocation();
          CleanMessage clean = CleanDuckMessage(exception);
          ExplainFrame(*query_.select->node, &clean);
          problems_->AddMessage(std::move(clean), nullptr, location.IsValid() ? location.GetIndex() : query_.offset);
          return false;
        }
      }
    }
    bool good = true;
    duckdb::ExpressionIterator::EnumerateChildren(
        expression, [&](const duckdb::Expression& child) { good = CheckConstants(child) && good; });
    return good;
  }

  duckdb::ClientContext& context_;
  Query& query_;
  Problems* const problems_;
  std::vector<size_t> select_offsets_;
  std::vector<duckdb::LogicalType> types_;  // of the query's columns
  std::vector<size_t> targets_;             // of the query's columns: indexes of the target's
};

}  // namespace

BoundQuery BindQuery(duckdb::ClientContext& context, Query& query, Problems* problems) {
  const size_t before = problems->size();
  BoundQuery bound;
  // The binder stops at its first error. To find the others, what it complains of becomes NULL, and it starts again.
  for (size_t attempt = 0; attempt < kMostErrorsOfAQuery; attempt++) {
    try {
      context.RunFunctionInTransaction([&] { bound = QueryBinder(context, query, problems).Bind(); });
      break;
    } catch (const std::exception& exception) {
      CleanMessage clean = CleanDuckMessage(exception);
      std::optional<size_t> offset = clean.offset;
      constexpr std::string_view kNoColumn = "there is no column ";
      if (!offset && clean.message.starts_with(kNoColumn))
        offset = OffsetOfColumn(*query.select->node, clean.message.substr(kNoColumn.size()));
      clean.offset = offset;
      ExplainMissingWindow(&clean);
      ExplainRangeBound(*query.select->node, &clean);
      const bool is_frame = ExplainFrame(*query.select->node, &clean);
      ExplainWindowPart(*query.select->node, &clean);
      if (ReplaceWindowName(*query.select->node, &clean)) continue;
      offset = clean.offset;
      // A column that became NULL above.
      if (attempt > 0 && clean.message.starts_with("ORDER BY non-integer literal")) break;
      // So did its argument: a function that has no form for NULL.
      const bool of_null = problems->size() > before && clean.message.find("\"NULL\"") != std::string::npos;
      if (!of_null) problems->AddMessage(std::move(clean), nullptr, query.offset);
      if (is_frame || !offset || !ReplaceByNull(*query.select->node, *offset)) break;
    }
  }
  if (problems->size() > before) return {};
  return bound;
}

}  // namespace laminar::sql
