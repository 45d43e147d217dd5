#include <gmock/gmock.h>

#include "base/random.h"
#include "formats/compression/compressed_decoder.h"
#include "formats/compression/compressed_format.h"
#include "formats/compression/compressor.h"
#include "formats/compression/decompressor.h"
#include "formats/compression/uncompressed_decoder.h"
#include "formats/rows_for_test.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A row a line; "bad" is refused. As small as a format can be that has several rows in a record.
class Lines final : public Decoder {
 public:
  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override {
    auto* values = duckdb::FlatVector::GetData<duckdb::string_t>(out->chunk().data[0]);
    size_t row = out->rows();
    out->origin_rows.resize(row);
    for (; cursor->record < records.size(); *cursor = {cursor->record + 1, 0, 0}) {
      const RecordView record = records[cursor->record];
      while (cursor->offset < record.size()) {
        const size_t end = std::min(record.find('\n', cursor->offset), record.size());
        const std::string_view line = record.substr(cursor->offset, end - cursor->offset);
        if (line == "bad") {
          RETURN_IF_ERROR(
              bad_rows->OnBadRow({cursor->record, cursor->offset, cursor->line + 1, "line", "it is bad", line}));
        } else {
          if (row == kBatchRows) {
            out->chunk().SetCardinality(row);
            return false;
          }
          values[row++] = duckdb::string_t(line.data(), static_cast<uint32_t>(line.size()));  // not copied
          out->origin_rows.push_back(cursor->record);
        }
        cursor->offset = end + 1;
        cursor->line++;
      }
    }
    out->chunk().SetCardinality(row);
    return true;
  }

 private:
  const Schema schema_ = TestSchema({{"line", "VARCHAR"}});
};

class LineEncoder final : public Encoder {
 public:
  Status Encode(const Batch& batch, EncodedRows* out) override {
    for (size_t i = 0; i < batch.rows(); i++) {
      out->bytes += batch.chunk().GetValue(0, i).ToString();
      if (out->newlines) out->bytes.push_back('\n');
      out->ends.push_back(out->bytes.size());
    }
    return Status::Ok();
  }
};

class LineFormat final : public Format {
 public:
  explicit LineFormat(FileLayout layout = FileLayout::kLines) : layout_(layout) {}
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Decoder>(std::make_unique<Lines>());
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(std::make_unique<LineEncoder>());
  }
  FileLayout Layout(const OptionValues&) const override { return layout_; }

 private:
  const FileLayout layout_;
};

OptionValues Options(const std::string& compression, OptionUse use = OptionUse::kBoth) {
  std::vector<Status> problems;
  const std::vector<OptionSpec> specs = WithCompression({});
  const std::vector<WrittenOption> written = {{"compression", compression, {}}};
  OptionValues values = ParseOptions(specs, written, use, "table t", &problems);
  CHECK(problems.empty());
  return values;
}

std::string Compress(Compression compression, const std::string& bytes) {
  std::string out;
  Compressor(compression).Append(bytes, &out);
  return out;
}

Decoded Decode(const std::string& compression, const std::vector<std::string>& records) {
  const TestRecords memory(records);
  const auto format = MakeCompressedFormat(std::make_unique<LineFormat>());
  auto decoder = format->MakeDecoder({}, Options(compression)).value();
  return DecodeAll(decoder.get(), memory.views());
}

class CompressionTest : public ::testing::TestWithParam<Compression> {
 protected:
  const std::string name_ = GetParam() == Compression::kGzip ? "gzip" : "zstd";
};
INSTANTIATE_TEST_SUITE_P(Both, CompressionTest, ::testing::Values(Compression::kGzip, Compression::kZstd),
                         [](const auto& info) { return info.param == Compression::kGzip ? "Gzip" : "Zstd"; });

