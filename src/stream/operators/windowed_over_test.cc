// Against DuckDB's own answers over the whole table: every function partitions by the window.
#include "stream/operators/windowed_over.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "state/key_codec.h"

namespace laminar {
namespace {

class CollectWindowed final : public Operator {
 public:
  CollectWindowed() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    for (size_t i = 0; i < batch->rows(); i++) {
      std::string row;
      for (size_t c = 0; c < batch->columns(); c++) row += (c ? "|" : "") + batch->chunk().GetValue(c, i).ToString();
      rows.push_back(row);
    }
    return Status::Ok();
  }
  Status OnWatermark(int64_t value) override {
    watermark = value;
    return Status::Ok();
  }
  std::vector<std::string> rows;
  int64_t watermark = kNoWatermark;
};

class WindowedOver : public ::testing::Test {
 protected:
  WindowedOver()
      : database_(std::move(DuckDatabase::Open(&clock_, 512 << 20)).value()), session_(database_->NewSession()) {}

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Query(const std::string& sql) {
    auto result = session_->connection().Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError() << "\n" << sql;
    return result;
  }

  // windows: of so many rows each on average. restart_every: after so many batches on average the state of all workers
  // goes into new ones, of another number; 0: never. The rows then come in the order of the workers.
  std::vector<std::string> Stream(int rows, int windows, size_t batch_rows, uint64_t seed, uint64_t restart_every = 0) {
    Query("CREATE OR REPLACE TEMP TABLE t AS SELECT make_timestamp((hash(n, 'w') % " + std::to_string(windows) +
          ")::BIGINT * 60000000) AS c0, 'key ' || hash(n, 'k') % 5 AS c1, CASE WHEN hash(n, 'n') % 5 > 0 THEN "
          "(hash(n, 'v') % 10)::BIGINT END AS c2, n::BIGINT AS c3, [n]::BIGINT[] AS c4 FROM range(" +
          std::to_string(rows) + ") r(n)");
    Random random(seed);
    PlanNode input;
    input.schema = {{"w", MakeType("TIMESTAMP")},
                    {"k", MakeType("VARCHAR")},
                    {"v", MakeType("BIGINT")},
                    {"n", MakeType("BIGINT")},
                    {"l", MakeType("BIGINT[]")}};
    input.times = {{0, 0}};
    WindowedOverNode node;
    node.functions = kFunctions;
    node.partition = {0};
    Schema output = input.schema;
    for (const char* type : {"BIGINT", "BIGINT", "HUGEINT", "BIGINT", "DOUBLE"})
      output.push_back({"f", MakeType(type)});
    Counter late;
    std::vector<std::unique_ptr<WindowedOverOperator>> workers;
    std::vector<std::unique_ptr<CollectWindowed>> collected;
    const auto start = [&](int count) {
      workers.clear();
      for (int w = 0; w < count; w++) {
        workers.push_back(std::make_unique<WindowedOverOperator>(node, input, output, session_.get(), &late));
        collected.push_back(std::make_unique<CollectWindowed>());
        workers.back()->AddOutput(collected.back().get(), 0);
      }
    };
    const auto state_rows = [&] {
      int64_t sum = 0;
      for (const auto& worker : workers) sum += worker->StateRows();
      return sum;
    };
    start(1);
    const auto all = Query("SELECT * FROM t ORDER BY c0, hash(c3, " + std::to_string(seed) + ")");
    Batch batch(input.schema);
    int64_t last = 0;
    const auto push = [&] {
      EncodedKeys keys;
      KeyCodec({input.schema[0].type}).Encode(batch, {0}, &keys);
      const int count = static_cast<int>(workers.size());
      for (int w = 0; w < count; w++) {
        WindowedOverOperator& over = *workers[static_cast<size_t>(w)];
        duckdb::SelectionVector chosen(kBatchRows);
        size_t own = 0;
        for (size_t i = 0; i < batch.rows(); i++) {
          if (WorkerOf(KeyGroupOf(keys.hash(i)), count) == w) chosen.set_index(own++, i);
        }
        Batch part;
        part.Share(&batch);
        part.Slice(chosen, own);
        EXPECT_TRUE(over.Push(0, &part).ok());
        const Status status = over.AdvanceWatermark(0, last);
        EXPECT_TRUE(status.ok()) << status.ToString();
        while (over.HasPending()) EXPECT_TRUE(over.Resume().ok());
      }
      batch.Reset();
      if (restart_every == 0 || random.Uniform(restart_every) > 0) return;
      StateOutput out;
      for (const auto& worker : workers) EXPECT_TRUE(worker->Save(&out).ok());
      const auto parts = out.Take();
      const int64_t kept = state_rows();
      start(1 << random.Uniform(3));
      for (size_t w = 0; w < workers.size(); w++) {
        const StateInput in(parts, static_cast<int>(w), static_cast<int>(workers.size()));
        EXPECT_TRUE(workers[w]->Restore(in, last).ok());
      }
      EXPECT_EQ(state_rows(), kept);
    };
    size_t wanted = 1 + random.Uniform(batch_rows);
    for (auto chunk = all->Fetch(); chunk && chunk->size() > 0; chunk = all->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++) {
        for (size_t c = 0; c < 5; c++) batch.chunk().SetValue(c, batch.rows(), chunk->GetValue(c, i));
        last = chunk->GetValue(0, i).GetValue<duckdb::timestamp_t>().value;
        batch.chunk().SetCardinality(batch.rows() + 1);
        if (batch.rows() < wanted) continue;
        push();
        wanted = 1 + random.Uniform(batch_rows);
      }
    }
    push();
    for (const auto& over : workers) {
      EXPECT_TRUE(over->OnEnd(0).ok());
      while (over->HasPending()) EXPECT_TRUE(over->Resume().ok());
    }
    EXPECT_EQ(late.Get(), 0U);
    EXPECT_EQ(state_rows(), 0);
    EXPECT_EQ(collected.back()->watermark, kEndOfTime);
    std::vector<std::string> given;
    for (const auto& collect : collected) given.insert(given.end(), collect->rows.begin(), collect->rows.end());
    return given;
  }

