// avro_decode SCHEMA RECORDS [COLUMN...]: decodes a file of records (each behind its length in four bytes, the lowest
// first) for two seconds of CPU time on one core, and prints rows a second and how many rows there are.
// bench/avro_bench.py runs it beside fastavro. SCHEMA: a file; columns: those of the schema, all or the named ones.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_decoder.h"

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

int Run(int count, char** arguments) {
  AvroOptions options;
  options.schema = AvroSchema::Parse(ReadAll(arguments[1])).value();
  Schema columns = ColumnsOf(*options.schema);
  std::erase_if(columns, [&](const Column& column) {
    return count > 3 && std::find(arguments + 3, arguments + count, column.name) == arguments + count;
  });
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
  const std::unique_ptr<AvroDecoder> decoder = AvroDecoder::Make(columns, options).value();
  Refuse refuse;
  Batch batch(columns);
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
  if (count < 3) return 2;
  return laminar::Run(count, arguments);
}