TEST_P(CompressionTest, RecordsOfAllSizesThereAndBack) {
  Random random(11);
  std::vector<std::string> records, lines;
  for (int i = 0; i < 200; i++) {
    std::string record;
    for (uint64_t n = random.Uniform(i % 20 == 0 ? 9000 : 5); n > 0; n--) {
      lines.push_back(std::to_string(random.Next()) + std::string(random.Uniform(40), 'x'));
      record += lines.back() + "\n";
    }
    const size_t cut = random.Uniform(record.size() + 1);
    records.push_back(i % 3 > 0
                          ? Compress(GetParam(), record)
                          : Compress(GetParam(), record.substr(0, cut)) + Compress(GetParam(), record.substr(cut)));
  }
  for (const std::string& compression : {name_, std::string("auto")}) {
    const Decoded decoded = Decode(compression, records);
    EXPECT_TRUE(decoded.bad.empty());
    ASSERT_EQ(decoded.rows.size(), lines.size());
    for (size_t i = 0; i < lines.size(); i++) ASSERT_EQ(decoded.row(i), lines[i]);
    EXPECT_TRUE(std::is_sorted(decoded.origins.begin(), decoded.origins.end()));
  }
}

TEST_P(CompressionTest, WhatIsDamagedIsABadRow) {
  const std::string good = Compress(GetParam(), "one\ntwo\nthree, which is a little longer\n");
  std::vector<std::string> records;
  for (size_t i = 0; i < good.size(); i++) records.push_back(good.substr(0, i));
  records.push_back(good + "x");
  records.push_back(good + good.substr(0, 7));
  records.push_back("one\n");
  std::string wrong = good;
  wrong[good.size() / 2] = static_cast<char>(wrong[good.size() / 2] ^ 0x10);
  records.push_back(wrong);
  const size_t bad = records.size();
  records.push_back(good);
  const Decoded decoded = Decode(name_, records);
  ASSERT_EQ(decoded.bad.size(), bad);
  EXPECT_EQ(decoded.rows.size(), 3u);
  for (size_t i = 0; i < bad; i++) {
    EXPECT_EQ(decoded.bad[i].record, i);
    EXPECT_FALSE(decoded.bad[i].reason.empty());
  }
  EXPECT_EQ(decoded.bad[0].reason, "the record is empty, and no " + name_ + " data");
  EXPECT_EQ(decoded.bad[good.size() - 1].reason, name_ + ": the data ends too early");
}

TEST_P(CompressionTest, BadRowsAreNamedWithinTheRecord) {
  const std::string bad = Compress(GetParam(), "one\nbad\nthree\n");
  const Decoded decoded = Decode(name_, {Compress(GetParam(), "zero"), bad});
  EXPECT_EQ(decoded.rows.size(), 3u);
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_EQ(decoded.bad[0].record, 1u);
  EXPECT_EQ(decoded.bad[0].offset, 4u);
  EXPECT_EQ(decoded.bad[0].line, 2u);
  EXPECT_EQ(decoded.bad_data[0], Compress(GetParam(), "bad"));
  EXPECT_EQ(Decode("auto", {bad}).bad_data[0], "bad");
}

TEST_P(CompressionTest, ShardsTakeTurnsAndARestartGoesOn) {
  std::string text;
  for (int i = 0; i < 9000; i++) text += std::to_string(i) + "\n";
  const TestRecords a({Compress(GetParam(), text)}), b({Compress(GetParam(), text)});
  const auto format = MakeCompressedFormat(std::make_unique<LineFormat>());
  auto decoder = format->MakeDecoder({}, Options(name_)).value();
  DecodeCursor cursors[2];
  bool done[2] = {false, false};
  int next[2] = {0, 0};
  BadRows bad;
  Batch batch(decoder->schema());
  for (int turn = 0; !done[0] || !done[1]; turn = 1 - turn) {
    if (turn == 0 && next[0] == 2048) decoder = format->MakeDecoder({}, Options(name_)).value();
    batch.Reset();
    done[turn] = decoder->Decode((turn == 0 ? a : b).views(), &cursors[turn], &bad, &batch).value();
    for (size_t row = 0; row < batch.rows(); row++)
      ASSERT_EQ(batch.chunk().GetValue(0, row).ToString(), std::to_string(next[turn]++));
  }
  EXPECT_EQ(next[0], 9000);
  EXPECT_EQ(next[1], 9000);
}

