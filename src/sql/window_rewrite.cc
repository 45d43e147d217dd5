#include "sql/window_rewrite.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/result_modifier.hpp"

#include "sql/functions.h"
#include "sql/time_span.h"
#include "sql/tree.h"
#include "sql/window_function.h"

namespace laminar::sql {
namespace {

using duckdb::ExpressionClass;
using duckdb::FunctionExpression;
using duckdb::ParsedExpression;
using duckdb::StringUtil;
using duckdb::unique_ptr;
using Pointer = unique_ptr<ParsedExpression>;

enum class Part { kWhole, kStart, kEnd };

bool IsFunction(const ParsedExpression& expression, const char* name) {
  return expression.GetExpressionClass() == ExpressionClass::FUNCTION &&
         expression.Cast<FunctionExpression>().function_name == name;
}

// tumble(...), hop(...), session(...) after the rewriting.
bool IsWindow(const ParsedExpression& expression) {
  return IsFunction(expression, kTumble) || IsFunction(expression, kHop) || IsFunction(expression, kSession);
}

// The window that the expression is, or whose start or end it is; nullptr.
const ParsedExpression* WindowOf(const ParsedExpression& expression) {
  if (IsWindow(expression)) return &expression;
  if (!IsFunction(expression, "struct_extract")) return nullptr;
  const ParsedExpression& of = *expression.Cast<FunctionExpression>().children[0];
  return IsWindow(of) ? &of : nullptr;
}

void FindWindows(const ParsedExpression& expression, std::vector<const ParsedExpression*>* found) {
  if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY) return;
  if (IsWindow(expression)) {
    found->push_back(&expression);
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { FindWindows(child, found); });
}

Pointer Bound(Pointer window, Part part) {
  if (part == Part::kWhole) return window;
  const auto location = window->GetQueryLocation();
  duckdb::vector<Pointer> arguments;
  arguments.push_back(std::move(window));
  arguments.push_back(
      duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(part == Part::kEnd ? "end" : "start")));
  auto bound = duckdb::make_uniq<FunctionExpression>("struct_extract", std::move(arguments));
  bound->SetQueryLocation(location);
  return bound;
}

// Whether two times are the same column, written with or without its table, or one of them is left to the stream.
bool SameTime(const ParsedExpression& a, const ParsedExpression& b) {
  if (a.Equals(b) || IsFunction(a, kEventTime) || IsFunction(b, kEventTime)) return true;
  if (a.GetExpressionClass() != ExpressionClass::COLUMN_REF || b.GetExpressionClass() != ExpressionClass::COLUMN_REF)
    return false;
  const auto& x = a.Cast<duckdb::ColumnRefExpression>();
  const auto& y = b.Cast<duckdb::ColumnRefExpression>();
  return (!x.IsQualified() || !y.IsQualified()) && StringUtil::CIEquals(x.GetColumnName(), y.GetColumnName());
}

bool SameWindow(const ParsedExpression& a, const ParsedExpression& b) {
  const auto& x = a.Cast<FunctionExpression>();
  const auto& y = b.Cast<FunctionExpression>();
  if (x.function_name != y.function_name || x.children.size() != y.children.size()) return false;
  for (size_t i = 1; i < x.children.size(); i++) {
    if (!x.children[i]->Equals(*y.children[i])) return false;
  }
  return SameTime(*x.children[0], *y.children[0]);
}

// TUMBLE(ts, INTERVAL '5 minutes'): as a user would write it.
std::string TextOf(const ParsedExpression& window) {
  const auto& call = window.Cast<FunctionExpression>();
  std::vector<std::string> arguments;
  for (size_t i = 1; i < call.children.size(); i++) {
    const auto interval = call.children[i]->Cast<duckdb::ConstantExpression>().value.GetValue<duckdb::interval_t>();
    arguments.push_back(IntervalText({interval.months, interval.micros}));
  }
  if (call.function_name == kHop) std::swap(arguments[0], arguments[1]);
  std::string text = StringUtil::Upper(call.function_name) + "(";
  if (!IsFunction(*call.children[0], kEventTime)) text += call.children[0]->ToString() + ", ";
  for (size_t i = 0; i < arguments.size(); i++) text += (i > 0 ? ", " : "") + arguments[i];
  return text + ")";
}

