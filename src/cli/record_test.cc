#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/record_format.h"
#include "cli/record_text.h"

namespace laminar::cli {
namespace {

using ::testing::ElementsAre;

class NoBadRows final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::Bug(row.reason); }
};

// All rows of `records`, and how many batches they took.
std::vector<std::string> Decode(RecordKind kind, const std::vector<std::string>& records, int* batches) {
  const auto decoder = MakeRecordDecoder(kind);
  const std::vector<RecordView> views(records.begin(), records.end());
  DecodeCursor cursor;
  NoBadRows handler;
  std::vector<std::string> rows;
  for (*batches = 1;; ++*batches) {
    Batch batch(decoder->schema());
    const bool used_up = decoder->Decode(views, &cursor, &handler, &batch).value();
    EXPECT_EQ(batch.origin_rows.size(), batch.rows());
    ForEachRecord(batch, [&](size_t, std::string_view data) { rows.emplace_back(data); });
    if (used_up) return rows;
  }
}

TEST(RecordFormat, WholeRecords) {
  int batches = 0;
  EXPECT_THAT(Decode(RecordKind::kWhole, {"a\nb", "", std::string("\0\xff", 2)}, &batches),
              ElementsAre("a\nb", "", std::string("\0\xff", 2)));
  EXPECT_EQ(batches, 1);
}

TEST(RecordFormat, Lines) {
  int batches = 0;
  EXPECT_THAT(Decode(RecordKind::kLines, {"a\n\nb\r\nlong long long line", "c\n", ""}, &batches),
              ElementsAre("a", "b", "long long long line", "c"));
}

TEST(RecordFormat, MoreRowsThanABatch) {
  int batches = 0;
  std::string block;
  std::vector<std::string> records;
  for (size_t i = 0; i < 2 * kBatchRows + 5; i++) {
    block += std::to_string(i) + "\n";
    records.push_back(std::to_string(i));
  }
  EXPECT_EQ(Decode(RecordKind::kLines, {block, "end"}, &batches).size(), records.size() + 1);
  EXPECT_EQ(batches, 3);
  EXPECT_EQ(Decode(RecordKind::kWhole, records, &batches), records);
  EXPECT_EQ(batches, 3);
}

TEST(RecordText, StaysOneLine) {
  EXPECT_EQ(RecordAsText("{\"a\":1}\n"), "{\"a\":1}");
  EXPECT_EQ(RecordAsText("a\nb\tc\x1b[31m"), "a\\nb\tc\\x1b[31m");
  EXPECT_EQ(RecordAsText("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

TEST(RecordText, JsonHoldsWhatIsKnown) {
  RowPosition position;
  position.shard = "shardId-000000000001";
  position.sequence_number = "495";
  position.partition_key = "k";
  position.arrival_micros = 1'767'225'600'123'000;
  EXPECT_EQ(
      RecordAsJson(position, "{\"a\":1}"),
      R"({"shard":"shardId-000000000001","sequence_number":"495","partition_key":"k","arrival":"2026-01-01T00:00:00.123Z","data":"{\"a\":1}"})");
  EXPECT_EQ(RecordAsJson({}, "\xff\xfe"), R"({"data_base64":"//4="})");
}

}  // namespace
}  // namespace laminar::cli
