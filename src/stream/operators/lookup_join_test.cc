// Against DuckDB's own joins.
#include "stream/operators/lookup_join.h"

#include <gtest/gtest.h>

#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "base/clock.h"
#include "base/random.h"

namespace laminar {
namespace {

using duckdb::LogicalType;
using Kind = LookupJoinNode::Kind;

class CollectJoined final : public Operator {
 public:
  CollectJoined() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    EXPECT_LE(batch->rows(), kBatchRows);
    for (size_t i = 0; i < batch->rows(); i++) {
      std::string row;
      for (size_t c = 0; c < batch->columns(); c++) row += (c ? "|" : "") + batch->chunk().GetValue(c, i).ToString();
      rows.push_back(row);
    }
    return Status::Ok();
  }
  Status OnWatermark(int64_t value) override {
    watermark = value;
    rows_at_watermark = rows.size();
    return Status::Ok();
  }
  std::vector<std::string> rows;
  int64_t watermark = kNoWatermark;
  size_t rows_at_watermark = 0;
};

class NoFailedMatch final : public FailureHandler {
 public:
  Status OnFailure(const Batch&, const ExpressionFailure& failure) override { return Status::User(failure.message); }
};

class Dropped final : public FailureHandler {
 public:
  Status OnFailure(const Batch&, const ExpressionFailure&) override {
    rows++;
    return Status::Ok();
  }
  int rows = 0;
};

struct Case {
  Kind kind;
  bool nulls_equal = false;
  bool condition = false;
  bool cross = false;
};

class LookupJoin : public ::testing::Test {
 protected:
  LookupJoin()
      : database_(std::move(DuckDatabase::Open(&clock_, 512 << 20)).value()), session_(database_->NewSession()) {}

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Query(const std::string& sql) {
    auto result = session_->connection().Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError() << "\n" << sql;
    return result;
  }

