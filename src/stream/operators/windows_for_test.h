// Drives the window operators with rows and watermarks, for their tests: columns k VARCHAR, ts TIMESTAMP, v HUGEINT, s
// VARCHAR in; sum(v), max(v), max(s) out.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "duck/aggregates_for_test.h"
#include "stream/operators/window_aggregate.h"

namespace laminar {

struct TestRow {
  std::string key;
  int64_t time;
  int64_t value = 1;
};

// One step: rows, or a watermark.
struct TestStep {
  std::vector<TestRow> rows;
  std::optional<int64_t> watermark;
};

inline std::vector<TestStep> AnySteps(int64_t spread) {
  std::vector<TestStep> steps;
  int64_t now = *rc::gen::inRange(-200, 200);
  const int keys = *rc::gen::element(1, 3, 40);
  for (int i = *rc::gen::inRange(1, 30); i > 0; i--) {
    TestStep step;
    now += *rc::gen::inRange<int64_t>(0, spread / 2);
    if (*rc::gen::inRange(0, 3) == 0) {
      step.watermark = now - *rc::gen::inRange<int64_t>(0, spread / 2);
    } else {
      for (int rows = *rc::gen::element(0, 1, 3, 20); rows > 0; rows--) {
        const int64_t time = now + *rc::gen::inRange<int64_t>(-spread, spread);
        std::string key = std::to_string(*rc::gen::inRange(0, keys));
        step.rows.push_back({std::move(key), time, *rc::gen::inRange(0, 100)});
      }
    }
    steps.push_back(step);
  }
  return steps;
}

// A line of CollectOutput for a row of a partial aggregate.
inline std::string PartialLine(const std::string& key, int64_t start, int64_t sum, int64_t max) {
  return key + " @" + std::to_string(start) + " " + std::to_string(sum) + " " + std::to_string(max) +
         " a text of a row, number " + std::to_string(100'000'000 + max);
}

// A line of CollectOutput.
inline std::string TestLine(const std::string& key, int64_t start, int64_t end, int64_t sum, int64_t max) {
  return key + " [" + std::to_string(start) + ", " + std::to_string(end) + ") " + std::to_string(sum) + " " +
         std::to_string(max) + " a text of a row, number " + std::to_string(100'000'000 + max);
}

// Sorts the lines of each window (which stand together) by key; takes the watermarks out.
inline std::vector<std::string> ByWindowAndKey(std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("W"); });
  const auto window = [](const std::string& line) {
    return line.substr(line.find('['), line.find(')') - line.find('['));
  };
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find_if(begin, lines.end(), [&](const auto& line) { return window(line) != window(*begin); });
    std::sort(begin, end);
    begin = end;
  }
  return lines;
}

// What an operator gave out: rows as "key [start, end) sum max text", PartialRows of a VARCHAR key as "key @start sum
// max text", and watermarks as "W time", in order.
class CollectOutput final : public Operator {
 public:
  CollectOutput() : Operator(1) {}
  Status Push(size_t /*input*/, Batch* batch) override {
    batches++;
    EXPECT_GT(batch->rows(), 0U);
    const size_t columns = batch->columns();
    for (size_t row = 0; row < batch->rows(); row++) {
      const auto text = [&](size_t column) { return batch->chunk().GetValue(column, row).ToString(); };
      const auto micros = [&](size_t column) {
        return std::to_string(batch->chunk().GetValue(column, row).GetValue<duckdb::timestamp_t>().value);
      };
      if (batch->chunk().data[PartialRows::kHash].GetType() == duckdb::LogicalType::UBIGINT) {
        const std::string key = duckdb::StringValue::Get(batch->chunk().GetValue(PartialRows::kKey, row));
        const std::string_view text_key = KeyCodec::TextOf(key);
        EXPECT_EQ(batch->chunk().GetValue(PartialRows::kHash, row).GetValue<uint64_t>(),
                  HashKey(std::string_view(key).substr(0, 1 + text_key.size())));
        lines.push_back(std::string(text_key) + " @" + micros(PartialRows::kStart) + " " + text(3) + " " + text(4) +
                        " " + text(5));
        continue;
      }
      std::string line = columns == 6 ? text(0) : "";
      line.append(" [").append(micros(columns - 5)).append(", ").append(micros(columns - 4)).append(")");
      for (size_t column = columns - 3; column < columns; column++) line.append(" ").append(text(column));
      lines.push_back(line);
    }
    return Status::Ok();
  }
  std::vector<std::string> lines;
  size_t batches = 0;
  bool ended = false;

 private:
  Status OnWatermark(int64_t watermark) override {
    lines.push_back(watermark == kEndOfTime ? "W end" : "W " + std::to_string(watermark));
    return Status::Ok();
  }
  Status OnEnded() override {
    ended = true;
    return Status::Ok();
  }
};

class WindowTest : public ::testing::Test {
 protected:
  WindowTest() : database_(DuckDatabase::Open(&clock_, 64 << 20).value()), session_(database_->NewSession()) {
    input_.schema = {{"k", MakeType("VARCHAR")},
                     {"ts", MakeType("TIMESTAMP")},
                     {"v", MakeType("HUGEINT")},
                     {"s", MakeType("VARCHAR")}};
    input_.times = {{1, 0}};
    aggregates_ =
        BindAggregates(session_.get(), {{"k", "VARCHAR"}, {"ts", "TIMESTAMP"}, {"v", "HUGEINT"}, {"s", "VARCHAR"}},
                       {"sum(v)", "max(v)", "max(s)"});
  }

