#include "connectors/bad_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "connectors/bad_row.h"

namespace laminar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Keeps the letters that are pushed to it, as text.
class LetterWriter final : public SinkWriter {
 public:
  Status Push(const Batch& batch) override {
    for (size_t row = 0; row < batch.rows(); row++) {
      std::vector<std::string>& letter = letters.emplace_back();
      for (size_t column = 0; column < batch.columns(); column++)
        letter.push_back(batch.chunk().GetValue(column, row).ToString());
    }
    return Status::Ok();
  }
  bool CanAccept() const override { return true; }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return kNever; }
  void Finish() override {}
  bool Drained() const override { return true; }
  void EndEpoch(int64_t /*epoch*/) override {}
  bool EpochReady(int64_t /*epoch*/) const override { return true; }
  std::vector<std::vector<std::string>> letters;
};

class BadDataTest : public ::testing::Test {
 protected:
  BadData Make(BadDataPolicy policy, int64_t most_per_minute = 0) {
    return BadData({"orders", policy, most_per_minute, {"orders", "p", "json", {}}}, 2, &clock_, &metrics_);
  }
  static size_t Column(const std::string& name) {
    const Schema schema = DeadLetterSchema();
    size_t column = 0;
    while (schema.at(column).name != name) column++;
    return column;
  }
  ManualClock clock_;
  PipelineMetrics metrics_;
};

TEST_F(BadDataTest, OneMoreThanTheRateStopsWithTheCauses) {
  BadData bad = Make(BadDataPolicy::kDrop, 3);
  bool log = false;
  uint64_t like_it = 0;
  EXPECT_TRUE(bad.Count("expected BIGINT, found the string \"a\"", &log, &like_it).ok());
  EXPECT_TRUE(log);
  EXPECT_TRUE(bad.Count("expected BIGINT, found the string \"b \\\" 7\"", &log, &like_it).ok());
  EXPECT_TRUE(bad.Count("at byte 17 it ends", &log, &like_it).ok());
  clock_.Advance(61 * kMicrosPerSecond);  // a minute of its own
  for (int i = 0; i < 3; i++) EXPECT_TRUE(bad.Count("at byte " + std::to_string(i) + " it ends", &log, &like_it).ok());
  const Status status = bad.Count("other", &log, &like_it);
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("table orders: more than 3 rows within a minute"),
                    HasSubstr("4 x at byte N it ends; 2 x expected BIGINT, found the string \"...\"; 1 x other")));
  EXPECT_EQ(metrics_.bad_rows.Get(), 7U);
}

TEST_F(BadDataTest, TheNumberOfCausesIsBounded) {
  BadData bad = Make(BadDataPolicy::kDrop, 100);
  bool log = false;
  uint64_t like_it = 0;
  for (int i = 0; i < 100; i++)
    EXPECT_TRUE(bad.Count("reason " + std::string(1, static_cast<char>('A' + i % 50)), &log, &like_it).ok());
  EXPECT_THAT(bad.Count("x", &log, &like_it).message(), HasSubstr("61 x other causes"));
}

TEST_F(BadDataTest, ALetterSaysWhatWhereFromAndWhy) {
  BadData bad = Make(BadDataPolicy::kDeadLetter);
  BadRowPolicy policy(&bad, /*worker=*/1);
  EXPECT_TRUE(policy.NeedsPosition({.reason = "why"}));
  const RowPosition position{.source = "stream s",
                             .shard = "shard-1",
                             .sequence_number = "77",
                             .line = 2,
                             .partition_key = "k",
                             .arrival_micros = 1};
  BadRow row{.column = "n", .reason = "why"};
  ASSERT_TRUE(policy.Handle(position, row, std::string_view("all\0of it", 9)).ok());
  row.data = "a line";
  RowPosition within = position;
  within.offset = 4;
  ASSERT_TRUE(policy.Handle(within, row, "all of it").ok());
  EXPECT_TRUE(bad.letters(0)->empty());
  LetterWriter writer;
  ASSERT_TRUE(bad.letters(1)->Flush(&writer, &metrics_).ok());
  EXPECT_TRUE(bad.letters(1)->empty());
  ASSERT_EQ(writer.letters.size(), 2U);
  const auto& letter = writer.letters[0];
  EXPECT_EQ(letter[Column("pipeline")] + letter[Column("table")] + letter[Column("source")], "pordersstream s");
  EXPECT_EQ(letter[Column("sequence_number")] + letter[Column("line")] + letter[Column("partition_key")], "772k");
  EXPECT_EQ(letter[Column("column")] + letter[Column("reason")] + letter[Column("sub_sequence_number")], "nwhyNULL");
  EXPECT_EQ(letter[Column("data")], "all\\x00of it");
  EXPECT_EQ(letter[Column("part")], "NULL");
  EXPECT_EQ(writer.letters[1][Column("data")], "a line");
  EXPECT_EQ(metrics_.dead_letters.Get(), 2U);
  EXPECT_EQ(metrics_.rows_to_sinks.Get(), 2U);
}

TEST_F(BadDataTest, ALongRecordIsSeveralLettersAndManyAreManyBatches) {
  BadData bad = Make(BadDataPolicy::kDeadLetter);
  DeadLetters& letters = *bad.letters(0);
  letters.Add({}, "", "why", std::string(2 * kMostLetterBytes, 'x') + "end", "");
  for (size_t i = 0; i < kBatchRows; i++) letters.Add({}, "", "why", "short", "");
  LetterWriter writer;
  ASSERT_TRUE(letters.Flush(&writer, &metrics_).ok());
  ASSERT_EQ(writer.letters.size(), kBatchRows + 3);
  for (size_t part = 0; part < 3; part++) {
    EXPECT_EQ(writer.letters[part][Column("part")], std::to_string(part + 1));
    EXPECT_EQ(writer.letters[part][Column("parts")], "3");
  }
  EXPECT_EQ(writer.letters[2][Column("data")], "end");
  EXPECT_EQ(writer.letters[kBatchRows + 2][Column("data")], "short");
  EXPECT_EQ(writer.letters[kBatchRows + 2][Column("part")], "NULL");
}

