// The fixture of OVER's tests: random rows through workers that may be restarted on the way, against DuckDB's own OVER
// over the same rows.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "duck/aggregates_for_test.h"
#include "stream/operators/over_workers_for_test.h"

namespace laminar {

struct Data {
  uint64_t seed = 1;
  int rows = 600;
  int keys = 10;
  int64_t step = kSecond;    // between rows, on average
  bool ties = true;          // times in multiples of 10 steps
  bool order_column = true;  // else rows of equal time have no order of their own
  bool by_partition = true;
  int64_t delay = 20 * kSecond;  // rows come so much out of order
  size_t batch_rows = 300;
  std::string then_by = "";  // a column of ORDER BY behind the time
  int restart_every = 0;     // after so many pushes on average; 0: never
};

inline bool Same(const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull()) return a.IsNull() && b.IsNull();
  if (a.type().id() == duckdb::LogicalTypeId::DOUBLE) {
    const double x = a.GetValue<double>(), y = b.GetValue<double>();
    return x == y || (std::isnan(x) && std::isnan(y)) ||
           std::abs(x - y) <= 1e-9 * std::max({1.0, std::abs(x), std::abs(y)});
  }
  return a.ToString() == b.ToString();
}

class OverTest : public ::testing::Test {
 protected:
  OverTest()
      : database_(std::move(DuckDatabase::Open(&clock_, 512 << 20)).value()), session_(database_->NewSession()) {}

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Query(const std::string& sql) {
    auto result = session_->connection().Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError() << "\n" << sql;
    return result;
  }

  // Table t, with the rows in random order and `place`: their order of coming.
  void MakeTable(const Data& run) {
    const auto hashed = [&](const char* what, const char* row = "n") {
      return "(hash(" + std::string(row) + ", '" + std::string(what) + "', " + std::to_string(run.seed) + ") >> 11)";
    };
    const std::string step = std::to_string(run.step * (run.ties ? 10 : 1)), delay = std::to_string(run.delay);
    Query("CREATE OR REPLACE TEMP TABLE t AS SELECT *, row_number() OVER (ORDER BY ts + to_microseconds(" +
          hashed("late", "id") + "::BIGINT % " + delay +
          "), id) AS place FROM (SELECT make_timestamp(1711000000000000::BIGINT + (n::BIGINT // " +
          (run.ties ? "10" : "1") + ") * " + step + "::BIGINT) AS ts, (" + hashed("order") +
          ")::UBIGINT AS ord, 'key of a partition ' || (" + hashed("k") + " % " + std::to_string(run.keys) +
          ") AS k, CASE WHEN " + hashed("in") + " % 5 > 0 THEN " + hashed("i") +
          "::BIGINT % 1000 - 500 END AS i, CASE WHEN " + hashed("dn") + " % 5 > 0 THEN (" + hashed("d") +
          "::BIGINT % 2000000 - 1000000)::DECIMAL(38,10) / 1000 END::DECIMAL(38,10) AS d, (" + hashed("e") +
          "::BIGINT % 100000)::DECIMAL(12,2) / 100 AS e, CASE WHEN " + hashed("fn") + " % 5 > 0 THEN (" + hashed("f") +
          "::BIGINT % 1000000)::DOUBLE / 7 - 5000 END AS f, (" + hashed("r") +
          "::BIGINT % 1000)::FLOAT / 8 AS r, CASE WHEN " + hashed("bn") + " % 7 > 0 THEN " + hashed("b") +
          " % 3 > 0 END AS b, CASE WHEN " + hashed("sn") + " % 3 > 0 THEN 'a text that is long ' || (" + hashed("s") +
          " % 20) END AS s, CASE WHEN " + hashed("t") + " % 9 > 0 THEN (" + hashed("t") +
          "::BIGINT % 10)::SMALLINT END::SMALLINT AS t, {'x': [" + hashed("l") +
          "::BIGINT % 3, NULL]} AS l, 2::BIGINT AS two, n::BIGINT AS id FROM range(" + std::to_string(run.rows) +
          ") r(n)) ORDER BY place");
  }

  OverFunction FunctionOf(const Call& call, const Frame& frame) {
    OverFunction function;
    function.name = call.name;
    for (const std::string& argument : call.arguments) function.arguments.push_back(ColumnOf(argument));
    if (call.filter) function.filter = ColumnOf("b");
    function.distinct = call.distinct;
    function.ignore_nulls = call.ignore_nulls;
    function.frame = call.no_frame ? Frame() : frame;
    if (call.no_frame) function.frame.end.kind = BoundKind::kCurrentRow;
    if (call.window_function) {
      function.type = MakeType(call.type);
    } else {
      function.aggregate = BindAggregates(session_.get(), kColumns, {SqlOf(call, true)});
      function.type = MakeType(function.aggregate.type(0));
    }
    return function;
  }

