#include "formats/schema_header.h"

#include "base/check.h"

namespace laminar {
namespace {

constexpr char kConfluentMagic = 0;
constexpr size_t kConfluentIdBytes = 4;
constexpr char kGlueMagic = 3;
constexpr char kGluePlain = 0, kGlueZlib = 5;
constexpr size_t kGlueIdBytes = 16;
static_assert(kGlueHeaderBytes == 2 + kGlueIdBytes);

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr size_t kUuidText = 36;

bool IsHyphenOfUuid(size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

const char* ReadConfluent(std::string_view record, SchemaHeader* header) {
  if (record[0] == kGlueMagic && record.size() >= kGlueHeaderBytes)
    return "the record begins with the byte 3, as a serializer of AWS Glue's schema registry writes it: set "
           "schema_registry.type = 'glue'";
  if (record[0] != kConfluentMagic)
    return "the record does not begin with the byte 0 and a schema id: no serializer of a Confluent schema registry "
           "wrote it";
  if (record.size() <= kConfluentIdBytes) return "the record ends within the schema id";
  header->id = record.substr(1, kConfluentIdBytes);
  header->size = 1 + kConfluentIdBytes;
  return nullptr;
}

const char* ReadGlue(std::string_view record, SchemaHeader* header) {
  if (record[0] == kConfluentMagic && record.size() > kConfluentIdBytes)
    return "the record begins with the byte 0, as a serializer of a Confluent schema registry writes it: set "
           "schema_registry.endpoint to that registry, and leave schema_registry.type out";
  if (record[0] != kGlueMagic)
    return "the record does not begin with the byte 3 and the id of a schema version: no serializer of AWS Glue's "
           "schema registry wrote it";
  if (record.size() < kGlueHeaderBytes) return "the record ends within the id of the schema version";
  if (record[1] != kGluePlain)
    return "the second byte of the record, how it is compressed, is neither 0 (not) nor 5 (zlib)";
  header->id = record.substr(2, kGlueIdBytes);
  header->size = kGlueHeaderBytes;
  return nullptr;
}

}  // namespace

const char* ReadSchemaHeader(RegistryKind kind, std::string_view record, SchemaHeader* header) {
  if (record.empty()) return "the record is empty: it has no header of a schema registry";
  return kind == RegistryKind::kGlue ? ReadGlue(record, header) : ReadConfluent(record, header);
}

std::string MakeSchemaHeader(std::string_view id) {
  CHECK(id.size() == kConfluentIdBytes || id.size() == kGlueIdBytes);
  std::string header = id.size() == kGlueIdBytes ? std::string{kGlueMagic, kGluePlain} : std::string{kConfluentMagic};
  return header.append(id);
}

bool IsZlibBehindHeader(std::string_view record) {
  return record.size() >= kGlueHeaderBytes && record[0] == kGlueMagic && record[1] == kGlueZlib;
}

void SetZlibBehindHeader(bool is_zlib, char* header) {
  CHECK(header[0] == kGlueMagic);
  header[1] = is_zlib ? kGlueZlib : kGluePlain;
}

std::string SchemaIdOf(uint32_t number) {
  std::string id;
  for (int shift = 24; shift >= 0; shift -= 8) id += static_cast<char>(number >> shift & 0xFF);
  return id;
}

std::optional<std::string> SchemaIdOf(std::string_view uuid) {
  if (uuid.size() != kUuidText) return std::nullopt;
  std::string id;
  uint32_t byte = 0;
  bool is_second = false;
  for (size_t at = 0; at < uuid.size(); at++) {
    const char c = uuid[at];
    if (IsHyphenOfUuid(at)) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const size_t digit = std::string_view(kHexDigits).find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos) return std::nullopt;
    byte = byte << 4 | static_cast<uint32_t>(digit);
    if (is_second) id += static_cast<char>(byte & 0xFF);
    is_second = !is_second;
  }
  return id;
}

std::string DescribeSchemaId(std::string_view id) {
  if (id.size() == kGlueIdBytes) {
    std::string uuid;
    for (const char byte : id) {
      if (IsHyphenOfUuid(uuid.size())) uuid += '-';
      uuid += kHexDigits[static_cast<unsigned char>(byte) >> 4];
      uuid += kHexDigits[static_cast<unsigned char>(byte) & 0xF];
    }
    return uuid;
  }
  uint32_t number = 0;
  for (const char byte : id) number = number << 8 | static_cast<unsigned char>(byte);
  return std::to_string(number);
}

}  // namespace laminar
