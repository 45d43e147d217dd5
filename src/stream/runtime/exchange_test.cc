#include "stream/runtime/exchange.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/data_chunk.hpp"

#include "base/random.h"

namespace laminar {
namespace {

struct NoWaker final : Waker {
  void Wake() override {}
};

struct Collector final : Operator {
  Collector() : Operator(1) {}
  Status Push(size_t /*input*/, Batch* batch) override {
    if (batch->chunk().data[1].GetType() != duckdb::LogicalType::BIGINT) return Status::Ok();
    for (size_t i = 0; i < batch->rows(); i++) {
      rows.push_back({batch->chunk().GetValue(0, i).ToString(), batch->chunk().GetValue(1, i).GetValue<int64_t>()});
    }
    return Status::Ok();
  }
  Status OnWatermark(int64_t w) override {
    watermark = w;
    return Status::Ok();
  }
  Status OnEnded() override {
    ended = true;
    return Status::Ok();
  }
  std::vector<std::pair<std::string, int64_t>> rows;
  int64_t watermark = kNoWatermark;
  bool ended = false;
};

const Schema& KeyAndNumber() {
  static const Schema kSchema = {{"k", MakeType(duckdb::LogicalType::VARCHAR)},
                                 {"n", MakeType(duckdb::LogicalType::BIGINT)}};
  return kSchema;
}

Batch BatchOf(const std::vector<std::pair<std::string, int64_t>>& rows) {
  Batch batch(KeyAndNumber());
  for (size_t i = 0; i < rows.size(); i++) {
    batch.chunk().SetValue(0, i, duckdb::Value(rows[i].first));
    batch.chunk().SetValue(1, i, duckdb::Value::BIGINT(rows[i].second));
  }
  batch.chunk().SetCardinality(rows.size());
  return batch;
}

// The exchange of one worker of several; what goes to the others is taken from the edges.
struct World {
  World(ExchangeNode::To to, int workers, int worker) {
    std::vector<Waker*> wakers(static_cast<size_t>(workers), &waker);
    SourceNode source;
    source.table = "s";
    plan.nodes.push_back({source, {}, KeyAndNumber(), {}, {}, {}});
    plan.nodes.push_back({ExchangeNode{to, {0}}, {0}, KeyAndNumber(), {}, {}, {}});
    edges = std::make_unique<Edges>(plan, wakers, int64_t{64} << 20);
    std::vector<Edge*> from_here;
    for (int w = 0; w < workers; w++) from_here.push_back(edges->Find(1, worker, w));
    exchange =
        std::make_unique<ExchangeOperator>(std::get<ExchangeNode>(plan.nodes[1].op), KeyAndNumber(), worker, from_here);
    exchange->AddOutput(&own, 0);
    this->worker = worker;
  }
  // Everything that lies in the edge to a worker.
  std::vector<Edge::Item> TakeAll(int to) {
    std::vector<Edge::Item> items;
    while (auto item = edges->Find(1, worker, to)->Take()) items.push_back(std::move(*item));
    return items;
  }
  std::vector<std::pair<std::string, int64_t>> RowsOf(const std::vector<Edge::Item>& items) {
    Collector rows;
    for (const Edge::Item& item : items) {
      if (item.kind != Edge::Item::Kind::kRows) continue;
      Batch view;
      view.Share(const_cast<Batch*>(&item.rows));
      EXPECT_TRUE(rows.Push(0, &view).ok());
    }
    return rows.rows;
  }