  // Over (id, text) of both: stream.text <> table.text OR CAST(stream.text AS BIGINT) = 0.
  ExpressionList FailsOnEqualTexts() {
    const auto text = [](size_t column) {
      return duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::VARCHAR, column);
    };
    auto either = std::make_unique<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR);
    either->children.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(
        duckdb::ExpressionType::COMPARE_NOTEQUAL, text(1), text(3)));
    either->children.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(
        duckdb::ExpressionType::COMPARE_EQUAL,
        duckdb::BoundCastExpression::AddCastToType(session_->context(), text(1), LogicalType::BIGINT),
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(0))));
    std::vector<std::unique_ptr<duckdb::Expression>> list;
    list.push_back(std::move(either));
    return ExpressionList(std::move(list));
  }

  void PushAll(LookupJoinOperator* join, size_t input, const std::string& sql, const Schema& schema, Random* random) {
    const auto all = Query(sql);
    Batch batch(schema);
    size_t wanted = 1 + random->Uniform(kBatchRows);
    const auto push = [&] {
      ASSERT_TRUE(join->Accepts(input));
      const Status status = join->Push(input, &batch);
      ASSERT_TRUE(status.ok()) << status.ToString();
      batch.Reset();
      // An operator above may push several batches before it looks.
      if (random->Uniform(2) == 0) return;
      while (join->HasPending()) ASSERT_TRUE(join->Resume().ok());
    };
    for (auto chunk = all->Fetch(); chunk && chunk->size() > 0; chunk = all->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++) {
        for (size_t c = 0; c < schema.size(); c++) batch.chunk().SetValue(c, batch.rows(), chunk->GetValue(c, i));
        batch.chunk().SetCardinality(batch.rows() + 1);
        if (batch.rows() < wanted) continue;
        push();
        wanted = 1 + random->Uniform(kBatchRows);
      }
    }
    push();
  }

  void Compare(const Case& test, int stream_rows, int table_rows, int keys) {
    SCOPED_TRACE("kind " + std::to_string(static_cast<int>(test.kind)) + ", rows " + std::to_string(stream_rows) +
                 ", " + std::to_string(table_rows));
    Random random(static_cast<uint64_t>(stream_rows * 7 + table_rows));
    const auto rows = [&](const char* name, int count) {
      const std::string k = std::to_string(keys);
      Query(std::string("CREATE OR REPLACE TEMP TABLE ") + name + " AS SELECT n::BIGINT AS id, CASE WHEN hash(n, '" +
            name + "') % 10 > 0 THEN 'a long name of the key ' || (hash('" + name + "', n) % " + k +
            ") END AS k, (hash(n) % 3)::INTEGER AS g, [n, NULL]::BIGINT[] AS l FROM range(" + std::to_string(count) +
            ") r(n)");
    };
    rows("s", stream_rows);
    rows("t", table_rows);
    const Schema schema = {{"id", MakeType("BIGINT")},
                           {"k", MakeType("VARCHAR")},
                           {"g", MakeType("INTEGER")},
                           {"l", MakeType("BIGINT[]")}};
    const bool stream_only = test.kind == Kind::kSemi || test.kind == Kind::kAnti;
    Schema output = schema;
    if (!stream_only) output.insert(output.end(), schema.begin(), schema.end());
    LookupJoinNode node;
    node.kind = test.kind;
    std::string on = "true";
    if (!test.cross) {
      node.stream_keys = node.table_keys = {1, 2};
      node.nulls_equal = {test.nulls_equal, false};
      on = std::string("s.k ") + (test.nulls_equal ? "IS NOT DISTINCT FROM" : "=") + " t.k AND s.g = t.g";
    }
    if (test.condition) {
      std::vector<std::unique_ptr<duckdb::Expression>> list;
      list.push_back(std::make_unique<duckdb::BoundComparisonExpression>(
          duckdb::ExpressionType::COMPARE_GREATERTHAN,
          duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::BIGINT, 0U),
          duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::BIGINT, 4U)));
      node.condition = ExpressionList(std::move(list));
      on += " AND s.id > t.id";
    }
    NoFailedMatch failures;
    LookupJoinOperator join(node, schema, schema, output, session_.get(), &failures);
    CollectJoined collect;
    join.AddOutput(&collect, 0);
    EXPECT_FALSE(join.Accepts(0));
    PushAll(&join, 1, "SELECT * FROM t ORDER BY id", schema, &random);
    ASSERT_TRUE(join.OnEnd(1).ok());
    PushAll(&join, 0, "SELECT * FROM s ORDER BY id", schema, &random);
    ASSERT_TRUE(join.AdvanceWatermark(0, 77).ok());
    while (join.HasPending()) ASSERT_TRUE(join.Resume().ok());
    EXPECT_EQ(collect.watermark, 77);
    EXPECT_EQ(collect.rows_at_watermark, collect.rows.size());
    EXPECT_GT(join.StateBytes(), table_rows * 20);

    const char* names[] = {"JOIN", "LEFT JOIN", "SEMI JOIN", "ANTI JOIN"};
    const std::string sql = std::string("SELECT * FROM s ") + names[static_cast<int>(test.kind)] + " t ON " + on +
                            " ORDER BY " + (stream_only ? "s.id" : "s.id, t.id");
    const auto expected = Query(sql);
    std::vector<std::string> want;
    for (auto chunk = expected->Fetch(); chunk && chunk->size() > 0; chunk = expected->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++) {
        std::string row;
        for (size_t c = 0; c < chunk->ColumnCount(); c++) row += (c ? "|" : "") + chunk->GetValue(c, i).ToString();
        want.push_back(row);
      }
    }
    ASSERT_EQ(collect.rows.size(), want.size()) << sql;
    for (size_t i = 0; i < want.size(); i++) ASSERT_EQ(collect.rows[i], want[i]) << sql << " row " << i;
  }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
};

TEST_F(LookupJoin, GivesWhatDuckDbGives) {
  for (const Kind kind : {Kind::kInner, Kind::kLeft, Kind::kSemi, Kind::kAnti}) {
    for (const bool nulls_equal : {false, true}) {
      for (const bool condition : {false, true}) {
        Compare({kind, nulls_equal, condition}, 1000, 300, 100);
        Compare({kind, nulls_equal, condition}, 300, 900, 2);
      }
    }
  }
}

TEST_F(LookupJoin, AnEmptyTableHasNoPartners) {
  for (const Kind kind : {Kind::kInner, Kind::kLeft, Kind::kSemi, Kind::kAnti}) Compare({kind}, 500, 0, 3);
}

