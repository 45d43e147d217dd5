#include "server/script_compile.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <semaphore>
#include <set>
#include <variant>

#include "duck/schema.h"

namespace laminar::server {

sql::CompileResult CompileScript(const Resources& resources, const std::string& query, DuckSession* session) {
  return sql::Compile({query, {}, resources.find_tables}, *resources.registry, session);
}

sql::CompileResult CompileForClient(const Resources& resources, const std::string& query, DuckSession* session) {
  static std::counting_semaphore<kMostCompiling> places(kMostCompiling);
  constexpr auto kPatience = std::chrono::seconds(5);
  if (!places.try_acquire_for(kPatience)) {
    return {nullptr,
            {Status::Environment("the server checks as many queries as it may at once",
                                 "Try again; a schema registry that does not answer holds them up")
                 .WithCode(kTooMany)}};
  }
  const std::unique_ptr<decltype(places), void (*)(decltype(places)*)> place(
      &places, [](decltype(places)* all) { all->release(); });
  return CompileScript(resources, query, session);
}

Status CanKeepState(const sql::CompiledScript& script) {
  for (const auto& [name, table] : script.sinks) {
    if (!table.connector->WritesWhole(table.spec)) continue;
    return Status::User("table " + name + ": a file of format '" + table.spec.options.StringOr("format", "") +
                            "' is written as a whole when all rows are there, and a pipeline here goes on from "
                            "checkpoints, which can have no part of it",
                        "Write a file of lines (json, csv); laminar run --until-caught-up writes such a file")
        .At(table.position);
  }
  return Status::Ok();
}

json GraphOf(const StreamPlan& plan) {
  json graph = {{"nodes", json::array()}, {"edges", json::array()}};
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const auto lines = DescribeNode(plan, static_cast<NodeId>(id));
    graph["nodes"].push_back({{"id", std::to_string(id)},
                              {"operator", lines.front()},
                              {"details", std::vector<std::string>(lines.begin() + 1, lines.end())}});
    for (const NodeId input : plan.nodes[id].inputs)
      graph["edges"].push_back({{"from", std::to_string(input)}, {"to", std::to_string(id)}});
  }
  return graph;
}

json OutputsOf(const StreamPlan& plan) {
  json outputs = json::array();
  for (const PlanNode& node : plan.nodes) {
    const auto* const sink = std::get_if<SinkNode>(&node.op);
    if (sink == nullptr) continue;
    json fields = json::array();
    for (const Column& column : node.schema)
      fields.push_back({{"name", column.name}, {"data_type", TypeName(*column.type)}, {"nullable", !column.not_null}});
    outputs.push_back({{"table", sink->table}, {"fields", std::move(fields)}});
  }
  return outputs;
}

std::vector<std::string> TablesOf(const sql::CompiledScript& script) {
  std::set<std::string> names;
  const auto add = [&](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    names.insert(std::move(name));
  };
  for (const auto& [name, table] : script.sources) add(name);
  for (const auto& [name, table] : script.sinks) add(name);
  return {names.begin(), names.end()};
}

}  // namespace laminar::server
