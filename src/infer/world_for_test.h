// For tests of this folder: all formats, and records in memory.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "duck/database.h"
#include "formats/avro/avro_format.h"
#include "formats/compression/compressed_format.h"
#include "formats/csv/csv_format.h"
#include "formats/json/json_format.h"
#include "formats/parquet/parquet_format.h"
#include "formats/raw/raw_format.h"
#include "infer/inferred_table.h"

namespace laminar::infer {

class TestWorld {
 public:
  TestWorld() {
    constexpr int64_t kMemory = 256 << 20;
    database_ = std::move(DuckDatabase::Open(&clock_, kMemory)).value();
    files_ = std::move(MemoryFiles::Open(kMemory)).value();
    registry_.AddFormat("json", MakeCompressedFormat(MakeJsonFormat()), WithCompression(JsonFormatOptions()));
    registry_.AddFormat("csv", MakeCompressedFormat(MakeCsvFormat(database_.get())),
                        WithCompression(CsvFormatOptions()));
    registry_.AddFormat("raw", MakeCompressedFormat(MakeRawFormat()), WithCompression({}));
    registry_.AddFormat("raw_string", MakeCompressedFormat(MakeRawStringFormat()), WithCompression({}));
    registry_.AddFormat("parquet", MakeParquetFormat(kMemory), ParquetFormatOptions());
    registry_.AddFormat("avro",
                        MakeAvroFormat([](const std::string&) { return Status::User("there are no files"); }, nullptr),
                        AvroFormatOptions());
  }

  // One record is a file.
  Result<InferredTable> Infer(std::vector<std::string> records, const InferSettings& settings = {},
                              uint64_t most_rows = UINT64_MAX) {
    std::deque<std::string> padded;
    Sample sample;
    for (std::string& record : records) {
      const size_t size = record.size();
      padded.push_back(std::move(record) + std::string(kRecordPadding, ' '));
      sample.records.push_back(std::string_view(padded.back()).substr(0, size));
    }
    sample.place = [](size_t record) { return "record " + std::to_string(record); };
    sample.most_rows = most_rows;
    sample.is_file = records.size() == 1;
    return InferTable(registry_, files_.get(), sample, settings);
  }

  const Registry& registry() const { return registry_; }

 private:
  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::shared_ptr<MemoryFiles> files_;  // shared: with its sessions
  Registry registry_;
};

}  // namespace laminar::infer
