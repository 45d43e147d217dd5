#include "infer/record_format.h"

#include <algorithm>

#include "base/byte_order_mark.h"
#include "duck/pch.h"
#include "formats/avro/avro_container.h"
#include "formats/schema_header.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kParquetMagic = "PAR1";
// So much of a text is looked at; a character may be cut at its end.
constexpr size_t kLookedAt = 4096;

bool IsText(std::string_view bytes) {
  const size_t most_cut = bytes.size() > kLookedAt ? 4 : 1;
  bytes = bytes.substr(0, kLookedAt);
  for (size_t cut = 0; cut < most_cut && cut < bytes.size(); cut++) {
    if (duckdb::Value::StringIsValid(bytes.data(), bytes.size() - cut)) return bytes.find('\0') == bytes.npos;
  }
  return false;
}

// Bytes of an encoding that has letters where ASCII has none, such as Latin-1: no control character is among them, and
// most are ASCII.
bool MayBeOtherText(std::string_view bytes) {
  bytes = bytes.substr(0, kLookedAt);
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\r' && c != '\n') || c == '\x7F';
  };
  if (std::any_of(bytes.begin(), bytes.end(), is_control)) return false;
  const auto ascii =
      static_cast<size_t>(std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & '\x80') == 0; }));
  return ascii * 2 > bytes.size();
}

// How a record begins that has the id of a schema in a registry; "" = it has none.
std::string RegistryHeader(std::string_view record) {
  SchemaHeader header;
  if (ReadSchemaHeader(RegistryKind::kConfluent, record, &header) == nullptr && record.size() > header.size) {
    return "a zero byte and the number " + DescribeSchemaId(header.id) +
           ", as a record does whose schema is in a schema registry (Confluent's format)";
  }
  if (record.size() > kGlueHeaderBytes &&
      (IsZlibBehindHeader(record) || ReadSchemaHeader(RegistryKind::kGlue, record, &header) == nullptr))
    return "the byte 3 and what may be an id, as a record does whose schema is in the AWS Glue Schema Registry";
  return "";
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
  if (const std::string header = RegistryHeader(record); !header.empty()) {
    return Status::User("it begins with " + header,
                        "The columns are in the registry: write a table without any, with the options that "
                        "docs/schema_registry.md names; of anything else format = 'raw' gives the bytes");
  }
  if (MayBeOtherText(record) && !IsText(record)) {
    return Status::User("it is text, but not in UTF-8",
                        "Convert it (iconv -f LATIN1 -t UTF-8); format = 'raw' gives the "
                        "bytes as they are, in one column of type BLOB");
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