TEST_P(CompressionTest, TheSizeOfARecordIsLimited) {
  const std::string text(10'000, 'x');
  const std::string compressed = Compress(GetParam(), text);
  RecordBuffer buffer;
  EXPECT_EQ(Decompressor(10'000).Decompress(compressed, GetParam(), &buffer), "");
  EXPECT_EQ(buffer.view(), text);
  EXPECT_THAT(Decompressor(9'999).Decompress(compressed, GetParam(), &buffer), HasSubstr("the record is larger than"));
}

TEST_P(CompressionTest, ASinkCompressesEachRecord) {
  const auto format = MakeCompressedFormat(std::make_unique<LineFormat>());
  const Schema schema = TestSchema({{"line", "VARCHAR"}});
  auto encoder = format->MakeEncoder(schema, Options(name_)).value();
  Batch batch(schema);
  for (size_t i = 0; i < 3; i++) batch.chunk().SetValue(0, i, duckdb::Value("row " + std::to_string(i)));
  batch.chunk().SetCardinality(3);
  EncodedRows rows;
  ASSERT_TRUE(encoder->Encode(batch, &rows).ok());
  ASSERT_EQ(rows.rows(), 3u);
  const Decoded decoded = Decode(name_, {std::string(rows.row(0)), std::string(rows.row(1)), std::string(rows.row(2))});
  EXPECT_THAT(decoded.origins, ElementsAre(0, 1, 2));
  EXPECT_EQ(decoded.row(2), "row 2");

  EncodedRows lines;
  lines.newlines = true;
  ASSERT_TRUE(encoder->Encode(batch, &lines).ok());
  ASSERT_TRUE(encoder->Encode(batch, &lines).ok());
  EXPECT_EQ(Decode(name_, {lines.bytes}).rows.size(), 6u);
}

TEST(Compression, AutoTakesPlainRecordsToo) {
  const Decoded decoded =
      Decode("auto", {"plain", Compress(Compression::kZstd, "zstd"), Compress(Compression::kGzip, "gzip"), ""});
  EXPECT_TRUE(decoded.bad.empty());
  ASSERT_EQ(decoded.rows.size(), 3u);
  EXPECT_EQ(decoded.row(0) + decoded.row(1) + decoded.row(2), "plainzstdgzip");
}

// No record is good.
class Refuses final : public Decoder {
 public:
  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* /*out*/) override {
    for (; cursor->record < records.size(); cursor->record++)
      RETURN_IF_ERROR(bad_rows->OnBadRow({.record = cursor->record, .column = "", .reason = "it is bad"}));
    return true;
  }

 private:
  const Schema schema_ = TestSchema({{"line", "VARCHAR"}});
};

TEST(Compression, ABadRowThatMayBeCompressedSaysSo) {
  const TestRecords memory({Compress(Compression::kGzip, "a"), "b", Compress(Compression::kZstd, "c")});
  UncompressedDecoder decoder(std::make_unique<Refuses>());
  const Decoded decoded = DecodeAll(&decoder, memory.views());
  ASSERT_EQ(decoded.bad.size(), 3u);
  EXPECT_EQ(decoded.bad[0].reason,
            "it is bad; its record begins as gzip does: the option compression = 'gzip' reads that");
  EXPECT_EQ(decoded.bad[1].reason, "it is bad");
  EXPECT_THAT(decoded.bad[2].reason, HasSubstr("compression = 'zstd'"));
}

TEST(Compression, AutoIsOnlyForReading) {
  const auto format = MakeCompressedFormat(std::make_unique<LineFormat>());
  std::vector<Status> problems;
  format->Check({}, Options("auto"), OptionUse::kSource, &problems);
  EXPECT_TRUE(problems.empty());
  format->Check({}, Options("auto"), OptionUse::kSink, &problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0].message(), HasSubstr("compression = 'auto' is only for reading"));
}

TEST(Compression, FilesOfLinesThatAreRecordsCannotBeCut) {
  const auto lines = MakeCompressedFormat(std::make_unique<LineFormat>());
  EXPECT_EQ(lines->Layout(Options("none")), FileLayout::kLines);
  EXPECT_EQ(lines->Layout(Options("gzip")), FileLayout::kWhole);
  const auto records = MakeCompressedFormat(std::make_unique<LineFormat>(FileLayout::kLineIsRow));
  EXPECT_EQ(records->Layout(Options("none")), FileLayout::kLineIsRow);
  EXPECT_EQ(records->Layout(Options("auto")), FileLayout::kNone);
}

// ---- behind a header of AWS Glue's schema registry

std::string Glue(const std::string& bytes) {
  return MakeSchemaHeader(std::string(16, 'i')) + bytes;
}

TEST(GlueCompression, RecordsSayEachWhetherTheyAreCompressed) {
  const std::string plain = Glue("\none\ntwo"), zlib = Compress(Compression::kGlue, Glue("\nthree\nbad\nfour"));
  EXPECT_EQ(zlib.substr(0, 3), "\3\5i");
  EXPECT_EQ(zlib.substr(18, 1), "\x78");  // as zlib data begins
  std::string torn = zlib, longer = zlib + "x", empty = zlib.substr(0, 18);
  torn.pop_back();
  const TestRecords memory({plain, plain, zlib, torn, "no header", longer, plain, empty, zlib});
  CompressedDecoder decoder(std::make_unique<Lines>(), Compression::kGlue, 1 << 20);
  const Decoded decoded = DecodeAll(&decoder, memory.views());
  std::vector<uint32_t> origins;
  std::string texts;
  for (size_t i = 0; i < decoded.rows.size(); i++) {
    if (decoded.row(i).starts_with("\3")) continue;  // the header, which is kept
    origins.push_back(decoded.origins[i]);
    texts += decoded.row(i) + " ";
  }
  EXPECT_EQ(texts, "one two one two three four no header one two three four ");
  EXPECT_EQ(origins, (std::vector<uint32_t>{0, 0, 1, 1, 2, 2, 4, 6, 6, 8, 8}));
  ASSERT_EQ(decoded.bad.size(), 5U);
  EXPECT_EQ(decoded.bad[0].record, 2U);
  EXPECT_EQ(decoded.bad[1].record, 3U);
  EXPECT_EQ(decoded.bad[1].reason, "zlib: the data ends too early");
  EXPECT_THAT(decoded.bad[2].reason, HasSubstr("zlib: there are other bytes behind the end of the data, from byte"));
  EXPECT_EQ(decoded.bad[3].reason, "zlib: the data ends too early");
  EXPECT_EQ(decoded.bad[4].record, 8U);
}

TEST(GlueCompression, ALargeRecordIsBad) {
  const TestRecords memory({Compress(Compression::kGlue, Glue(std::string(100'000, 'x'))), Glue("\nsmall")});
  CompressedDecoder decoder(std::make_unique<Lines>(), Compression::kGlue, 1000);
  const Decoded decoded = DecodeAll(&decoder, memory.views());
  ASSERT_EQ(decoded.bad.size(), 1U);
  EXPECT_THAT(decoded.bad[0].reason, HasSubstr("zlib: the record is larger than"));
  EXPECT_EQ(decoded.row(1), "small");
}

TEST(GlueCompression, PlainRecordsGoOverSeveralBatches) {
  std::vector<std::string> records;
  for (int i = 0; i < 5000; i++) {
    const std::string record = Glue("\n" + std::to_string(i));
    records.push_back(i % 1000 == 7 ? Compress(Compression::kGlue, record) : record);
  }
  const TestRecords memory(records);
  CompressedDecoder decoder(std::make_unique<Lines>(), Compression::kGlue, 1 << 20);
  const Decoded decoded = DecodeAll(&decoder, memory.views());
  ASSERT_EQ(decoded.rows.size(), 10'000U);
  for (size_t i = 0; i < 5000; i++) {
    ASSERT_EQ(decoded.row(2 * i + 1), std::to_string(i));
    ASSERT_EQ(decoded.origins[2 * i + 1], i);
  }
}

}  // namespace
}  // namespace laminar
