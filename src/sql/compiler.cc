// Script -> statements and catalogue (statements.cc) -> each query bound and optimised by DuckDB (bind.cc) -> nodes of
// one streaming plan (convert.cc). A source that several queries read is one node with the union of their columns; a
// table that several queries write has one node over the union of their rows.
#include "sql/compiler.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "sql/bind.h"
#include "sql/convert.h"
#include "sql/join_order.h"
#include "sql/resolve.h"
#include "sql/statements.h"
#include "sql/table_options.h"

namespace laminar::sql {
namespace {

class Compilation {
 public:
  Compilation(const ScriptInput& input, const Registry& registry, DuckSession* session)
      : input_(input), registry_(registry), context_(session->context()), text_(input.text), problems_(&text_) {}

  CompileResult Run() {
    const Catalogue::Scope scope(context_, &script_.catalogue);
    ReadStatements(input_, text_.text(), context_, registry_, &script_, &problems_);
    if (problems_.size() == 0 && script_.queries.empty()) {
      problems_.Add(text_.text().size(), "the script has no query",
                    "add INSERT INTO sink SELECT ... FROM source, or a SELECT");
    }
    for (Query& view : script_.views) BindQuery(context_, view, &problems_);
    for (Query& query : script_.queries) {
      bound_.push_back(BindQuery(context_, query, &problems_));
      scans_.emplace_back();
      if (!bound_.back().plan) continue;
      CollectColumns(*bound_.back().plan, &scans_.back());
      for (const auto& [table, columns] : scans_.back()) used_columns_[table].insert(columns.begin(), columns.end());
    }
    result_.script = std::make_unique<CompiledScript>();
    result_.script->pipeline_name = script_.pipeline_name;
    BindTables();
    if (problems_.size() == 0) BuildPlan();
    if (problems_.size() > 0) result_.script.reset();
    result_.problems = problems_.Take();
    return std::move(result_);
  }

 private:
  void BindTables() {
    for (auto& [key, table] : script_.catalogue.tables()) {
      if (table->kind != TableKind::kConnector || !table->connector) continue;
      const OptionUse use = UseOfTable(*table, &problems_);
      const auto used = used_columns_.find(table->name);
      static const std::set<std::string> kNothing;
      BoundTable bound =
          BindTable(*table, use, used == used_columns_.end() ? &kNothing : &used->second, registry_, &problems_);
      if (!table->is_read && !table->is_written) {
        result_.script->warnings.push_back(Status::User("table " + table->name + " is never used").At(bound.position));
        continue;
      }
      if (use == OptionUse::kSource && table->event_time)
        result_.script->event_times.emplace(table->name, *table->event_time);
      auto& tables = use == OptionUse::kSource ? result_.script->sources : result_.script->sinks;
      tables.emplace(table->name, std::move(bound));
    }
  }

  StreamPlan& plan() { return result_.script->plan; }

  NodeId AddNode(PlanNode node) {
    plan().nodes.push_back(std::move(node));
    return static_cast<NodeId>(plan().nodes.size()) - 1;
  }

  // Targets in the order in which they are first written; a bare SELECT is a target of its own.
  struct Target {
    Table* table = nullptr;
    std::vector<size_t> queries;
  };

  void BuildPlan() {
    std::vector<Target> targets;
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
      if (problems_.size() > 0) return;
    }
    CheckJoinOrder(plan(), &problems_);
    DropUnreadSources();
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
    if (target.table) node.schema = result_.script->sinks.at(name).spec.schema;
    node.position = problems_.At(script_.queries[target.queries.front()].offset);
    plan().sinks.push_back(std::move(name));
    AddNode(std::move(node));
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
      const std::optional<NodeId> node = ConvertQuery(context_, bound_[i], input, &plan(), &problems_);
      if (!node) return std::nullopt;
      all.inputs.push_back(*node);
    }
    if (all.inputs.size() == 1) return all.inputs.front();
    all.op = UnionAllNode{};
    all.schema = plan().nodes[all.inputs.front()].schema;
    for (Column& column : all.schema) column.not_null = false;
    all.position = problems_.At(script_.queries[target.queries.front()].offset);
    return AddNode(std::move(all));
  }

  bool IsBounded(const std::string& source) const {
    const BoundTable& table = result_.script->sources.at(source);
    return table.connector->IsBounded(table.spec);
  }

  // Makes sure that nodes_ has the node of a table that query `reader` reads.
  bool NodeOf(const std::string& name, size_t reader) {
    if (nodes_.contains(name)) return true;
    const Table& table = *script_.catalogue.Find(name);
    const size_t offset = script_.queries[reader].offset;
    if (table.kind == TableKind::kConnector) {
      const BoundTable& bound = result_.script->sources.at(name);
      PlanNode node;
      SourceNode source;
      source.table = name;
      node.op = std::move(source);
      node.schema = bound.spec.schema;
      node.position = bound.position;
      plan().sources.push_back(name);
      nodes_[name] = AddNode(std::move(node));
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
    if (!node) return false;
    nodes_[name] = *node;
    building_.erase(name);
    return true;
  }

  const ScriptInput& input_;
  const Registry& registry_;
  duckdb::ClientContext& context_;
  const ScriptText text_;
  Problems problems_;
  Script script_;
  std::vector<BoundQuery> bound_;      // one a query
  std::vector<ScannedColumns> scans_;  // by each query's plan
  ScannedColumns used_columns_;        // by all of them
  CompileResult result_;
  std::map<std::string, const Target*> writers_;
  std::map<std::string, NodeId> nodes_;  // of tables and streams
  std::set<std::string> building_;       // streams whose writers are being converted
};

}  // namespace

CompileResult Compile(const ScriptInput& input, const Registry& registry, DuckSession* session) {
  return Compilation(input, registry, session).Run();
}

}  // namespace laminar::sql