  // Pushes the table's rows; a watermark behind some of them.
  void Stream(const Data& run, OverWorkers* over, Random* random) {
    const auto all = Query("SELECT * EXCLUDE (place) FROM t ORDER BY place");
    Batch batch(InputSchema());
    int64_t highest = INT64_MIN;
    const auto push = [&] {
      if (batch.rows() == 0) return;
      ASSERT_TRUE(over->Push(&batch).ok());
      batch.Reset();
      if (random->Uniform(3) > 0) {
        const Status status = over->Advance(highest - run.delay);
        ASSERT_TRUE(status.ok()) << status.ToString();
      }
      if (run.restart_every == 0 || random->Uniform(static_cast<uint64_t>(run.restart_every)) > 0) return;
      const Status status = over->Restart(1 << random->Uniform(3));
      ASSERT_TRUE(status.ok()) << status.ToString();
    };
    size_t wanted = 1 + random->Uniform(run.batch_rows);
    for (auto chunk = all->Fetch(); chunk && chunk->size() > 0; chunk = all->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++) {
        for (size_t c = 0; c < kColumns.size(); c++) batch.chunk().SetValue(c, batch.rows(), chunk->GetValue(c, i));
        highest = std::max(highest, chunk->GetValue(0, i).GetValue<duckdb::timestamp_t>().value);
        batch.chunk().SetCardinality(batch.rows() + 1);
        if (batch.rows() < wanted) continue;
        push();
        if (HasFatalFailure()) return;
        wanted = 1 + random->Uniform(run.batch_rows);
      }
    }
    push();
    ASSERT_TRUE(over->End().ok());
  }

  OverNode NodeOf(const Data& run) {
    OverNode node;
    if (run.by_partition) node.partition = {ColumnOf("k")};
    node.time_column = 0;
    if (!run.then_by.empty()) node.then_by.push_back({ColumnOf(run.then_by), true, false});
    return node;
  }
  PlanNode Input(const Data& run) {
    PlanNode input;
    input.schema = InputSchema();
    input.times = {{0, 0}};
    if (run.order_column) input.order_column = ColumnOf("ord");
    return input;
  }

  void Compare(const Data& run, const std::vector<FrameCase>& frames) {
    SCOPED_TRACE("seed " + std::to_string(run.seed));
    Random random(run.seed);
    MakeTable(run);
    OverNode node = NodeOf(run);
    Schema output = InputSchema();
    std::string sql = "SELECT id";
    std::vector<std::string> calls;
    const std::string partition = run.by_partition ? "PARTITION BY k " : "";
    const std::string order = run.then_by.empty() ? "ts" : "ts, " + run.then_by + " DESC NULLS LAST";
    std::string total = order + ", ord";
    if (!run.order_column) {
      total = order;
      for (size_t c = 1; c < kColumns.size(); c++) total += ", " + kColumns[c].first + " NULLS LAST";
    }
    for (const FrameCase& frame : frames) {
      for (const Call& call : Calls()) {
        const bool range = frame.frame.unit == Frame::Unit::kRange;
        if (call.no_frame && &frame != &frames[0]) continue;
        if (call.needs_order && range && !call.no_frame && run.ties) continue;
        if (range && !run.then_by.empty() && frame.frame.start.kind == BoundKind::kPreceding) continue;
        node.functions.push_back(FunctionOf(call, frame.frame));
        output.push_back({call.name, node.functions.back().type});
        const bool peers = call.no_frame ? !call.needs_order : range;
        calls.push_back(SqlOf(call, false) + " OVER (" + partition + "ORDER BY " + (peers ? order : total) + " " +
                        (call.no_frame ? "" : frame.sql) + ")");
        sql += ", " + calls.back();
      }
    }
    const PlanNode input = Input(run);
    Collect collect;
    OverWorkers over(node, input, output, &collect);
    Stream(run, &over, &random);
    EXPECT_EQ(over.late(), 0U);
    EXPECT_EQ(over.StateRows(), 0);
    const auto expected = Query(sql + " FROM t ORDER BY " + total);
    ASSERT_EQ(collect.rows.size(), static_cast<size_t>(run.rows));
    size_t row = 0;
    int differences = 0;
    for (auto chunk = expected->Fetch(); chunk && chunk->size() > 0; chunk = expected->Fetch()) {
      for (size_t i = 0; i < chunk->size(); i++, row++) {
        const auto id = chunk->GetValue(0, i).GetValue<int64_t>();
        if (collect.ordered) {
          ASSERT_EQ(collect.order[row], id) << "row " << row;
        }
        const std::vector<Value>& got = collect.rows.at(id);
        for (size_t c = 0; c < calls.size() && differences < 10; c++) {
          const Value want = chunk->GetValue(c + 1, i);
          if (Same(want, got[c + 1])) continue;
          differences++;
          ADD_FAILURE() << calls[c] << "\nrow " << row << " id " << id << ": want " << want.ToString() << ", got "
                        << got[c + 1].ToString();
        }
      }
    }
  }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
};

}  // namespace laminar
