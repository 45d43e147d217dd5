// Script -> statements and catalogue (statements.cc) -> each query bound and optimised by DuckDB (bind.cc) -> nodes of
// one streaming plan (convert.cc). A source that several queries read is one node with the union of their columns; a
// table that several queries write has one node over the union of their rows.
#include "sql/compiler.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"

#include "sql/bind.h"
#include "sql/convert.h"
#include "sql/event_time.h"
#include "sql/event_times.h"
#include "sql/join_order.h"
#include "sql/known_tables.h"
#include "sql/push_down.h"
#include "sql/rel.h"
#include "sql/resolve.h"
#include "sql/statements.h"
#include "sql/table_options.h"
#include "sql/tokens.h"

namespace laminar::sql {
namespace {

class Compilation {
 public:
  // text: the input's, with the tables that it names.
  Compilation(const ScriptInput& input, TextWithTables text, const Registry& registry, DuckSession* session)
      : input_(input),
        registry_(registry),
        context_(session->context()),
        with_tables_(std::move(text)),
        text_(with_tables_.text),
        problems_(&text_) {}

  CompileResult Run() {
    const Catalogue::Scope scope(context_, &script_.catalogue);
    ReadStatements(input_, text_.text(), context_, registry_, &script_, &problems_);
    if (problems_.size() == 0) CheckVariables();
    if (problems_.size() == 0 && script_.queries.empty()) {
      problems_.Add(text_.text().size(), "the script has no query",
                    "add INSERT INTO sink SELECT ... FROM source, or a SELECT");
    }
    for (Query& view : script_.views) BindQuery(context_, view, &problems_);
    do Plan();
    while (replan_);
    if (problems_.size() > 0) result_.script.reset();
    result_.problems = problems_.Take();
    for (Status& problem : result_.problems) problem = InUsersText(std::move(problem));
    if (result_.script) {
      for (Status& warning : result_.script->warnings) warning = InUsersText(std::move(warning));
    }
    return std::move(result_);
  }

 private:
  // A problem of a known table: the user has not written it, and it has no place in the script.
  Status InUsersText(Status problem) const {
    const int line = problem.position().line;
    const auto of = std::find_if(with_tables_.lines.rbegin(), with_tables_.lines.rend(),
                                 [&](const auto& table) { return line >= table.first; });
    if (with_tables_.lines.empty() || of == with_tables_.lines.rend()) return problem;
    const std::string context = "the table " + of->second + ", which is defined outside of the script";
    return problem.kind() == StatusKind::kUser
               ? Status::User(context + ": " + problem.message(), problem.hint())
               : Status::Environment(context + ": " + problem.message(), problem.hint());
  }

  // A value for a name that the script does not use is a mistyped name.
  void CheckVariables() {
    std::vector<std::string> used;
    for (const Token& token : Tokenize(text_.text())) {
      if (token.kind == TokenKind::kVariable && std::find(used.begin(), used.end(), token.text) == used.end())
        used.push_back(token.text);
    }
    for (const auto& [name, value] : input_.variables) {
      if (std::find(used.begin(), used.end(), name) != used.end()) continue;
      std::string hint = DidYouMean(name, used);
      if (used.empty()) hint = "it has no parameters: leave it out";
      if (!used.empty()) hint += hint.empty() ? "its parameters are " : " Its parameters are ";
      for (size_t i = 0; i < used.size(); i++) hint += (i > 0 ? ", $" : "$") + used[i];
      problems_.Add(Status::User("--set " + name + ": the script does not use $" + name, hint));
    }
  }

