// What the tests of OVER share: every function and frame, random rows, workers that may be restarted on the way, and
// DuckDB's own OVER over the same rows to compare with.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "duck/aggregates_for_test.h"
#include "state/key_codec.h"
#include "stream/operators/over.h"

namespace laminar {

using duckdb::Value;

constexpr int64_t kSecond = 1'000'000, kHour = 3600 * kSecond, kDay = 24 * kHour;

inline const std::vector<std::pair<std::string, std::string>> kColumns = {
    {"ts", "TIMESTAMP"},     {"ord", "UBIGINT"},     {"k", "VARCHAR"},  {"i", "BIGINT"},
    {"d", "DECIMAL(38,10)"}, {"e", "DECIMAL(12,2)"}, {"f", "DOUBLE"},   {"r", "FLOAT"},
    {"b", "BOOLEAN"},        {"s", "VARCHAR"},       {"t", "SMALLINT"}, {"l", "STRUCT(x BIGINT[])"},
    {"two", "BIGINT"},       {"id", "BIGINT"}};

inline size_t ColumnOf(const std::string& name) {
  for (size_t i = 0; i < kColumns.size(); i++) {
    if (kColumns[i].first == name) return i;
  }
  CHECK_MSG(false, name.c_str());
  return 0;
}

inline Schema InputSchema() {
  Schema schema;
  for (const auto& [name, type] : kColumns) schema.push_back({name, MakeType(type)});
  return schema;
}

struct Call {
  std::string name;
  std::vector<std::string> arguments;
  bool window_function = false;
  std::string type = "";  // of a window function
  std::string more = "";  // constants behind the arguments, in SQL
  bool distinct = false, ignore_nulls = false, filter = false;
  bool needs_order = false;  // among rows of equal time: not with RANGE
  bool no_frame = false;
};

inline const std::vector<Call>& Calls() {
  static const std::vector<Call> kCalls = {
      {"count_star", {}},
      {"count", {"i"}},
      {"count_star", {}, false, "", "", false, false, true},
      {"sum", {"i"}},
      {"sum", {"i"}, false, "", "", false, false, true},
      {"sum", {"t"}},
      {"sum", {"d"}},
      {"avg", {"d"}},
      {"avg", {"e"}},
      {"sum", {"e"}},
      {"avg", {"i"}},
      {"sum", {"f"}},
      {"avg", {"f"}},
      {"sum", {"f"}, false, "", "", false, false, true},
      {"min", {"i"}},
      {"max", {"d"}},
      {"min", {"f"}},
      {"max", {"r"}},
      {"max", {"ts"}},
      {"max", {"s"}},
      {"min", {"s"}, false, "", "", true, false, true},
      {"min", {"b"}},
      {"bool_and", {"b"}},
      {"bool_or", {"b"}},
      {"stddev_samp", {"f"}},
      {"count", {"s"}, false, "", "", true},
      {"count", {"f"}, false, "", "", true, false, true},
      {"count", {"l"}, false, "", "", true},
      {"sum", {"t"}, false, "", "", true},
      {"quantile_disc", {"i"}, false, "", ", 0.5"},
      {"bit_xor", {"i"}},
      {"arg_max", {"s", "id"}},
      {"arg_min", {"i", "f"}},
      {"any_value", {"s"}, false, "", "", false, false, false, true},
      {"arbitrary", {"i"}, false, "", "", false, false, true, true},
      {"bit_and", {"i"}},
      {"max", {"l"}},
      {"sum", {"b"}},
      {"median", {"f"}},
      {"mode", {"b"}},
      {"histogram", {"t"}},
      {"entropy", {"t"}},
      {"approx_count_distinct", {"s"}},
      {"corr", {"f", "f"}},
      {"skewness", {"f"}},
      {"favg", {"f"}},
      {"var_pop", {"f"}, false, "", "", false, false, true},
      {"sem", {"f"}},
      {"string_agg", {"s"}, false, "", ", ','", false, false, false, true},
      {"list", {"i"}, false, "", "", false, false, true, true},
      {"list", {"l"}, false, "", "", false, false, false, true},
      {"row_number", {}, true, "BIGINT", "", false, false, false, true, true},
      {"rank", {}, true, "BIGINT", "", false, false, false, false, true},
      {"dense_rank", {}, true, "BIGINT", "", false, false, false, false, true},
      {"lag", {"i"}, true, "BIGINT", "", false, false, false, true, true},
      {"lag", {"f", "two"}, true, "DOUBLE", "", false, false, false, true, true},
      {"lag", {"i", "two", "id"}, true, "BIGINT", "", false, false, false, true, true},
      {"lag", {"s", "two"}, true, "VARCHAR", "", false, true, false, true, true},
      {"first_value", {"i"}, true, "BIGINT", "", false, false, false, true},
      {"first_value", {"s"}, true, "VARCHAR", "", false, true, false, true},
      {"last_value", {"f"}, true, "DOUBLE", "", false, false, false, true},
      {"last_value", {"l"}, true, "STRUCT(x BIGINT[])", "", false, true, false, true},
      {"nth_value", {"i", "two"}, true, "BIGINT", "", false, false, false, true},
      {"nth_value", {"s", "two"}, true, "VARCHAR", "", false, true, false, true},
  };
  return kCalls;
}

inline std::string SqlOf(const Call& call, bool bare) {
  if (call.name == "count_star") return std::string("count(*)") + (call.filter && !bare ? " FILTER (WHERE b)" : "");
  std::string sql = call.name + "(" + (call.distinct && !bare ? "DISTINCT " : "");
  for (size_t i = 0; i < call.arguments.size(); i++) sql += (i > 0 ? ", " : "") + call.arguments[i];
  sql += call.more + (call.ignore_nulls ? " IGNORE NULLS" : "") + ")";
  return sql + (call.filter && !bare ? " FILTER (WHERE b)" : "");
}

using BoundKind = FrameBound::Kind;

struct FrameCase {
  std::string sql;
  Frame frame;
};

inline FrameCase Rows(std::optional<int64_t> start, int64_t end) {
  FrameCase out;
  out.frame.unit = Frame::Unit::kRows;
  if (start) out.frame.start = {BoundKind::kPreceding, *start, {}};
  if (start && *start == 0) out.frame.start = {BoundKind::kCurrentRow, 0, {}};
  out.frame.end = end == 0 ? FrameBound{BoundKind::kCurrentRow, 0, {}} : FrameBound{BoundKind::kPreceding, end, {}};
  const auto text = [](int64_t n) { return n == 0 ? "CURRENT ROW" : std::to_string(n) + " PRECEDING"; };
  out.sql = "ROWS BETWEEN " + (start ? text(*start) : "UNBOUNDED PRECEDING") + " AND " + text(end);
  return out;
}

// A negative start: unbounded.
inline FrameCase Range(TimeSpan start, TimeSpan end) {
  FrameCase out;
  out.frame.unit = Frame::Unit::kRange;
  const auto bound = [](TimeSpan span) {
    return span.months == 0 && span.micros == 0 ? FrameBound{BoundKind::kCurrentRow, 0, {}}
                                                : FrameBound{BoundKind::kPreceding, 0, span};
  };
  const auto text = [](TimeSpan span) -> std::string {
    if (span.micros < 0) return "UNBOUNDED PRECEDING";
    if (span.months > 0) return "INTERVAL '" + std::to_string(span.months) + " months' PRECEDING";
    if (span.micros == 0) return "CURRENT ROW";
    return "INTERVAL '" + std::to_string(span.micros) + " microseconds' PRECEDING";
  };
  if (start.micros >= 0) out.frame.start = bound(start);
  out.frame.end = bound(end);
  out.sql = "RANGE BETWEEN " + text(start) + " AND " + text(end);
  return out;
}

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

class Collect final : public Operator {
 public:
  Collect() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    for (size_t i = 0; i < batch->rows(); i++) {
      const int64_t ts = batch->chunk().GetValue(0, i).GetValue<duckdb::timestamp_t>().value;
      if (ordered) {
        EXPECT_GE(ts, last_time) << "out of order";
        EXPECT_GE(ts, watermark) << "behind the watermark";
      }
      last_time = ts;
      std::vector<Value> row;
      for (size_t c = kColumns.size() - 1; c < batch->columns(); c++) row.push_back(batch->chunk().GetValue(c, i));
      const auto id = row[0].GetValue<int64_t>();
      order.push_back(id);
      EXPECT_TRUE(rows.emplace(id, std::move(row)).second) << "twice";
    }
    return Status::Ok();
  }
  Status OnWatermark(int64_t value) override {
    watermark = value;
    return Status::Ok();
  }
  bool ordered = true;  // the rows are all of one worker
  std::map<int64_t, std::vector<Value>> rows;
  std::vector<int64_t> order;
  int64_t last_time = INT64_MIN, watermark = INT64_MIN;
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

// The operators of several workers, which get the rows dealt as an exchange would.
class OverWorkers {
 public:
  // All borrowed.
  OverWorkers(const OverNode& node, const PlanNode& input, const Schema& output, Collect* collect)
      : node_(node), input_(input), output_(output), collect_(collect) {
    Start(1);
  }

