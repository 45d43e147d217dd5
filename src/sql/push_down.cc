#include "sql/push_down.h"

#include <vector>

namespace laminar::sql {

void PushDownFilters(StreamPlan* plan, std::map<std::string, BoundTable>* sources) {
  std::vector<std::vector<const PlanNode*>> readers(plan->nodes.size());
  for (const PlanNode& node : plan->nodes) {
    for (const NodeId input : node.inputs) readers[static_cast<size_t>(input)].push_back(&node);
  }
  for (size_t i = 0; i < plan->nodes.size(); i++) {
    auto* const source = std::get_if<SourceNode>(&plan->nodes[i].op);
    if (source == nullptr || source->event_time || !source->computed.empty() || readers[i].size() != 1) continue;
    const auto* const filter = std::get_if<FilterProjectNode>(&readers[i].front()->op);
    TableSpec& table = sources->at(source->table).spec;
    if (filter == nullptr || table.format == nullptr || !table.format->TakesPredicates()) continue;
    source->predicates = table.predicates = PredicatesOf(filter->filters, table.schema.size());
  }
}

}  // namespace laminar::sql