  // Binds and converts all queries. replan_: a query has shown the event time of a source that declares none; the plan
  // is made again with what is known now. Each time at least one source gets its event time.
  void Plan() {
    replan_ = false;
    bound_.clear();
    scans_.clear();
    used_columns_.clear();
    writers_.clear();
    nodes_.clear();
    building_.clear();
    broken_.clear();
    for (Query& query : script_.queries) {
      bound_.push_back(BindQuery(context_, query, &problems_));
      scans_.emplace_back();
      if (!bound_.back().plan) continue;
      CollectColumns(*bound_.back().plan, &scans_.back());
      for (const auto& [table, columns] : scans_.back()) used_columns_[table].insert(columns.begin(), columns.end());
    }
    result_.script = std::make_unique<CompiledScript>();
    result_.script->pipeline_name = script_.pipeline_name;
    for (const BoundQuery& bound : bound_) {
      for (const Status& warning : bound.warnings) result_.script->warnings.push_back(warning);
    }
    FindTimed();
    BindTables();
    if (problems_.size() > 0) return;
    try {
      BuildPlan();
    } catch (const Replan&) {
      replan_ = true;
      for (auto& [key, table] : script_.catalogue.tables()) {
        if (table->event_time_traced && !table->computed_time) BindTracedTime(context_, table.get(), &problems_);
      }
      replan_ = problems_.size() == 0;
    }
  }

  // The tables whose rows reach an operator of event time, directly or through streams.
  void FindTimed() {
    timed_.clear();
    std::vector<size_t> open;
    std::set<size_t> seen;
    for (size_t i = 0; i < bound_.size(); i++) {
      if (bound_[i].plan && NeedsEventTime(*bound_[i].plan) && seen.insert(i).second) open.push_back(i);
    }
    while (!open.empty()) {
      const size_t query = open.back();
      open.pop_back();
      for (const auto& [table, columns] : scans_[query]) {
        if (!timed_.insert(table).second) continue;
        for (size_t i = 0; i < script_.queries.size(); i++) {
          const Table* target = script_.queries[i].target;
          if (target && target->name == table && seen.insert(i).second) open.push_back(i);
        }
      }
    }
    for (const std::string& name : timed_) {
      const Table& table = *script_.catalogue.Find(name);
      if (table.kind != TableKind::kConnector) continue;
      for (const std::string& column : ColumnsOfEventTime(table)) used_columns_[name].insert(column);
    }
    for (auto& [name, columns] : used_columns_) {
      const Table& table = *script_.catalogue.Find(name);
      if (!table.computed_time || !columns.contains(table.event_time->column)) continue;
      columns.insert(table.computed_time->columns.begin(), table.computed_time->columns.end());
    }
  }

  void BindTables() {
    for (auto& [key, table] : script_.catalogue.tables()) {
      if (table->kind != TableKind::kConnector || !table->connector) continue;
      if (table->broken && table->columns_from_query) continue;  // its options are what is wrong with it
      const OptionUse use = UseOfTable(*table, &problems_);
      const auto used = used_columns_.find(table->name);
      static const std::set<std::string> kNothing;
      BoundTable bound =
          BindTable(*table, use, used == used_columns_.end() ? &kNothing : &used->second, registry_, &problems_);
      if (!table->is_read && !table->is_written) {
        result_.script->warnings.push_back(Status::User("table " + table->name + " is never used").At(bound.position));
        continue;
      }
      auto& tables = use == OptionUse::kSource ? result_.script->sources : result_.script->sinks;
      tables.emplace(table->name, std::move(bound));
    }
  }

  StreamPlan& plan() { return result_.script->plan; }

  NodeId AddNode(PlanNode node) {
    FindTimes(plan(), &node);
    plan().nodes.push_back(std::move(node));
    return static_cast<NodeId>(plan().nodes.size()) - 1;
  }

  // Targets in the order in which they are first written; a bare SELECT is a target of its own.
  struct Target {
    Table* table = nullptr;
    std::vector<size_t> queries;
  };