  Status Push(Batch* batch) {
    if (workers_.size() == 1) return workers_[0]->Push(0, batch);
    std::vector<TypeRef> types;
    for (const size_t column : node_.partition) types.push_back(input_.schema[column].type);
    EncodedKeys keys;
    KeyCodec(types).Encode(*batch, node_.partition, &keys);
    const int count = static_cast<int>(workers_.size());
    for (int w = 0; w < count; w++) {
      duckdb::SelectionVector rows(kBatchRows);
      size_t own = 0;
      for (size_t i = 0; i < batch->rows(); i++) {
        const int owner = node_.partition.empty() ? 0 : WorkerOf(KeyGroupOf(keys.hash(i)), count);
        if (owner == w) rows.set_index(own++, i);
      }
      if (own == 0) continue;
      Batch part;
      part.Share(batch);
      part.Slice(rows, own);
      RETURN_IF_ERROR(workers_[static_cast<size_t>(w)]->Push(0, &part));
    }
    return Status::Ok();
  }
  Status Advance(int64_t watermark) {
    for (auto& worker : workers_) {
      RETURN_IF_ERROR(worker->AdvanceWatermark(0, watermark));
      while (worker->HasPending()) RETURN_IF_ERROR(worker->Resume());
    }
    return Status::Ok();
  }
  Status End() {
    for (auto& worker : workers_) {
      RETURN_IF_ERROR(worker->OnEnd(0));
      while (worker->HasPending()) RETURN_IF_ERROR(worker->Resume());
    }
    return Status::Ok();
  }