class SelectRewriter {
 public:
  SelectRewriter(duckdb::ClientContext& context, std::span<const Token> tokens, Problems* problems)
      : context_(context), tokens_(tokens), problems_(problems) {}

  void Rewrite(duckdb::SelectNode& select) {
    const size_t before = problems_->size();
    if (select.where_clause) RefuseInWhere(*select.where_clause);
    ForEach(select, [&](Pointer& expression, bool in_select) { RewriteCalls(expression, in_select); });
    ReadAliases(select);
    if (problems_->size() > before) return;
    ForEach(select, [&](Pointer& expression, bool) { RewriteBounds(expression); });
    ForEach(select, [&](Pointer& expression, bool) { RewritePartitions(expression); });
    GroupByAll(select);
    RewriteGroups(select);
    if (problems_->size() > before) return;
    ForEach(select, [&](Pointer& expression, bool) { NameWindowOfGroups(expression); });
    CheckUses(select);
  }

 private:
  // Every expression of the SELECT but WHERE.
  template <class Visit>
  static void ForEach(duckdb::SelectNode& select, Visit visit) {
    for (Pointer& expression : select.select_list) visit(expression, true);
    for (Pointer& expression : select.groups.group_expressions) visit(expression, false);
    if (select.having) visit(select.having, false);
    if (select.qualify) visit(select.qualify, false);
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(
        select, [&](Pointer& expression) { visit(expression, false); });
  }

  size_t At(const ParsedExpression& expression) const {
    const size_t offset = LeftmostOffset(expression);
    return offset != SIZE_MAX ? offset : tokens_.empty() ? 0 : tokens_.front().begin;
  }

  static bool IsWindowing(const ParsedExpression& expression, std::string* name) {
    if (expression.GetExpressionClass() != ExpressionClass::FUNCTION) return false;
    *name = StringUtil::Lower(expression.Cast<FunctionExpression>().function_name);
    for (const std::string_view window : {"tumble", "hop", "session"}) {
      if (*name == window || *name == std::string(window) + "_start" || *name == std::string(window) + "_end")
        return true;
    }
    return false;
  }