  NoWaker waker;
  StreamPlan plan;
  std::unique_ptr<Edges> edges;
  std::unique_ptr<ExchangeOperator> exchange;
  Collector own;
  int worker = 0;
};

using Rows = std::vector<std::pair<std::string, int64_t>>;

TEST(Exchange, EveryRowGoesToTheOwnerOfItsKeyInOrder) {
  World world(ExchangeNode::To::kOwnerOfKey, 4, 1);
  Random random(7);
  std::map<std::string, std::vector<int64_t>> sent;
  int64_t n = 0;
  for (int b = 0; b < 30; b++) {
    Rows rows;
    const size_t count = 1 + random.Next() % kBatchRows;
    for (size_t i = 0; i < count; i++) {
      // Some keys are too long to lie in the string itself.
      const uint64_t k = random.Next() % 100;
      const std::string key = (k % 3 == 0 ? "a key that is longer than twelve bytes " : "k") + std::to_string(k);
      sent[key].push_back(n);
      rows.push_back({key, n++});
    }
    Batch batch = BatchOf(rows);
    ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  }
  world.exchange->Flush();
  std::map<std::string, std::vector<int64_t>> received;
  std::map<std::string, int> owner;
  for (int w = 0; w < 4; w++) {
    const Rows rows = w == 1 ? world.own.rows : world.RowsOf(world.TakeAll(w));
    EXPECT_GT(rows.size(), 0U);
    for (const auto& [key, number] : rows) {
      received[key].push_back(number);
      EXPECT_EQ(owner.emplace(key, w).first->second, w);
    }
  }
  EXPECT_EQ(received, sent);
}

TEST(Exchange, FullBatchesGoAtOnceTheRestBeforeTheWatermark) {
  World world(ExchangeNode::To::kFirstWorker, 2, 1);
  Rows rows;
  for (int64_t i = 0; i < 1500; i++) rows.push_back({"k", i});
  for (int i = 0; i < 2; i++) {
    Batch batch = BatchOf(rows);
    ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  }
  auto items = world.TakeAll(0);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].rows.rows(), kBatchRows);
  ASSERT_TRUE(world.exchange->AdvanceWatermark(0, 42).ok());
  items = world.TakeAll(0);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].rows.rows(), 3000 - kBatchRows);
  EXPECT_EQ(items[1].watermark, 42);
  EXPECT_EQ(world.own.watermark, 42);
  EXPECT_TRUE(world.own.rows.empty());
}

