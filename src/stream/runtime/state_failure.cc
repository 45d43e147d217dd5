#include "stream/runtime/state_failure.h"

#include "base/units.h"

namespace laminar {

namespace {

struct Description {
  const char* holder;
  const char* change;
};

Description Describe(const PlanNode& node) {
  if (const auto* window = std::get_if<WindowAggregateNode>(&node.op)) {
    switch (window->window.kind) {
      case WindowKind::kSession:
        return {"the open sessions", "a shorter gap or fewer keys"};
      case WindowKind::kInstant:
        return {"the groups that the watermark has not passed", "a shorter delay of the watermark or fewer groups"};
      default:
        return {"the open windows", "smaller windows, fewer groups or a shorter delay of the watermark"};
    }
  }
  if (std::holds_alternative<OverNode>(node.op))
    return {"the rows that OVER looks back on", "shorter frames, fewer partitions, or state.ttl to forget silent ones"};
  if (std::holds_alternative<WindowedOverNode>(node.op))
    return {"the rows of the open windows", "smaller windows, or fewer rows in them (WHERE, an aggregate below)"};
  if (std::holds_alternative<LookupJoinNode>(node.op))
    return {"the joined table", "a smaller table or fewer of its columns"};
  return {"an operator", "a query that keeps less"};
}

}  // namespace

Status StateDoesNotFit(const StreamPlan& plan, const StateBudget::Verdict& verdict, const StateBudget::Limits& limits) {
  const PlanNode& node = plan.nodes.at(static_cast<size_t>(verdict.node));
  const Description description = Describe(node);
  const auto bytes = [](int64_t count) { return FormatBytes(static_cast<uint64_t>(count)); };
  std::string message =
      "state does not fit into --memory-limit: " + std::string(description.holder) + " hold " + bytes(verdict.bytes);
  if (verdict.process_bytes > 0) {
    message +=
        " and more, the process " + bytes(verdict.process_bytes) + ", its limit is " + bytes(limits.process_bytes);
  } else {
    message += ", the share of all state is " + bytes(limits.share_bytes);
  }
  return Status::Environment(message, "Raise --memory-limit, or use " + std::string(description.change))
      .At(node.position)
      .WithCode("MemoryLimit");
}

}  // namespace laminar