TEST_F(LookupJoin, CrossJoinsComeInParts) {
  Compare({Kind::kInner, false, false, true}, 40, 3000, 3);
  Compare({Kind::kLeft, false, true, true}, 60, 2048, 3);
}

TEST_F(LookupJoin, ALargeResultWaitsBetweenItsParts) {
  const Schema schema = {{"id", MakeType("BIGINT")}};
  const Schema output = {{"id", MakeType("BIGINT")}, {"other", MakeType("BIGINT")}};
  NoFailedMatch failures;
  LookupJoinOperator join(LookupJoinNode(), schema, schema, output, session_.get(), &failures);
  CollectJoined collect;
  join.AddOutput(&collect, 0);
  Batch batch(schema);
  for (size_t i = 0; i < kBatchRows; i++) batch.chunk().SetValue(0, i, duckdb::Value::BIGINT(static_cast<int64_t>(i)));
  batch.chunk().SetCardinality(kBatchRows);
  ASSERT_TRUE(join.Push(1, &batch).ok());
  ASSERT_TRUE(join.OnEnd(1).ok());
  batch.chunk().SetCardinality(20);
  ASSERT_TRUE(join.Push(0, &batch).ok());
  EXPECT_TRUE(join.HasPending());
  EXPECT_LT(collect.rows.size(), 20 * kBatchRows);
  ASSERT_TRUE(join.OnEnd(0).ok());
  EXPECT_EQ(collect.watermark, kNoWatermark);
  while (join.HasPending()) ASSERT_TRUE(join.Resume().ok());
  EXPECT_EQ(collect.rows.size(), 20 * kBatchRows);
  EXPECT_EQ(collect.watermark, kEndOfTime);
}

// Over 20 rows of the stream and 3,000 of the table, ON fails on row 3 at its first partner, on row 7 at its last.
TEST_F(LookupJoin, ARowOnWhichTheConditionFailsGoesAsAWhole) {
  constexpr int64_t kTableRows = 3000, kStreamRows = 20;
  const Schema schema = {{"id", MakeType("BIGINT")}, {"text", MakeType("VARCHAR")}};
  Schema both = schema;
  both.insert(both.end(), schema.begin(), schema.end());
  for (const Kind kind : {Kind::kInner, Kind::kLeft, Kind::kSemi, Kind::kAnti}) {
    Dropped dropped;
    LookupJoinNode node;
    node.kind = kind;
    node.condition = FailsOnEqualTexts();
    const bool stream_only = kind == Kind::kSemi || kind == Kind::kAnti;
    LookupJoinOperator join(node, schema, schema, stream_only ? schema : both, session_.get(), &dropped);
    CollectJoined collect;
    join.AddOutput(&collect, 0);
    Batch batch(schema);
    const auto push = [&](size_t input, int64_t rows, const std::function<std::string(int64_t)>& text) {
      for (int64_t begin = 0; begin < rows; begin += kBatchRows) {
        batch.Reset();
        const int64_t count = std::min<int64_t>(kBatchRows, rows - begin);
        for (int64_t i = 0; i < count; i++) {
          batch.chunk().SetValue(0, static_cast<size_t>(i), duckdb::Value::BIGINT(begin + i));
          batch.chunk().SetValue(1, static_cast<size_t>(i), duckdb::Value(text(begin + i)));
        }
        batch.chunk().SetCardinality(static_cast<size_t>(count));
        ASSERT_TRUE(join.Push(input, &batch).ok());
      }
    };
    push(1, kTableRows, [](int64_t i) { return i == 0 ? "first" : i == kTableRows - 1 ? "last" : "0"; });
    ASSERT_TRUE(join.OnEnd(1).ok());
    push(0, kStreamRows, [](int64_t i) { return i == 3 ? "first" : i == 7 ? "last" : "x"; });
    while (join.HasPending()) ASSERT_TRUE(join.Resume().ok());
    EXPECT_EQ(dropped.rows, 2);
    const size_t left = kStreamRows - 2;
    EXPECT_EQ(collect.rows.size(), kind == Kind::kAnti ? 0 : stream_only ? left : left * kTableRows);
    for (const std::string& row : collect.rows) ASSERT_FALSE(row.starts_with("3|") || row.starts_with("7|")) << row;
  }
}

}  // namespace
}  // namespace laminar
