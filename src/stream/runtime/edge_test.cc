#include "stream/runtime/edge.h"

#include <gtest/gtest.h>

#include <thread>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/data_chunk.hpp"

#include "base/clock.h"

namespace laminar {
namespace {

struct CountingWaker final : Waker {
  void Wake() override { wakes++; }
  std::atomic<int> wakes{0};
};

const Schema& Numbers() {
  static const Schema kSchema = {{"n", MakeType(duckdb::LogicalType::BIGINT)}};
  return kSchema;
}

Batch BatchOf(int64_t n) {
  Batch batch(Numbers());
  batch.chunk().SetValue(0, 0, duckdb::Value::BIGINT(n));
  batch.chunk().SetCardinality(1);
  return batch;
}

int64_t NumberOf(const Edge::Item& item) {
  return item.rows.chunk().GetValue(0, 0).GetValue<int64_t>();
}

TEST(Edge, RowsWatermarksAndTheEndKeepTheirOrder) {
  CountingWaker producer, consumer;
  Edge edge(&producer, &consumer, 1000);
  edge.PutRows(BatchOf(1), 10);
  edge.PutWatermark(5);
  edge.PutWatermark(7);  // nothing between them: the later one says it all
  edge.PutRows(BatchOf(2), 10);
  edge.PutWatermark(9);
  edge.PutEnd();
  EXPECT_EQ(consumer.wakes, 1);

  auto item = edge.Take();
  EXPECT_EQ(NumberOf(*item), 1);
  item = edge.Take();
  EXPECT_EQ(item->kind, Edge::Item::Kind::kWatermark);
  EXPECT_EQ(item->watermark, 7);
  item = edge.Take();
  EXPECT_EQ(NumberOf(*item), 2);
  item = edge.Take();
  EXPECT_EQ(item->watermark, 9);
  EXPECT_EQ(edge.Take()->kind, Edge::Item::Kind::kEnd);
  EXPECT_FALSE(edge.Take().has_value());
  edge.PutStop();
  EXPECT_EQ(consumer.wakes, 2);
  EXPECT_EQ(edge.Take()->kind, Edge::Item::Kind::kStop);
}

TEST(Edge, IsBoundedInBytesAndWakesTheProducerWhenThereIsRoomAgain) {
  CountingWaker producer, consumer;
  Edge edge(&producer, &consumer, 100);
  edge.PutRows(BatchOf(1), 90);
  EXPECT_TRUE(edge.CanAccept());
  edge.PutRows(BatchOf(2), 90);
  EXPECT_FALSE(edge.CanAccept());
  edge.PutRows(BatchOf(3), 90);  // of the same pushed batch
  edge.Take();
  EXPECT_FALSE(edge.CanAccept());
  EXPECT_EQ(producer.wakes, 0);
  edge.Take();
  EXPECT_TRUE(edge.CanAccept());
  EXPECT_EQ(producer.wakes, 1);
  edge.Take();
  EXPECT_EQ(producer.wakes, 1);
}

TEST(Edge, OneBatchLargerThanTheBoundPasses) {
  CountingWaker producer, consumer;
  Edge edge(&producer, &consumer, 100);
  EXPECT_TRUE(edge.CanAccept());
  edge.PutRows(BatchOf(1), 100'000);
  EXPECT_FALSE(edge.CanAccept());
  edge.Take();
  EXPECT_TRUE(edge.CanAccept());
}

TEST(Edge, ASpareComesBackEmpty) {
  CountingWaker producer, consumer;
  Edge edge(&producer, &consumer, 100);
  EXPECT_FALSE(edge.TakeSpare().has_value());
  edge.GiveBack(BatchOf(1));
  const auto spare = edge.TakeSpare();
  ASSERT_TRUE(spare.has_value());
  EXPECT_EQ(spare->rows(), 0U);
  EXPECT_EQ(spare->columns(), 1U);
}

TEST(Edges, LieWhereRowsGo) {
  StreamPlan plan;
  const Schema& schema = Numbers();
  SourceNode source;
  source.table = "s";
  plan.nodes.push_back({source, {}, schema, {}, {}, {}});
  plan.nodes.push_back({ExchangeNode{ExchangeNode::To::kOwnerOfKey, {0}}, {0}, schema, {}, {}, {}});
  plan.nodes.push_back({ExchangeNode{ExchangeNode::To::kFirstWorker, {}}, {1}, schema, {}, {}, {}});
  plan.nodes.push_back({SinkNode{"t"}, {2}, schema, {}, {}, {}});
  CountingWaker wakers[3];
  const Edges edges(plan, {&wakers[0], &wakers[1], &wakers[2]}, 1 << 20);
  for (int from = 0; from < 3; from++) {
    for (int to = 0; to < 3; to++) {
      EXPECT_EQ(edges.Find(0, from, to), nullptr);
      EXPECT_EQ(edges.Find(1, from, to) != nullptr, from != to);
      EXPECT_EQ(edges.Find(2, from, to) != nullptr, from != 0 && to == 0);
    }
  }
}

TEST(Edge, TwoThreadsPassEverythingInOrderWithinTheBound) {
  constexpr int64_t kBatches = 20'000, kBytes = 10, kCapacity = 200;
  const SystemClock clock;
  ThreadWaker producer, consumer;
  Edge edge(&producer, &consumer, kCapacity);
  std::thread feeder([&] {
    for (int64_t n = 0; n < kBatches; n++) {
      while (!edge.CanAccept()) producer.WaitUntil(clock, kNever);
      auto spare = edge.TakeSpare();
      Batch rows = spare ? std::move(*spare) : Batch(Numbers());
      rows.chunk().SetValue(0, 0, duckdb::Value::BIGINT(n));
      rows.chunk().SetCardinality(1);
      edge.PutRows(std::move(rows), kBytes);
      edge.PutWatermark(n);
    }
    edge.PutEnd();
  });
  int64_t next = 0, watermark = -1;
  for (bool ended = false; !ended;) {
    auto item = edge.Take();
    if (!item) {
      consumer.WaitUntil(clock, kNever);
      continue;
    }
    switch (item->kind) {
      case Edge::Item::Kind::kRows:
        ASSERT_EQ(NumberOf(*item), next++);
        ASSERT_LT(watermark, next);  // a watermark never overtakes its rows
        edge.GiveBack(std::move(item->rows));
        break;
      case Edge::Item::Kind::kWatermark:
        watermark = item->watermark;
        ASSERT_EQ(watermark, next - 1);
        break;
      default:
        ended = true;
    }
  }
  feeder.join();
  EXPECT_EQ(next, kBatches);
}

}  // namespace
}  // namespace laminar