  WindowAggregateNode Node(WindowKind kind, int64_t size, int64_t slide = 0, int64_t offset = 0, bool keyed = true) {
    WindowAggregateNode node;
    node.window = {kind, 1, {0, size}, {0, slide}, {0, offset}};
    if (keyed) node.keys = {0};
    node.aggregates = aggregates_;
    std::vector<std::pair<std::string, std::string>> partial = {
        {"a", "TIMESTAMP"}, {"b", "TIMESTAMP"}, {"x", "HUGEINT"}, {"y", "HUGEINT"}, {"z", "VARCHAR"}};
    if (keyed) partial.insert(partial.begin(), {"k", "VARCHAR"});
    node.merges = BindAggregates(session_.get(), partial, {"sum(x)", "max(y)", "max(z)"});
    return node;
  }
  static Schema OutputOf(const WindowAggregateNode& node) {
    Schema schema;
    if (!node.keys.empty()) schema.push_back({"k", MakeType("VARCHAR")});
    for (int i = 0; i < 2; i++) schema.push_back({"c", MakeType("TIMESTAMP")});
    for (size_t i = 0; i < node.aggregates.size(); i++) schema.push_back({"c", MakeType(node.aggregates.type(i))});
    return schema;
  }

  // What a checkpoint taken now holds of the last operator; `meanwhile` happens while it is written.
  std::vector<StatePart> Save(const std::function<void()>& meanwhile = [] {}) {
    for (const auto& op : operators_) {
      op->OnBarrier();
      Settle();
    }
    StateOutput out;
    EXPECT_TRUE(op().Save(&out).ok());
    meanwhile();
    while (!op().SaveMore(&out).value()) {
    }
    return out.Take();
  }
  // Starts operators that go on from it, all workers' in one or the first of several.
  void Restore(const WindowAggregateNode& node, const std::vector<StatePart>& parts, int64_t watermark) {
    Start(node, node.window.kind == WindowKind::kSession ? AggregateMode::kComplete : AggregateMode::kMerge,
          /*restores=*/true);
    const Status status = op().Restore(StateInput(parts, 0, 1), watermark);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  // Starts an operator (for kMerge: with a partial one in front), whose output goes to out().
  void Start(const WindowAggregateNode& node, AggregateMode mode = AggregateMode::kComplete, bool restores = false) {
    operators_.clear();
    late_ = std::make_unique<Counter>();
    collect_ = std::make_unique<CollectOutput>();
    const Schema output = OutputOf(node);
    const auto add = [&](AggregateMode one) {
      auto made = MakeWindowAggregate(node, one, input_, output, late_.get(), PartialsPay::kTrialRows, restores);
      if (!operators_.empty()) operators_.back()->AddOutput(made.get(), 0);
      operators_.push_back(std::move(made));
    };
    if (mode == AggregateMode::kMerge) add(AggregateMode::kPartial);
    add(mode);
    operators_.back()->AddOutput(collect_.get(), 0);
  }

  void Rows(const std::vector<TestRow>& rows) {
    Batch batch(input_.schema);
    for (size_t i = 0; i < rows.size(); i++) {
      batch.chunk().SetValue(0, i, duckdb::Value(rows[i].key));
      batch.chunk().SetValue(1, i, duckdb::Value::TIMESTAMP(duckdb::timestamp_t(rows[i].time)));
      batch.chunk().SetValue(2, i, duckdb::Value::HUGEINT(rows[i].value));
      batch.chunk().SetValue(3, i, duckdb::Value(Text(rows[i].value)));
    }
    batch.chunk().SetCardinality(rows.size());
    const Status status = operators_.front()->Push(0, &batch);
    EXPECT_TRUE(status.ok()) << status.ToString();
    Settle();
  }
  void Watermark(int64_t watermark) {
    EXPECT_TRUE(operators_.front()->AdvanceWatermark(0, watermark).ok());
    Settle();
  }
  void End() {
    EXPECT_TRUE(operators_.front()->OnEnd(0).ok());
    Settle();
  }
  // As the task does: downstream first.
  void Settle() {
    for (bool again = true; again;) {
      again = false;
      for (size_t i = operators_.size(); i-- > 0 && !again;) {
        if (!operators_[i]->HasPending()) continue;
        const size_t before = collect_->batches;
        const Status status = operators_[i]->Resume();
        EXPECT_TRUE(status.ok()) << status.ToString();
        most_batches_ = std::max(most_batches_, collect_->batches - before);
        again = true;
      }
    }
  }
  // A text that no state holds inline, in the order of the values.
  static std::string Text(int64_t value) { return "a text of a row, number " + std::to_string(100'000'000 + value); }

  // The lines since the last call.
  std::vector<std::string> Take() { return std::exchange(collect_->lines, {}); }
  uint64_t late() const { return late_->Get(); }
  Operator& op() { return *operators_.back(); }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  PlanNode input_;
  AggregateList aggregates_;
  std::unique_ptr<Counter> late_;
  std::unique_ptr<CollectOutput> collect_;
  std::vector<std::unique_ptr<Operator>> operators_;
  size_t most_batches_ = 0;  // that one Resume gave out
};

}  // namespace laminar
