#include "engine/memory_shares.h"

#include <gtest/gtest.h>

namespace laminar {
namespace {

constexpr int64_t kMiB = 1 << 20;

StreamPlan PlanOf(bool with_state, size_t sources) {
  StreamPlan plan;
  PlanNode node;
  if (with_state) {
    node.op = OverNode();
  } else {
    node.op = UnionAllNode();
  }
  plan.nodes.push_back(node);
  for (size_t i = 0; i < sources; i++) plan.sources.push_back("s" + std::to_string(i));
  plan.sinks = {"t"};
  return plan;
}

TEST(MemoryShares, BuffersGetLessWhereThereIsState) {
  const MemoryShares stateless = DivideMemory(1088 * kMiB, PlanOf(false, 2));
  EXPECT_EQ(stateless.source, 128 * kMiB);
  EXPECT_EQ(stateless.sink, 256 * kMiB);
  const MemoryShares keyed = DivideMemory(1088 * kMiB, PlanOf(true, 2));
  EXPECT_EQ(keyed.source, 64 * kMiB);
  EXPECT_EQ(keyed.sink, 128 * kMiB);
  EXPECT_EQ(keyed.state, 384 * kMiB);
}

TEST(MemoryShares, AllOfThemTogetherStayWithinTheLimit) {
  for (const int64_t limit : {256 * kMiB, 1024 * kMiB, 64 * 1024 * kMiB}) {
    const MemoryShares shares = DivideMemory(limit, PlanOf(true, 1));
    const int64_t growing = shares.state / 2;
    EXPECT_LE(kProgramBytes + shares.source + shares.sink + shares.state + growing + shares.edges + DuckMemory(limit),
              limit);
  }
}

TEST(MemoryShares, ABufferHoldsOneAnswerAndNoMoreThanHelps) {
  EXPECT_EQ(DivideMemory(kLeastMemoryLimit, PlanOf(true, 10)).source, 8 * kMiB);
  EXPECT_EQ(DivideMemory(int64_t{1} << 40, PlanOf(false, 1)).source, 256 * kMiB);
  EXPECT_EQ(DuckMemory(kLeastMemoryLimit), 16 * kMiB);
}

}  // namespace
}  // namespace laminar