TEST(Exchange, LongStringsGoBeforeTheBatchIsFull) {
  World world(ExchangeNode::To::kFirstWorker, 2, 1);
  for (int64_t i = 0; i < 20; i++) {
    Batch batch = BatchOf({{std::string(100'000, 'x'), i}});
    ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  }
  const auto items = world.TakeAll(0);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_GT(items[0].bytes, 1 << 20);
  EXPECT_LT(items[0].rows.rows(), 12U);
}

// What is the same in all rows of a batch travels once; a batch that is gathered of different ones has each row's own.
TEST(Exchange, ConstantsTravelAsSuch) {
  World world(ExchangeNode::To::kFirstWorker, 2, 1);
  const auto push = [&](const std::string& key, size_t rows, int64_t n) {
    Batch batch = BatchOf(Rows(rows, {key, 0}));
    batch.chunk().data[1].Reference(duckdb::Value::BIGINT(n));
    ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  };
  const auto take = [&](bool constant) {
    world.exchange->Flush();
    auto items = world.TakeAll(0);
    EXPECT_EQ(items.size(), 1U);
    EXPECT_EQ(items.at(0).rows.chunk().data[1].GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR, constant);
    Rows rows = world.RowsOf(items);
    world.edges->Find(1, 1, 0)->GiveBack(std::move(items[0].rows));
    return rows;
  };
  push("a", 2, 5);
  push("b", 1, 5);
  EXPECT_EQ(take(true), (Rows{{"a", 5}, {"a", 5}, {"b", 5}}));
  push("a", 2, 5);
  push("b", 1, 6);
  push("c", 1, 5);
  EXPECT_EQ(take(false), (Rows{{"a", 5}, {"a", 5}, {"b", 6}, {"c", 5}}));
  Batch batch = BatchOf({{"d", 7}});
  ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  push("e", 1, 7);
  EXPECT_EQ(take(false), (Rows{{"d", 7}, {"e", 7}}));
  Batch nulls = BatchOf({{"f", 0}});
  nulls.chunk().data[1].Reference(duckdb::Value(duckdb::LogicalType::BIGINT));
  ASSERT_TRUE(world.exchange->Push(0, &nulls).ok());
  push("g", 1, 8);
  world.exchange->Flush();
  const auto items = world.TakeAll(0);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_TRUE(items[0].rows.chunk().GetValue(1, 0).IsNull());
  EXPECT_EQ(items[0].rows.chunk().GetValue(1, 1).GetValue<int64_t>(), 8);
}

TEST(Exchange, StringsOfEveryLengthAndNullsArrive) {
  World world(ExchangeNode::To::kFirstWorker, 2, 1);
  Rows rows;
  for (int64_t length = 0; length < 70; length++)
    rows.push_back({std::string(static_cast<size_t>(length), static_cast<char>('0' + length)), length});
  Batch batch = BatchOf(rows);
  for (size_t i = 0; i < rows.size(); i += 7) duckdb::FlatVector::SetNull(batch.chunk().data[0], i, true);
  ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  world.exchange->Flush();
  const auto items = world.TakeAll(0);
  ASSERT_EQ(items.size(), 1U);
  for (size_t i = 0; i < rows.size(); i++) {
    const duckdb::Value value = items[0].rows.chunk().GetValue(0, i);
    EXPECT_EQ(value.IsNull(), i % 7 == 0);
    if (!value.IsNull()) EXPECT_EQ(value.ToString(), rows[i].first);
  }
}

TEST(Exchange, DealsByHashesThatWereMadeBefore) {
  World world(ExchangeNode::To::kOwnerOfKey, 2, 0);
  const Schema schema = {{"k", MakeType(duckdb::LogicalType::VARCHAR)}, {"h", MakeType(duckdb::LogicalType::UBIGINT)}};
  ExchangeOperator exchange(std::get<ExchangeNode>(world.plan.nodes[1].op), schema, 0,
                            {nullptr, world.edges->Find(1, 0, 1)}, 1);
  exchange.AddOutput(&world.own, 0);
  Batch batch(schema);
  for (size_t i = 0; i < 256; i++) {
    batch.chunk().SetValue(0, i, duckdb::Value("same"));
    batch.chunk().SetValue(1, i, duckdb::Value::UBIGINT(uint64_t{i} << 56 | i));
  }
  batch.chunk().SetCardinality(256);
  ASSERT_TRUE(exchange.Push(0, &batch).ok());
  exchange.Flush();
  const auto items = world.TakeAll(1);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].rows.rows(), 128U);
  EXPECT_EQ(items[0].rows.chunk().GetValue(1, 0).GetValue<uint64_t>(), uint64_t{128} << 56 | 128);
}

TEST(Exchange, ToAllWorkersMeansThisOneToo) {
  World world(ExchangeNode::To::kAllWorkers, 3, 2);
  Batch batch = BatchOf({{"a", 1}, {"b", 2}});
  ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  ASSERT_TRUE(world.exchange->OnEnd(0).ok());
  EXPECT_TRUE(world.exchange->Closed());
  EXPECT_TRUE(world.own.ended);
  const Rows all = {{"a", 1}, {"b", 2}};
  EXPECT_EQ(world.own.rows, all);
  for (const int w : {0, 1}) {
    const auto items = world.TakeAll(w);
    EXPECT_EQ(world.RowsOf(items), all);
    EXPECT_EQ(items.back().kind, Edge::Item::Kind::kEnd);
  }
}

TEST(Exchange, AStopIsNoEndAndSaidOnce) {
  World world(ExchangeNode::To::kOwnerOfKey, 2, 0);
  Rows rows;
  for (int64_t i = 0; i < 100; i++) rows.push_back({std::to_string(i), i});
  Batch batch = BatchOf(rows);
  ASSERT_TRUE(world.exchange->Push(0, &batch).ok());
  world.exchange->Stop();
  world.exchange->Stop();
  const auto items = world.TakeAll(1);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_GT(items[0].rows.rows(), 0U);
  EXPECT_EQ(items[1].kind, Edge::Item::Kind::kStop);
  EXPECT_FALSE(world.own.ended);
}

}  // namespace
}  // namespace laminar