  void BuildPlan() {
    targets_.clear();
    std::vector<Target>& targets = targets_;
    for (size_t i = 0; i < script_.queries.size(); i++) {
      Table* const table = script_.queries[i].target;
      const auto same = std::find_if(targets.begin(), targets.end(),
                                     [&](const Target& target) { return table && target.table == table; });
      if (same == targets.end()) {
        targets.push_back({table, {i}});
      } else {
        same->queries.push_back(i);
      }
    }
    for (const Target& target : targets) {
      if (target.table) writers_[target.table->name] = &target;
    }
    for (const Target& target : targets) {
      if (target.table && target.table->kind == TableKind::kStream) {
        NodeOf(target.table->name, target.queries.front());
      } else {
        AddSink(target);
      }
    }
    if (problems_.size() > 0) return;
    CheckJoinOrder(plan(), &problems_);
    DropUnreadSources();
    PushDownFilters(&plan(), &result_.script->sources);
    AddDeadLetters();
  }

  void AddDeadLetters() {
    for (const auto& [name, source] : result_.script->sources) {
      if (source.spec.bad_data != BadDataPolicy::kDeadLetter) continue;
      BoundTable sink = DeadLetterSink(source, registry_, &problems_);
      result_.script->dead_letters[name] = sink.spec.name;
      result_.script->sinks.emplace(sink.spec.name, std::move(sink));
    }
  }

  // What the optimiser found to contribute nothing (WHERE false) is not read.
  void DropUnreadSources() {
    const std::vector<std::string>& read = plan().sources;
    for (auto source = result_.script->sources.begin(); source != result_.script->sources.end();) {
      if (std::find(read.begin(), read.end(), source->first) != read.end()) {
        ++source;
        continue;
      }
      result_.script->warnings.push_back(
          Status::User("no row of table " + source->first + " can pass the queries that read it: it is not read")
              .At(source->second.position));
      result_.script->event_times.erase(source->first);
      source = result_.script->sources.erase(source);
    }
  }

  void AddSink(const Target& target) {
    const std::optional<NodeId> rows = RowsOf(target);
    if (!rows) return;
    std::string name = target.table ? target.table->name : AddTerminal(script_.queries[target.queries.front()], *rows);
    PlanNode node;
    node.op = SinkNode{name};
    node.inputs = {*rows};
    node.schema = plan().nodes[*rows].schema;
    if (target.table) node.schema = BatchSchema(result_.script->sinks.at(name));
    node.position = problems_.At(script_.queries[target.queries.front()].offset);
    plan().sinks.push_back(std::move(name));
    AddNode(std::move(node));
  }

  // All columns of a sink, in the table's order.
  static Schema BatchSchema(const BoundTable& sink) {
    Schema schema = sink.spec.schema;
    for (size_t i = 0; i < sink.spec.metadata.size(); i++)
      schema.insert(schema.begin() + static_cast<std::ptrdiff_t>(sink.spec.metadata[i].index),
                    sink.metadata_columns[i]);
    return schema;
  }

  // The sink of a bare SELECT.
  std::string AddTerminal(const Query& query, NodeId rows) {
    std::string name = "terminal";
    for (int i = 2; script_.catalogue.Find(name) || result_.script->sinks.contains(name); i++)
      name = "terminal_" + std::to_string(i);
    Table table;
    table.name = name;
    table.offset = query.offset;
    table.kind = TableKind::kConnector;
    table.connector = registry_.FindConnector("stdout");
    CHECK_MSG(table.connector != nullptr, "this build has no connector 'stdout'");
    table.format_name = "json";
    table.format = registry_.FindFormat("json");
    table.options.push_back({"connector", "stdout", problems_.At(query.offset)});
    for (const Column& column : plan().nodes[rows].schema) {
      TableColumn copy;
      copy.name = column.name;
      copy.type = *column.type;
      table.columns.push_back(std::move(copy));
    }
    result_.script->sinks.emplace(name, BindTable(table, OptionUse::kSink, nullptr, registry_, &problems_));
    result_.script->prints_to_terminal = true;
    return name;
  }

