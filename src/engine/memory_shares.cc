#include "engine/memory_shares.h"

#include <algorithm>

namespace laminar {

namespace {

// A buffer smaller than this cannot hold one GetRecords answer or one PutRecords request; a larger one gains nothing.
constexpr int64_t kLeastBuffer = 16 << 20;
constexpr int64_t kLargestBuffer = 256 << 20;

bool KeepsState(const StreamPlan& plan) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(), [](const PlanNode& node) {
    return std::holds_alternative<WindowAggregateNode>(node.op) || std::holds_alternative<OverNode>(node.op) ||
           std::holds_alternative<WindowedOverNode>(node.op) || std::holds_alternative<LookupJoinNode>(node.op);
  });
}

int64_t Buffer(int64_t share, size_t sharers) {
  return std::clamp(share / static_cast<int64_t>(std::max<size_t>(sharers, 1)), kLeastBuffer, kLargestBuffer);
}

}  // namespace

MemoryShares DivideMemory(int64_t limit_bytes, const StreamPlan& plan) {
  const bool keeps_state = KeepsState(plan);
  const int64_t buffers = limit_bytes / (keeps_state ? 8 : 4);
  MemoryShares shares;
  shares.source = Buffer(buffers, plan.sources.size());
  shares.sink = Buffer(buffers, plan.sinks.size());
  shares.state = limit_bytes / 2;
  shares.edges = limit_bytes / 16;
  return shares;
}

int64_t DuckMemory(int64_t limit_bytes) {
  return std::max(limit_bytes / 8, kLeastBuffer);
}

}  // namespace laminar
