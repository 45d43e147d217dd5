#include "infer/sample_rows.h"

#include <gmock/gmock.h>

#include "duck/pch.h"
#include "infer/world_for_test.h"

namespace laminar::infer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Record i came from shard i, whose key it says.
class Origins final : public RowOrigins {
 public:
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "stream s";
    position.shard = std::to_string(row);
    return position;
  }
  void FillMetadata(std::string_view /*name*/, std::span<const uint32_t> rows, duckdb::Vector* out) const override {
    for (size_t i = 0; i < rows.size(); i++) {
      duckdb::FlatVector::GetData<duckdb::string_t>(*out)[i] =
          duckdb::StringVector::AddString(*out, "key" + std::to_string(rows[i]));
    }
  }
};

class SampleRowsTest : public ::testing::Test {
 protected:
  SampledRecords Sample(const std::vector<std::string>& records, const std::string& file = "") {
    auto storage = std::make_shared<std::vector<std::string>>();
    SampledRecords sample;
    for (const std::string& record : records) storage->push_back(record + std::string(kRecordPadding, '\0'));
    for (const std::string& record : *storage)
      sample.records.push_back(std::string_view(record).substr(0, record.size() - kRecordPadding));
    sample.storage = storage;
    sample.file = file;
    if (file.empty()) sample.origins = std::make_shared<Origins>();
    return sample;
  }
  SampleTable Table(const std::string& format, const Schema& schema) {
    SampleTable table;
    table.spec.schema = schema;
    for (size_t i = 0; i < table.spec.schema.size(); i++) table.spec.schema[i].position = static_cast<uint32_t>(i);
    table.spec.format = world_.registry().FindFormat(format);
    std::vector<Status> problems;
    table.spec.options = ParseOptions(world_.registry().FormatOptions(format), {}, OptionUse::kSource, "t", &problems);
    table.spec.options.set_record_columns(schema.size());
    CHECK(problems.empty());
    return table;
  }
  SampleRows Read(const SampleTable& table, const std::vector<SampledRecords>& samples, size_t rows = 20) {
    Result<SampleRows> read =
        ReadSample(world_.registry(), table, samples, clock_, {.rows = rows, .deadline_micros = 60 * kMicrosPerSecond});
    CHECK_MSG(read.ok(), read.status().ToString().c_str());
    return std::move(read).value();
  }

  ManualClock clock_;
  TestWorld world_;
  const Schema schema_ = {{"n", MakeType("BIGINT"), false}, {"t", MakeType("VARCHAR"), false}};
};

TEST_F(SampleRowsTest, RowsAndWhatIsNone) {
  const SampleRows read = Read(Table("json", schema_), {Sample({R"({"n":1,"t":"a"})", R"({"n":"x"})", R"({"t":null})"}),
                                                        Sample({"no JSON", R"({"n":2})"})});
  EXPECT_THAT(read.rows, ElementsAre(R"({"n":1,"t":"a"})", R"({"n":null,"t":null})", R"({"n":2,"t":null})"));
  EXPECT_EQ(read.row_count, 3u);
  EXPECT_EQ(read.bad_count, 2u);
  ASSERT_THAT(read.bad, SizeIs(2));
  EXPECT_EQ(read.bad[0].place, "stream s, shard 1");
  EXPECT_EQ(read.bad[0].column, "n");
  EXPECT_THAT(read.bad[0].reason, HasSubstr("expected BIGINT"));
  EXPECT_EQ(read.bad[0].text, R"({"n":"x"})");
  EXPECT_EQ(read.bad[1].column, "");
  EXPECT_EQ(read.columns[0].nulls, 1u);
  EXPECT_EQ(read.columns[0].bad, 1u);
  EXPECT_EQ(read.columns[1].nulls, 2u);
  EXPECT_TRUE(read.is_complete);
}

TEST_F(SampleRowsTest, OnlyTheFirstAreShown) {
  std::vector<std::string> records;
  for (int i = 0; i < 50; i++) records.push_back(i % 2 == 0 ? R"({"n":1})" : std::string(5'000, '{'));
  const SampleRows read = Read(Table("json", schema_), {Sample(records)}, 3);
  EXPECT_THAT(read.rows, SizeIs(3));
  EXPECT_THAT(read.bad, SizeIs(3));
  EXPECT_LT(read.bad[0].text.size(), 1'100u);
  EXPECT_EQ(read.row_count, 25u);
  EXPECT_EQ(read.bad_count, 25u);
}

TEST_F(SampleRowsTest, WhatComesWithRecords) {
  SampleTable table = Table("json", {{"n", MakeType("BIGINT"), false}});
  table.metadata_columns = {{"k", MakeType("VARCHAR"), false}};
  table.metadata = {{"partition_key", "VARCHAR"}};
  const SampleRows read = Read(table, {Sample({R"({"n":1})", "{", R"({"n":2})"})});
  EXPECT_THAT(read.rows, ElementsAre(R"({"n":1,"k":"key0"})", R"({"n":2,"k":"key2"})"));
}

TEST_F(SampleRowsTest, FilesByTheirLines) {
  SampledRecords cut = Sample({"{\"n\":1}\n{\"n\":}\n{\"n\":3}\n{\"n\":4"}, "file x");
  cut.is_cut = true;
  SampleRows read = Read(Table("json", schema_), {cut});
  EXPECT_EQ(read.row_count, 2u);
  ASSERT_THAT(read.bad, SizeIs(1));
  EXPECT_EQ(read.bad[0].place, "file x, line 2");
  read = Read(Table("csv", schema_), {Sample({"n,t\n1,a\n2,b\n"}, "file x")});
  EXPECT_THAT(read.rows, ElementsAre(R"({"n":1,"t":"a"})", R"({"n":2,"t":"b"})"));
  read = Read(Table("raw_string", {{"line", MakeType("VARCHAR"), false}}), {Sample({"one\ntwo\n"}, "file x")});
  EXPECT_THAT(read.rows, ElementsAre(R"({"line":"one"})", R"({"line":"two"})"));
  SampledRecords parquet = Sample({"PAR1\x15\x01 and so on"}, "file x");
  parquet.is_cut = true;
  const auto refused = ReadSample(world_.registry(), Table("parquet", schema_), {parquet}, clock_, {});
  EXPECT_THAT(refused.status().message(), HasSubstr("larger than what is read"));
}

TEST_F(SampleRowsTest, NothingIsNothing) {
  const SampleRows read = Read(Table("json", schema_), {});
  EXPECT_THAT(read.rows, IsEmpty());
  EXPECT_EQ(read.row_count, 0u);
}

}  // namespace
}  // namespace laminar::infer