  std::vector<std::string> Expected() {
    // Rows that ORDER BY does not tell apart are taken in the order of all their columns.
    std::string sql = "SELECT *";
    for (const char* function :
         {"row_number() OVER (PARTITION BY c0 ORDER BY c2 DESC, c1, c3)",
          "rank() OVER (PARTITION BY c0, c1 ORDER BY c2)",
          "sum(c2) OVER (PARTITION BY c0 ORDER BY c2 RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
          "lead(c3, 2, c3) OVER (PARTITION BY c1, c0 ORDER BY c2, c3)",
          "percent_rank() OVER (PARTITION BY c0 ORDER BY c3)"})
      sql += std::string(", ") + function;
    const auto expected = Query(sql + " FROM t ORDER BY c0, c1, c2 NULLS LAST, c3");
    std::vector<std::string> want;
    for (auto chunk = expected->Fetch(); chunk && chunk->size() > 0; chunk = expected->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++) {
        std::string row;
        for (size_t c = 0; c < chunk->ColumnCount(); c++) row += (c ? "|" : "") + chunk->GetValue(c, i).ToString();
        want.push_back(row);
      }
    }
    return want;
  }

  void CompareWithDuckDb(const std::vector<std::string>& rows) {
    const auto want = Expected();
    ASSERT_EQ(rows.size(), want.size());
    for (size_t i = 0; i < rows.size(); i++) ASSERT_EQ(rows[i], want[i]) << "row " << i;
  }

  const std::vector<std::string> kFunctions = {
      "row_number() OVER (PARTITION BY c0 ORDER BY c2 DESC)", "rank() OVER (PARTITION BY c0, c1 ORDER BY c2)",
      "sum(c2) OVER (PARTITION BY c0 ORDER BY c2 RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
      "lead(c3, 2, c3) OVER (PARTITION BY c1, c0 ORDER BY c2)", "percent_rank() OVER (PARTITION BY c0 ORDER BY c3)"};

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
};

