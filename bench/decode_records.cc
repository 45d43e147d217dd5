// decode_records avro|json|parquet RECORDS SCHEMA [COLUMN...]: decodes a file of records (each behind its length in
// four bytes, the lowest first) for two seconds of CPU time on one core, and prints rows a second and how many rows
// there are. bench/decoding.py runs it beside others. SCHEMA: the file of an Avro schema, whose columns are decoded; of
// other formats '-', and those are the page's sensor rows. Columns: all, or the named ones.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_decoder.h"
#include "formats/json/json_format.h"
#include "formats/parquet/parquet_format.h"
#include "sensor_columns.h"

namespace laminar {
namespace {

constexpr double kSeconds = 2;

class Refuse final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override { return Status::User(row.column + ": " + row.reason); }
};

std::string ReadAll(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::unique_ptr<Decoder> MakeDecoder(const std::string& format, const char* schema_file,
                                     const std::vector<std::string>& names) {
  const auto keep = [&](Schema* columns) {
    std::erase_if(*columns, [&](const Column& column) {
      return !names.empty() && std::find(names.begin(), names.end(), column.name) == names.end();
    });
  };
  if (format == "avro") {
    AvroOptions options;
    options.schema = AvroSchema::Parse(ReadAll(schema_file)).value();
    Schema columns = ColumnsOf(*options.schema);
    keep(&columns);
    return AvroDecoder::Make(columns, options).value();
  }
  Schema columns = SensorColumns();
  keep(&columns);
  const bool is_json = format == "json";
  const std::unique_ptr<Format> made = is_json ? MakeJsonFormat() : MakeParquetFormat(1 << 30);
  std::vector<Status> problems;
  const std::vector<OptionSpec> specs = is_json ? JsonFormatOptions() : ParquetFormatOptions();
  return made->MakeDecoder(columns, ParseOptions(specs, {}, OptionUse::kSource, "table t", &problems)).value();
}

int Run(int count, char** arguments) {
  const std::string bytes = ReadAll(arguments[2]);
  std::string padded;
  std::vector<std::pair<size_t, size_t>> places;
  for (size_t at = 0; at < bytes.size();) {
    uint32_t size;
    std::memcpy(&size, bytes.data() + at, sizeof(size));
    places.emplace_back(padded.size(), size);
    padded.append(bytes, at + sizeof(size), size);
    padded.append(kRecordPadding, ' ');
    at += sizeof(size) + size;
  }
  std::vector<RecordView> records;
  for (const auto& [at, size] : places) records.emplace_back(padded.data() + at, size);
  const auto decoder = MakeDecoder(arguments[1], arguments[3], {arguments + 4, arguments + count});
  Refuse refuse;
  Batch batch(decoder->schema());
  size_t rows = 0, runs = 0;
  const double begin = CpuSeconds();
  do {
    DecodeCursor cursor;
    for (bool done = false; !done; rows += batch.rows()) {
      batch.Reset();
      done = decoder->Decode(records, &cursor, &refuse, &batch).value();
    }
    runs++;
  } while (CpuSeconds() - begin < kSeconds);
  std::printf("%.0f %zu\n", static_cast<double>(rows) / (CpuSeconds() - begin), rows / runs);
  return 0;
}

}  // namespace
}  // namespace laminar

int main(int count, char** arguments) {
  if (count < 4) return 2;
  return laminar::Run(count, arguments);
}
