#include "infer/record_format.h"

#include <algorithm>

#include "duck/pch.h"
#include "formats/avro/avro_container.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// So much of a text is looked at; a character may be cut at its end.
constexpr size_t kLookedAt = 4096;

bool IsText(std::string_view bytes) {
  bytes = bytes.substr(0, kLookedAt);
  for (size_t cut = 0; cut < 4 && cut < bytes.size(); cut++) {
    if (duckdb::Value::StringIsValid(bytes.data(), bytes.size() - cut)) return bytes.find('\0') == bytes.npos;
  }
  return false;
}

}  // namespace

Compression CompressionOf(const std::vector<RecordView>& records) {
  if (records.empty()) return Compression::kNone;
  const Compression first = DetectCompression(records.front());
  const bool all = std::all_of(records.begin(), records.end(),
                               [&](RecordView record) { return DetectCompression(record) == first; });
  return all ? first : Compression::kAuto;
}

bool IsLines(std::string_view record) {
  return DetectCompression(record) == Compression::kNone && !record.starts_with(kParquetMagic) &&
         !record.starts_with(kAvroMagic);
}

Result<std::string> FormatOf(std::string_view record) {
  if (record.starts_with(kParquetMagic)) return std::string("parquet");
  if (record.starts_with(kAvroMagic)) return std::string("avro");
  if (record.starts_with("\xC3\x01")) {
    return Status::User("it begins as a single object of Avro, which does not carry its schema",
                        "Write a table without columns, and the schema in its options: format = 'avro', "
                        "'avro.schema_file' = 'SCHEMA.avsc'");
  }
  if (!IsText(record)) {
    return Status::User("its bytes begin neither as JSON, CSV, Parquet nor as a container of Avro",
                        "Name the format with --format if it is one of them; format = 'raw' gives the bytes as they "
                        "are, in one column of type BLOB");
  }
  std::string_view text = record;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t first = text.find_first_not_of(" \t\r\n");
  return std::string(first != text.npos && (text[first] == '{' || text[first] == '[') ? "json" : "csv");
}

}  // namespace laminar::infer