  // The node whose rows are all that is inserted into the target.
  std::optional<NodeId> RowsOf(const Target& target) {
    PlanNode all;
    for (const size_t i : target.queries) {
      const Query& query = script_.queries[i];
      for (const auto& [table, columns] : scans_[i]) {
        if (!NodeOf(table, i)) return std::nullopt;
      }
      ConvertInput input;
      input.offset = query.offset;
      input.node_of = [&](const std::string& table) { return nodes_.at(table); };
      input.place_of = [&](const std::string& table) { return PlaceOfTable(*query.select->node, table); };
      input.is_bounded = [&](const std::string& table) { return IsBounded(table); };
      input.warnings = &result_.script->warnings;
      input.state_ttl_micros = script_.state_ttl_micros;
      input.catalogue = &script_.catalogue;
      input.keeps_hidden = target.table && target.table->kind == TableKind::kStream;
      const std::optional<NodeId> node = ConvertQuery(context_, bound_[i], input, &plan(), &problems_);
      if (!node) return std::nullopt;
      all.inputs.push_back(*node);
    }
    if (all.inputs.size() == 1) return all.inputs.front();
    ShareHidden(&all.inputs);
    all.op = UnionAllNode{};
    all.schema = plan().nodes[all.inputs.front()].schema;
    for (Column& column : all.schema) column.not_null = false;
    all.position = problems_.At(script_.queries[target.queries.front()].offset);
    return AddNode(std::move(all));
  }

  // Inputs of one union: hidden columns that not all of them have are dropped.
  void ShareHidden(std::vector<NodeId>* inputs) {
    size_t least = SIZE_MAX;
    for (const NodeId input : *inputs) least = std::min(least, plan().nodes[input].schema.size());
    for (NodeId& input : *inputs) {
      if (plan().nodes[input].schema.size() == least) continue;
      PlanNode node;
      node.inputs = {input};
      node.schema = plan().nodes[input].schema;
      node.schema.resize(least);
      node.position = plan().nodes[input].position;
      FilterProjectNode project;
      std::vector<std::unique_ptr<duckdb::Expression>> columns;
      for (size_t i = 0; i < least; i++) {
        const Column& column = node.schema[i];
        columns.push_back(duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.name, *column.type, i));
      }
      project.projections = ExpressionList(std::move(columns));
      node.op = std::move(project);
      input = AddNode(std::move(node));
    }
  }

  NodeId AddSource(const Table& table, const BoundTable& bound) {
    const bool timed = timed_.contains(table.name);
    PlanNode node;
    SourceNode source;
    source.table = table.name;
    node.schema = bound.spec.schema;
    node.schema.insert(node.schema.end(), bound.metadata_columns.begin(), bound.metadata_columns.end());
    for (const MetadataSpec& metadata : bound.metadata)
      source.metadata.push_back({std::string(metadata.name), MakeType(std::string(metadata.type))});
    node.position = bound.position;
    const TableColumn* time = table.event_time ? table.FindColumn(table.event_time->column) : nullptr;
    if (table.computed_time && (timed || used_columns_[table.name].contains(time->name))) {
      const std::string name = table.IsComputedTime(*time) ? time->name : kTimeName;
      if (timed) source.event_time = node.schema.size();
      source.computed = Over(*table.computed_time, node.schema, time->offset);
      node.schema.push_back({name, MakeType(source.computed.type(0)), false});
    } else if (timed && time) {
      source.event_time = IndexOf(node.schema, time->name);
    }
    if (table.bound_watermark && timed)
      source.watermark = Over(*table.bound_watermark, node.schema, table.event_time_offset);
    if (timed && !time && table.uses_arrival) {
      source.adds_arrival = true;
      if (const TableColumn* column = table.FindTimeColumn()) {
        result_.script->warnings.push_back(
            Status::User("windows over " + table.name + " go by the arrival of its records, not by " + column->name,
                         "CREATE TABLE names the event time: WATERMARK FOR " + column->name)
                .At(bound.position));
      }
      source.event_time = node.schema.size();
      node.schema.push_back({kTimeName, MakeType(duckdb::LogicalType::TIMESTAMP), false});
    }
    if (source.event_time) {
      source.adds_order = true;
      node.schema.push_back({kOrderName, MakeType(duckdb::LogicalType::UBIGINT), false});
      EventTime event_time = table.event_time.value_or(EventTime());
      event_time.settings = table.settings;
      source.max_delay_micros = table.settings.max_delay_micros;
      result_.script->event_times[table.name] = std::move(event_time);
    }
    node.op = std::move(source);
    plan().sources.push_back(table.name);
    return AddNode(std::move(node));
  }

