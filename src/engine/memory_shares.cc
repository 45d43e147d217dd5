#include "engine/memory_shares.h"

#include <algorithm>

#include "base/check.h"

namespace laminar {

namespace {

// A buffer smaller than this cannot hold one GetRecords answer or one PutRecords request; a larger one gains nothing.
constexpr int64_t kLeastBuffer = 8 << 20;
constexpr int64_t kLargestBuffer = 256 << 20;
constexpr int64_t kLeastOfDuck = 16 << 20;

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
  CHECK(limit_bytes >= kLeastMemoryLimit);
  const int64_t data = limit_bytes - kProgramBytes;
  const int64_t buffers = data / (KeepsState(plan) ? 8 : 4);
  MemoryShares shares;
  shares.source = Buffer(buffers, plan.sources.size());
  shares.sink = Buffer(buffers, plan.sinks.size());
  shares.state = data / 8 * 3;
  shares.edges = data / 16;
  return shares;
}

int64_t DuckMemory(int64_t limit_bytes) {
  return std::max((limit_bytes - kProgramBytes) / 8, kLeastOfDuck);
}

}  // namespace laminar
