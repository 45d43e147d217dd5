#include "sql/join_order.h"

#include <map>
#include <set>
#include <string>

namespace laminar::sql {
namespace {

using Before = std::map<std::string, std::set<std::string>>;  // source -> those that are read after its end

// streams_only: those whose rows come out of the node as rows of the stream, not as tables of joins.
std::set<std::string> SourcesOf(const StreamPlan& plan, NodeId id, bool streams_only = false) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(id)];
  std::set<std::string> sources;
  if (const auto* source = std::get_if<SourceNode>(&node.op)) sources.insert(source->table);
  const bool is_join = std::holds_alternative<LookupJoinNode>(node.op);
  const size_t inputs = streams_only && is_join ? 1 : node.inputs.size();
  for (size_t i = 0; i < inputs; i++) sources.merge(SourcesOf(plan, node.inputs[i], streams_only));
  return sources;
}

bool Leads(const Before& before, const std::string& from, const std::string& to, std::set<std::string>* seen) {
  if (from == to) return true;
  if (!seen->insert(from).second) return false;
  const auto next = before.find(from);
  if (next == before.end()) return false;
  for (const std::string& source : next->second) {
    if (Leads(before, source, to, seen)) return true;
  }
  return false;
}

}  // namespace

void CheckJoinOrder(const StreamPlan& plan, Problems* problems) {
  Before before;
  for (const PlanNode& node : plan.nodes) {
    if (!std::holds_alternative<LookupJoinNode>(node.op)) continue;
    const std::set<std::string> streams = SourcesOf(plan, node.inputs.at(0));
    for (const std::string& table : SourcesOf(plan, node.inputs.at(1))) {
      for (const std::string& stream : streams) {
        std::set<std::string> seen;
        if (Leads(before, stream, table, &seen)) {
          const bool twice = stream == table && !SourcesOf(plan, node.inputs.at(0), true).contains(table);
          problems->Add(Status::User(twice ? "table " + table + " is joined twice: a query can join a table once only"
                                           : "table " + table +
                                                 " would have to be read before itself: it is the stream of one join " +
                                                 "and the table of another, or of the same",
                                     twice ? "for each further join define a table of its own over the same data: "
                                             "CREATE TABLE " +
                                                 table + "_2 (...) WITH (...)"
                                           : "define a second table of the same data, and use each on one side only")
                            .At(node.position));
          return;
        }
        before[table].insert(stream);
      }
    }
  }
}

}  // namespace laminar::sql