  static size_t IndexOf(const Schema& schema, const std::string& column) {
    size_t index = 0;
    while (index < schema.size() && schema[index].name != column) index++;
    CHECK_MSG(index < schema.size(), column.c_str());
    return index;
  }

  ExpressionList Over(const RowExpression& row, const Schema& schema, size_t offset) const {
    auto expression = row.expression->Copy();
    const std::function<void(duckdb::unique_ptr<duckdb::Expression>&)> place =
        [&](duckdb::unique_ptr<duckdb::Expression>& part) {
          if (part->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF) {
            auto& reference = part->Cast<duckdb::BoundReferenceExpression>();
            reference.index = IndexOf(schema, row.columns[reference.index]);
          }
          duckdb::ExpressionIterator::EnumerateChildren(*part, place);
        };
    place(expression);
    std::vector<std::unique_ptr<duckdb::Expression>> list;
    list.push_back(std::move(expression));
    return ExpressionList(std::move(list), {problems_.At(offset)});
  }

  bool IsBounded(const std::string& source) const {
    const BoundTable& table = result_.script->sources.at(source);
    return table.connector->IsBounded(table.spec);
  }

  // Makes sure that nodes_ has the node of a table that query `reader` reads.
  bool NodeOf(const std::string& name, size_t reader) {
    if (nodes_.contains(name)) return true;
    if (broken_.contains(name)) return false;
    const Table& table = *script_.catalogue.Find(name);
    const size_t offset = script_.queries[reader].offset;
    if (table.kind == TableKind::kConnector) {
      nodes_[name] = AddSource(table, result_.script->sources.at(name));
      return true;
    }
    if (!building_.insert(name).second) {
      problems_.Add(offset, "stream " + name + " is computed from itself", "break the circle of INSERT statements");
      return false;
    }
    const auto writer = writers_.find(name);
    if (writer == writers_.end()) {
      problems_.Add(offset, "nothing is inserted into stream " + name,
                    "add INSERT INTO " + name + " SELECT ..., or WITH (connector = ...) to its definition");
      return false;
    }
    const std::optional<NodeId> node = RowsOf(*writer->second);
    building_.erase(name);
    if (!node) {
      broken_.insert(name);
      return false;
    }
    nodes_[name] = *node;
    return true;
  }

  const ScriptInput& input_;
  const Registry& registry_;
  duckdb::ClientContext& context_;
  const TextWithTables with_tables_;
  const ScriptText text_;
  Problems problems_;
  Script script_;
  std::vector<BoundQuery> bound_;      // one a query
  std::vector<ScannedColumns> scans_;  // by each query's plan
  ScannedColumns used_columns_;        // by all of them
  CompileResult result_;
  bool replan_ = false;
  std::set<std::string> timed_;  // tables and streams whose rows reach an operator of event time
  std::vector<Target> targets_;
  std::map<std::string, const Target*> writers_;
  std::map<std::string, NodeId> nodes_;  // of tables and streams
  std::set<std::string> broken_;         // streams whose writers have a problem that is reported already
  std::set<std::string> building_;       // streams whose writers are being converted
};

}  // namespace

CompileResult Compile(const ScriptInput& input, const Registry& registry, DuckSession* session) {
  duckdb::Connection& connection = session->connection();
  if (!connection.IsAutoCommit()) connection.Rollback();
  Result<TextWithTables> text = WithKnownTables(input);
  if (!text.ok()) return {nullptr, {text.status()}};
  CompileResult result = Compilation(input, std::move(text).value(), registry, session).Run();
  // Some functions of DuckDB (list_sort) remember the context that they were bound in and want a transaction there
  // whenever an expression is copied for a worker.
  if (result.script) connection.BeginTransaction();
  return result;
}

}  // namespace laminar::sql