  void RefuseInWhere(const ParsedExpression& expression) {
    std::string name;
    if (IsWindowing(expression, &name) || name == "window_start" || name == "window_end") {
      problems_->Add(At(expression),
                     StringUtil::Upper(name) +
                         "() cannot stand in WHERE, which looks at single rows before they are "
                         "grouped",
                     "filter the event time itself in WHERE, or the window in HAVING");
      return;
    }
    if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY) return;
    duckdb::ParsedExpressionIterator::EnumerateChildren(expression,
                                                        [&](const ParsedExpression& child) { RefuseInWhere(child); });
  }

  // TUMBLE(...) and its like, wherever they stand.
  void RewriteCalls(Pointer& expression, bool is_column) {
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) return;
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression,
                                                        [&](Pointer& child) { RewriteCalls(child, false); });
    RewriteField(expression, is_column);
    std::string name;
    if (!IsWindowing(*expression, &name)) return;
    Part part = Part::kWhole;
    if (name.ends_with("_start")) part = Part::kStart;
    if (name.ends_with("_end")) part = Part::kEnd;
    Pointer window = MakeWindow(expression->Cast<FunctionExpression>(), name.substr(0, name.find('_')));
    if (!window) return;
    std::string alias = expression->HasAlias() ? expression->GetAlias() : "";
    if (alias.empty() && is_column)
      alias = part == Part::kStart ? "window_start" : part == Part::kEnd ? "window_end" : "window";
    expression = Bound(std::move(window), part);
    if (!alias.empty()) expression->SetAlias(alias);
  }

  // OVER (PARTITION BY TUMBLE(...)): rows of equal window have an equal end, which is an event time.
  static void RewritePartitions(Pointer& expression) {
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) return;
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, [](Pointer& child) { RewritePartitions(child); });
    if (expression->GetExpressionClass() != ExpressionClass::WINDOW) return;
    for (Pointer& partition : expression->Cast<duckdb::WindowExpression>().partitions) PartitionByEnd(&partition);
  }

  // TUMBLE(...).start
  static void RewriteField(Pointer& expression, bool is_column) {
    if (expression->GetExpressionType() != duckdb::ExpressionType::STRUCT_EXTRACT) return;
    auto& children = expression->Cast<duckdb::OperatorExpression>().children;
    if (!IsWindow(*children[0]) || children[1]->GetExpressionClass() != ExpressionClass::CONSTANT) return;
    const std::string field = StringUtil::Lower(children[1]->Cast<duckdb::ConstantExpression>().value.ToString());
    if (field != "start" && field != "end") return;
    const std::string alias = expression->HasAlias() ? expression->GetAlias() : is_column ? field : "";
    children[0]->ClearAlias();
    expression = Bound(std::move(children[0]), field == "end" ? Part::kEnd : Part::kStart);
    if (!alias.empty()) expression->SetAlias(alias);
  }

  // name: tumble, hop or session. nullptr: a problem has been added.
  Pointer MakeWindow(FunctionExpression& call, const std::string& name) {
    const std::string upper = StringUtil::Upper(name);
    auto& children = call.children;
    const bool names_time = !children.empty() && HasColumn(*children[0]);
    const size_t first = names_time ? 1 : 0;
    const size_t needed = name == kHop ? 2 : 1, most = name == kSession ? 1 : needed + 1;
    const std::string form = name == kHop       ? "HOP(ts, INTERVAL '1 minute', INTERVAL '5 minutes')"
                             : name == kSession ? "SESSION(ts, INTERVAL '30 minutes')"
                                                : "TUMBLE(ts, INTERVAL '5 minutes')";
    if (call.distinct || call.filter || !call.order_bys->orders.empty()) {
      problems_->Add(At(call), upper + "() is no aggregate: it takes no DISTINCT, FILTER or ORDER BY", "write " + form);
      return nullptr;
    }
    static const std::vector<std::string> kOfHop = {"slide", "size", "offset"}, kOfTumble = {"size", "offset"},
                                          kOfSession = {"gap"};
    const auto& names = name == kHop ? kOfHop : name == kSession ? kOfSession : kOfTumble;
    if (!PutInPlace(call, first, names, upper, form)) return nullptr;
    if (children.size() < first + needed) {
      const std::string missing = name == kHop       ? "the slide and the size of its windows"
                                  : name == kSession ? "the gap that ends a session"
                                                     : "the size of its windows";
      problems_->Add(At(call), upper + "() does not say " + missing, "write " + form);
      return nullptr;
    }
    if (children.size() > first + most) {
      problems_->Add(At(call), upper + "() takes " + std::to_string(most + 1) + " arguments at most", "write " + form);
      return nullptr;
    }
    if (!names_time && std::any_of(children.begin(), children.end(), [](const Pointer& c) { return HasColumn(*c); })) {
      problems_->Add(At(call), "the column of " + upper + "() comes first, then the lengths of time", "write " + form);
      return nullptr;
    }
    std::vector<TimeSpan> spans;
    for (size_t i = first; i < children.size(); i++) {
      const std::string what = "the " + names[i - first] + " of " + upper;
      const auto span = ReadTimeSpan(context_, *children[i], what, At(call), problems_);
      if (!span || !CheckSpan(*span, what, i - first == needed, At(*children[i]), At(call))) return nullptr;
      spans.push_back(*span);
    }
    if (!CheckTogether(name, spans, At(call))) return nullptr;
    if (name == kHop) std::swap(spans[0], spans[1]);
    if (spans.size() > needed) Normalise(&spans.back(), name == kHop ? spans[1] : spans[0]);
    if (spans.size() > needed && spans.back().months == 0 && spans.back().micros == 0) spans.pop_back();
    duckdb::vector<Pointer> arguments;
    arguments.push_back(names_time ? std::move(children[0])
                                   : duckdb::make_uniq<FunctionExpression>(kEventTime, duckdb::vector<Pointer>()));
    if (!names_time) arguments[0]->SetQueryLocation(call.GetQueryLocation());
    for (const TimeSpan& span : spans) arguments.push_back(MakeInterval(span));
    auto window = duckdb::make_uniq<FunctionExpression>(name, std::move(arguments));
    window->SetQueryLocation(call.GetQueryLocation());
    return window;
  }

  // Arguments by name, `size => INTERVAL '5 minutes'`, which the parser takes for an alias: puts those behind the first
  // `first` into the places of their names. Those that are missing at the end are; one that is missing in between, or
  // that no window has, is a problem.
  bool PutInPlace(FunctionExpression& call, size_t first, const std::vector<std::string>& names,
                  const std::string& upper, const std::string& form) {
    auto& children = call.children;
    const auto is_named = [](const Pointer& child) { return child->HasAlias(); };
    if (std::none_of(children.begin(), children.end(), is_named)) return true;
    const auto complain = [&](const Pointer& at, const std::string& what) {
      const size_t offset = LeftmostOffset(*at);
      problems_->Add(offset == SIZE_MAX ? At(call) : offset, what, "write " + form);
      return false;
    };
    std::string all;
    for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
    std::vector<std::optional<size_t>> places(names.size());  // of children
    bool by_name = false;
    for (size_t i = 0; i < children.size(); i++) {
      if (i < first && !is_named(children[i])) continue;
      by_name = by_name || is_named(children[i]);
      if (by_name && !is_named(children[i]))
        return complain(children[i], "an argument of " + upper + "() without a name stands behind one with a name");
      size_t place = i - first;
      if (by_name) {
        const std::string given = StringUtil::Lower(children[i]->GetAlias());
        place = static_cast<size_t>(std::find(names.begin(), names.end(), given) - names.begin());
        if (place == names.size())
          return complain(children[i], upper + "() has no argument " + children[i]->GetAlias() + ": it has " + all);
      }
      if (place >= places.size()) return true;  // too many: said elsewhere
      if (places[place]) return complain(children[i], upper + "() is given its " + names[place] + " twice");
      places[place] = i;
    }
    duckdb::vector<Pointer> ordered;
    for (size_t i = 0; i < first; i++) ordered.push_back(children[i]->Copy());
    for (size_t i = 0; i < places.size(); i++) {
      if (places[i]) {
        if (ordered.size() < first + i) {
          problems_->Add(At(call), upper + "() does not say its " + names[ordered.size() - first], "write " + form);
          return false;
        }
        ordered.push_back(children[*places[i]]->Copy());
        ordered.back()->ClearAlias();
      }
    }
    children = std::move(ordered);
    return true;
  }

  bool CheckSpan(const TimeSpan& span, const std::string& what, bool is_offset, size_t offset, size_t fallback) {
    if (offset == SIZE_MAX) offset = fallback;
    if (is_offset) return true;
    if (span.months > 0 || span.micros > 0) return true;
    const bool zero = span.months == 0 && span.micros == 0;
    problems_->Add(offset, what + (zero ? " is zero" : " is negative"), "write a length of time: INTERVAL '5 minutes'");
    return false;
  }

  // lengths: as written.
  bool CheckTogether(const std::string& name, const std::vector<TimeSpan>& lengths, size_t offset) {
    if (name == kSession) {
      if (lengths[0].months == 0) return true;
      problems_->Add(offset, "the gap of SESSION is in months, which differ in length", "write it in days or hours");
      return false;
    }
    const TimeSpan& grid = lengths[0];  // the slide of a hop
    if (name == kHop) {
      const TimeSpan& size = lengths[1];
      if ((grid.months != 0) != (size.months != 0)) {
        problems_->Add(offset,
                       "the slide and the size of HOP are of different kinds: months and hours have no common "
                       "measure",
                       "give both in months and years, or both in days, hours, minutes and seconds");
        return false;
      }
      if (grid.months > size.months || grid.micros > size.micros) {
        problems_->Add(offset, "the slide of HOP is longer than its size: rows between two windows would be in none",
                       "the slide comes first: HOP(ts, slide, size)");
        return false;
      }
      constexpr int64_t kMostWindows = 100'000;
      if ((grid.micros > 0 && size.micros / grid.micros > kMostWindows)) {
        problems_->Add(offset, "a row would be in " + std::to_string(size.micros / grid.micros) + " windows of HOP",
                       "make the slide longer: at most " + std::to_string(kMostWindows) + " windows overlap");
        return false;
      }
    }
    if (lengths.size() > (name == kHop ? 2U : 1U)) {
      const TimeSpan& shift = lengths.back();
      if (grid.months == 0 && shift.months != 0) {
        problems_->Add(offset, "the offset of " + StringUtil::Upper(name) + " is in months, its windows are not",
                       "write it in days or hours");
        return false;
      }
    }
    return true;
  }

  // An offset of whole windows is none.
  static void Normalise(TimeSpan* offset, const TimeSpan& grid) {
    if (grid.micros > 0) {
      offset->micros %= grid.micros;
      if (offset->micros < 0) offset->micros += grid.micros;
    } else if (offset->months != 0) {
      offset->months %= grid.months;
      if (offset->months < 0) offset->months += grid.months;
    }
  }

  // SELECT entries that are windows, or their start or end, by the names that the user gave them.
  void ReadAliases(const duckdb::SelectNode& select) {
    for (const Pointer& expression : select.select_list) {
      if (!expression->HasAlias()) continue;
      if (WindowOf(*expression)) aliases_[StringUtil::Lower(expression->GetAlias())] = expression.get();
    }
  }

  const ParsedExpression* Aliased(const std::string& name) const {
    const auto found = aliases_.find(StringUtil::Lower(name));
    return found == aliases_.end() ? nullptr : found->second;
  }

  // window.start, where `window` is a column of this SELECT.
  void RewriteBounds(Pointer& expression) {
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) return;
    if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
      const auto& column = expression->Cast<duckdb::ColumnRefExpression>();
      if (column.column_names.size() != 2) return;
      const ParsedExpression* window = Aliased(column.column_names[0]);
      const std::string part = StringUtil::Lower(column.column_names[1]);
      if (!window || !IsWindow(*window) || (part != "start" && part != "end")) return;
      std::string alias = expression->HasAlias() ? expression->GetAlias() : part;
      const auto location = expression->GetQueryLocation();
      auto copy = window->Copy();
      copy->ClearAlias();
      expression = Bound(std::move(copy), part == "end" ? Part::kEnd : Part::kStart);
      expression->SetAlias(alias);
      expression->SetQueryLocation(location);
      return;
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, [&](Pointer& child) { RewriteBounds(child); });
  }

  bool HasAggregate(const ParsedExpression& expression) const {
    if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY ||
        expression.GetExpressionClass() == ExpressionClass::WINDOW)
      return false;
    bool found = expression.GetExpressionClass() == ExpressionClass::FUNCTION &&
                 Classify(context_, expression.Cast<FunctionExpression>().function_name) == FunctionClass::kAggregate;
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](const ParsedExpression& child) { found = found || HasAggregate(child); });
    return found;
  }

  // GROUP BY ALL with windows: the groups are written out, with the window in the place of what is computed of it.
  void GroupByAll(duckdb::SelectNode& select) {
    if (select.aggregate_handling != duckdb::AggregateHandling::FORCE_AGGREGATES) return;
    duckdb::vector<Pointer> groups;
    bool windows = false;
    for (const Pointer& expression : select.select_list) {
      if (expression->GetExpressionClass() == ExpressionClass::STAR) return;
      if (HasAggregate(*expression)) continue;
      std::vector<const ParsedExpression*> found;
      FindWindows(*expression, &found);
      for (const ParsedExpression* window : found) groups.push_back(window->Copy());
      windows = windows || !found.empty();
      if (found.empty()) groups.push_back(expression->Copy());
      groups.back()->ClearAlias();
    }
    if (!windows) return;
    select.aggregate_handling = duckdb::AggregateHandling::STANDARD_HANDLING;
    duckdb::GroupingSet all;
    for (size_t i = 0; i < groups.size(); i++) all.insert(i);
    select.groups.group_expressions = std::move(groups);
    select.groups.grouping_sets = {std::move(all)};
  }

  // What a group expression stands for: itself, or a column of the SELECT by position or name.
  const ParsedExpression& Meant(const duckdb::SelectNode& select, const ParsedExpression& group) const {
    if (group.GetExpressionClass() == ExpressionClass::CONSTANT) {
      const auto& value = group.Cast<duckdb::ConstantExpression>().value;
      if (value.type().IsIntegral() && !value.IsNull()) {
        const auto position = value.GetValue<int64_t>();
        if (position >= 1 && position <= static_cast<int64_t>(select.select_list.size()))
          return *select.select_list[static_cast<size_t>(position) - 1];
      }
    } else if (group.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
      const auto& column = group.Cast<duckdb::ColumnRefExpression>();
      if (const auto* aliased = column.IsQualified() ? nullptr : Aliased(column.GetColumnName())) return *aliased;
    }
    return group;
  }

  void RewriteGroups(duckdb::SelectNode& select) {
    for (Pointer& group : select.groups.group_expressions) {
      const ParsedExpression& meant = Meant(select, *group);
      const ParsedExpression* window = WindowOf(meant);
      if (!window) {
        RefuseComputed(meant, *group);
        continue;
      }
      const size_t offset = At(*group);
      Pointer copy = window->Copy();
      copy->ClearAlias();
      if (window_ && !SameWindow(*window_, *copy)) {
        problems_->Add(offset == SIZE_MAX ? At(*copy) : offset,
                       "GROUP BY has two different windows: " + TextOf(*window_) + " and " + TextOf(*copy),
                       "keep one; windows of windows are a query over a subquery that has the smaller ones");
        return;
      }
      if (window_) {
        group.reset();
        continue;
      }
      window_ = copy->Copy();
      group = std::move(copy);
    }
    DropEmptyGroups(&select.groups);
  }

  // A window that is there twice (its start and its end) is one group. Several grouping sets are refused later.
  static void DropEmptyGroups(duckdb::GroupByNode* groups) {
    duckdb::vector<Pointer> kept;
    for (Pointer& group : groups->group_expressions) {
      if (group) kept.push_back(std::move(group));
    }
    const bool same = kept.size() == groups->group_expressions.size();
    groups->group_expressions = std::move(kept);
    if (same) return;
    duckdb::GroupingSet all;
    for (size_t i = 0; i < groups->group_expressions.size(); i++) all.insert(i);
    groups->grouping_sets = {std::move(all)};
  }

  // GROUP BY date_trunc('hour', TUMBLE_START(...))
  void RefuseComputed(const ParsedExpression& meant, const ParsedExpression& group) {
    std::vector<const ParsedExpression*> found;
    FindWindows(meant, &found);
    if (found.empty()) return;
    problems_->Add(At(group), "GROUP BY takes the window itself, not something computed of it: " + TextOf(*found[0]),
                   "GROUP BY " + TextOf(*found[0]) + ", and compute in SELECT");
  }

  // window_start(), window_end(); and the same window written differently: as the one in GROUP BY.
  void NameWindowOfGroups(Pointer& expression) {
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) return;
    if (IsWindow(*expression)) {
      if (!window_ || !SameWindow(*window_, *expression)) return;
      Replace(expression, window_->Copy());
      return;
    }
    if (expression->GetExpressionClass() == ExpressionClass::FUNCTION) {
      const std::string name = StringUtil::Lower(expression->Cast<FunctionExpression>().function_name);
      if (name == "window_start" || name == "window_end") {
        if (!window_) {
          problems_->Add(At(*expression), name + "() needs a window in GROUP BY",
                         "add GROUP BY TUMBLE(ts, INTERVAL '5 minutes')");
          return;
        }
        Replace(expression, Bound(window_->Copy(), name == "window_end" ? Part::kEnd : Part::kStart));
        if (!expression->HasAlias()) expression->SetAlias(name);
        return;
      }
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression,
                                                        [&](Pointer& child) { NameWindowOfGroups(child); });
  }

  static void Replace(Pointer& expression, Pointer by) {
    by->SetQueryLocation(expression->GetQueryLocation());
    if (expression->HasAlias()) {
      by->SetAlias(expression->GetAlias());
    } else {
      by->ClearAlias();
    }
    expression = std::move(by);
  }

  void CheckUses(duckdb::SelectNode& select) {
    std::vector<const ParsedExpression*> used;
    bool aggregates = !select.groups.group_expressions.empty();
    for (const Pointer& expression : select.select_list) {
      FindWindows(*expression, &used);
      aggregates = aggregates || HasAggregate(*expression);
    }
    if (select.having) FindWindows(*select.having, &used);
    for (const ParsedExpression* window : used) {
      if (window_ && window_->Equals(*window)) continue;
      const std::string name = StringUtil::Upper(window->Cast<FunctionExpression>().function_name);
      if (window_) {
        problems_->Add(At(*window),
                       TextOf(*window) + " is another window than the one in GROUP BY, " + TextOf(*window_),
                       "write the same window in both places");
      } else if (aggregates) {
        problems_->Add(At(*window), TextOf(*window) + " is not in GROUP BY", "add it: GROUP BY " + TextOf(*window));
      } else if (!IsFunction(*window, kTumble)) {
        problems_->Add(At(*window),
                       name == "HOP" ? "a row can be in several windows of HOP(): it stands in GROUP BY only"
                                     : "where a session ends is known from the rows after it: SESSION() stands in "
                                       "GROUP BY only",
                       "add GROUP BY " + TextOf(*window) + " and aggregates");
      }
    }
  }

  duckdb::ClientContext& context_;
  const std::span<const Token> tokens_;
  Problems* const problems_;
  std::map<std::string, const ParsedExpression*> aliases_;  // lower case
  Pointer window_;                                          // of GROUP BY
};

class Rewriter final : public TreeVisitor {
 public:
  Rewriter(duckdb::ClientContext& context, std::span<const Token> tokens, Problems* problems)
      : context_(context), tokens_(tokens), problems_(problems) {}

  void EnterNode(duckdb::QueryNode& node) override {
    if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
    SelectRewriter(context_, tokens_, problems_).Rewrite(node.Cast<duckdb::SelectNode>());
  }

 private:
  duckdb::ClientContext& context_;
  const std::span<const Token> tokens_;
  Problems* const problems_;
};

}  // namespace

void PartitionByEnd(Pointer* partition) {
  if (IsFunction(**partition, kTumble)) *partition = Bound(std::move(*partition), Part::kEnd);
}

void RewriteWindows(duckdb::ClientContext& context, duckdb::QueryNode& node, std::span<const Token> tokens,
                    Problems* problems) {
  Rewriter rewriter(context, tokens, problems);
  context.RunFunctionInTransaction([&] { WalkNode(node, rewriter); });
}

}  // namespace laminar::sql