TEST_F(BadDataTest, ARecordOfManyBadRowsIsKeptOnce) {
  BadData bad = Make(BadDataPolicy::kDeadLetter);
  DeadLetters& letters = *bad.letters(0);
  const auto add = [&](const std::string& number, int64_t part, const std::string& data) {
    letters.Add({.source = "stream s", .sequence_number = number, .sub_sequence_number = part}, "", "why", data, "");
  };
  add("1", -1, "one");
  add("1", -1, "one");
  add("1", 0, "part");
  add("2", -1, "two");
  add("2", -1, "two");
  add("1", -1, "one");
  LetterWriter writer;
  ASSERT_TRUE(letters.Flush(&writer, &metrics_).ok());
  std::vector<std::string> data;
  for (const auto& letter : writer.letters) data.push_back(letter[Column("data")]);
  EXPECT_THAT(data, ElementsAre("one", "NULL", "part", "two", "NULL", "one"));
}

TEST_F(BadDataTest, LongTextsAreCutBetweenCharacters) {
  BadData bad = Make(BadDataPolicy::kDeadLetter);
  std::string reason = "x";
  for (int i = 0; i < 2000; i++) reason += "\u00e9";
  bad.letters(0)->Add({}, "", reason, "", std::string(1 << 20, 'r'));
  LetterWriter writer;
  ASSERT_TRUE(bad.letters(0)->Flush(&writer, &metrics_).ok());
  EXPECT_EQ(writer.letters[0][Column("reason")], reason.substr(0, 1999) + "...");
  EXPECT_EQ(writer.letters[0][Column("row")], std::string(200'000, 'r') + "...");
}

// Which rows the observer sees: of each cause the first, then ever fewer, with what is known of them.
TEST_F(BadDataTest, TheObserverSeesTheFirstOfEachCause) {
  std::vector<BadRecordEvent> seen;
  BadData bad({.table = "orders",
               .policy = BadDataPolicy::kDrop,
               .observer = [&](const BadRecordEvent& event) { seen.push_back(event); }},
              1, &clock_, &metrics_);
  BadRowPolicy policy(&bad, 0);
  const std::string record(10'000, 'r');
  for (int i = 0; i < 1'000; i++) {
    const BadRow row{.column = "n", .reason = "expected BIGINT, found the string \"" + std::to_string(i) + "\""};
    EXPECT_EQ(policy.NeedsPosition(row), i < 10 || ((i + 1) & i) == 0) << i;
    ASSERT_TRUE(policy.Handle({.source = "stream s", .sequence_number = std::to_string(i)}, row, record).ok());
  }
  const BadRow rare{.reason = "no JSON", .data = "a line"};
  EXPECT_TRUE(policy.NeedsPosition(rare));
  ASSERT_TRUE(policy.Handle({.source = "stream s", .shard = "shard-1"}, rare, record).ok());
  ASSERT_EQ(seen.size(), 11U);  // 1, 2, 4, ..., 512, and the other one
  EXPECT_EQ(seen[0].table, "orders");
  EXPECT_EQ(seen[0].fate, BadRecordEvent::Fate::kDropped);
  EXPECT_EQ(seen[0].reason, "column n: expected BIGINT, found the string \"0\"");
  EXPECT_EQ(seen[0].record, record.substr(0, BadRecordEvent::kMostRecordBytes));
  EXPECT_EQ(seen[0].record_bytes, 10'000U);
  EXPECT_EQ(seen[9].rows_like_it, 512U);
  EXPECT_EQ(seen[9].position.sequence_number, "511");
  EXPECT_EQ(seen[10].reason, "no JSON");
  EXPECT_EQ(seen[10].rows_like_it, 1U);
  EXPECT_EQ(seen[10].position.shard, "shard-1");
  EXPECT_EQ(seen[10].record, "a line");
}

TEST_F(BadDataTest, TheObserverSeesTheRowThatStopsThePipeline) {
  std::vector<BadRecordEvent> seen;
  const BadRecordObserver observer = [&](const BadRecordEvent& event) { seen.push_back(event); };
  BadData fails({.table = "orders", .observer = observer}, 1, &clock_, &metrics_);
  EXPECT_FALSE(BadRowPolicy(&fails, 0).Handle({.source = "stream s"}, {.reason = "why"}, "x").ok());
  BadData keeps({.table = "orders", .policy = BadDataPolicy::kDeadLetter, .observer = observer}, 1, &clock_, &metrics_);
  EXPECT_TRUE(BadRowPolicy(&keeps, 0).Handle({.source = "stream s"}, {.reason = "why"}, "y").ok());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].fate, BadRecordEvent::Fate::kFails);
  EXPECT_EQ(seen[0].record, "x");
  EXPECT_EQ(seen[1].fate, BadRecordEvent::Fate::kDeadLetter);
}

TEST_F(BadDataTest, FailSaysWhatElseThereIs) {
  BadData bad = Make(BadDataPolicy::kFail);
  const Status status = BadRowPolicy(&bad, 0).Handle({.source = "stream s"}, {.reason = "why"}, "x");
  EXPECT_EQ(status.message(), "bad data in table orders (stream s): why");
  EXPECT_THAT(status.hint(), AllOf(HasSubstr("'drop'"), HasSubstr("'dead_letter'")));
  EXPECT_EQ(metrics_.bad_rows.Get(), 0U);
}

}  // namespace
}  // namespace laminar