TEST_F(WindowedOver, GivesWhatDuckDbGivesWindowByWindow) {
  CompareWithDuckDb(Stream(5000, 60, 300, 1));
  CompareWithDuckDb(Stream(3000, 3, 2048, 2));  // windows larger than a batch
  CompareWithDuckDb(Stream(500, 400, 7, 3));
}

TEST_F(WindowedOver, TheOrderOfComingDoesNotMatter) {
  EXPECT_EQ(Stream(4000, 20, 500, 4), Stream(4000, 20, 2000, 5));
}

TEST_F(WindowedOver, ItGoesOnAfterARestart) {
  for (uint64_t seed = 1; seed <= 4; seed++) {
    std::vector<std::string> rows = Stream(2000, 30, 200, seed, 3);
    std::vector<std::string> want = Expected();
    std::sort(rows.begin(), rows.end());
    std::sort(want.begin(), want.end());
    ASSERT_EQ(rows, want);
  }
}

TEST_F(WindowedOver, ARowOfAWindowThatWasClosedBeforeARestartIsLate) {
  PlanNode input;
  input.schema = {{"w", MakeType("TIMESTAMP")}};
  input.times = {{0, 10}};
  WindowedOverNode node;
  node.functions = {"count(*) OVER (PARTITION BY c0)"};
  node.partition = {0};
  Counter late;
  WindowedOverOperator over(node, input, {{"w", MakeType("TIMESTAMP")}, {"n", MakeType("BIGINT")}}, session_.get(),
                            &late);
  ASSERT_TRUE(over.Restore(StateInput({}, 0, 1), 111).ok());
  EXPECT_EQ(over.SavedWatermark(), 111);
  Batch batch(input.schema);
  for (int64_t i = 0; i < 2; i++)
    batch.chunk().SetValue(0, static_cast<size_t>(i), duckdb::Value::TIMESTAMP(duckdb::timestamp_t(100 + i)));
  batch.chunk().SetCardinality(2);
  ASSERT_TRUE(over.Push(0, &batch).ok());
  EXPECT_EQ(late.Get(), 1U);
  EXPECT_EQ(over.StateRows(), 1);
}

TEST_F(WindowedOver, ARowOfAClosedWindowIsLate) {
  PlanNode input;
  input.schema = {{"w", MakeType("TIMESTAMP")}};
  input.times = {{0, 10}};
  WindowedOverNode node;
  node.functions = {"count(*) OVER (PARTITION BY c0)"};
  Counter late;
  WindowedOverOperator over(node, input, {{"w", MakeType("TIMESTAMP")}, {"n", MakeType("BIGINT")}}, session_.get(),
                            &late);
  CollectWindowed collect;
  over.AddOutput(&collect, 0);
  Batch batch(input.schema);
  const auto push = [&](int64_t time) {
    batch.Reset();
    batch.chunk().SetValue(0, 0, duckdb::Value::TIMESTAMP(duckdb::timestamp_t(time)));
    batch.chunk().SetCardinality(1);
    ASSERT_TRUE(over.Push(0, &batch).ok());
  };
  push(100);
  push(100);
  ASSERT_TRUE(over.AdvanceWatermark(0, 110).ok());
  while (over.HasPending()) ASSERT_TRUE(over.Resume().ok());
  EXPECT_TRUE(collect.rows.empty());  // the lag holds it
  push(100);
  ASSERT_TRUE(over.AdvanceWatermark(0, 111).ok());
  while (over.HasPending()) ASSERT_TRUE(over.Resume().ok());
  EXPECT_EQ(collect.rows.size(), 3U);
  EXPECT_EQ(collect.rows.at(0), "1970-01-01 00:00:00.0001|3");
  push(100);
  EXPECT_EQ(late.Get(), 1U);
  push(101);
  EXPECT_EQ(late.Get(), 1U);
}

}  // namespace
}  // namespace laminar