  // Makes new operators of what these save.
  Status Restart(int workers) {
    ASSIGN_OR_RETURN(std::vector<StatePart> parts, Save());
    const int64_t watermark = workers_[0]->watermark();
    const int64_t rows = StateRows();
    Start(workers);
    for (size_t w = 0; w < workers_.size(); w++)
      RETURN_IF_ERROR(workers_[w]->Restore(StateInput(parts, static_cast<int>(w), workers), watermark));
    EXPECT_EQ(StateRows(), rows);
    return Status::Ok();
  }
  // Of all workers, twice: nothing changes by it.
  Result<std::vector<StatePart>> Save() {
    std::vector<StatePart> parts;
    for (auto& worker : workers_) {
      StateOutput first, second;
      RETURN_IF_ERROR(worker->Save(&first));
      RETURN_IF_ERROR(worker->Save(&second));
      const std::vector<StatePart> a = first.Take(), b = second.Take();
      EXPECT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); i++) {
        EXPECT_EQ(a[i].section, b[i].section);
        EXPECT_EQ(a[i].part->bytes, b[i].part->bytes) << a[i].section;
      }
      parts.insert(parts.end(), b.begin(), b.end());
    }
    return parts;
  }

  int64_t StateRows() const {
    int64_t rows = 0;
    for (const auto& worker : workers_) rows += worker->StateRows();
    return rows;
  }
  uint64_t late() const { return late_.Get(); }

 private:
  void Start(int workers) {
    workers_.clear();
    outputs_.clear();
    for (int w = 0; w < workers; w++) {
      workers_.push_back(std::make_unique<OverOperator>(node_, input_, output_, &late_));
      outputs_.push_back(std::make_unique<ToCollect>(collect_));
      workers_.back()->AddOutput(outputs_.back().get(), 0);
    }
    if (workers > 1) collect_->ordered = false;
  }

  class ToCollect final : public Operator {
   public:
    explicit ToCollect(Collect* collect) : Operator(1), collect_(collect) {}
    Status Push(size_t, Batch* batch) override { return collect_->Push(0, batch); }
    Status OnWatermark(int64_t watermark) override {
      collect_->watermark = watermark;
      return Status::Ok();
    }

   private:
    Collect* const collect_;
  };

  const OverNode& node_;
  const PlanNode& input_;
  const Schema& output_;
  Collect* const collect_;
  Counter late_;
  std::vector<std::unique_ptr<ToCollect>> outputs_;
  std::vector<std::unique_ptr<OverOperator>> workers_;
};

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
