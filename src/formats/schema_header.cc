#include "formats/schema_header.h"

#include "base/check.h"

namespace laminar {
namespace {

constexpr char kConfluentMagic = 0;
constexpr size_t kConfluentIdBytes = 4;

}  // namespace

const char* ReadSchemaHeader(std::string_view record, SchemaHeader* header) {
  if (record.empty()) return "the record is empty: it has no header of a schema registry";
  if (record[0] != kConfluentMagic)
    return "the record does not begin with the byte 0 and a schema id: no serializer of a Confluent schema registry "
           "wrote it";
  if (record.size() <= kConfluentIdBytes) return "the record ends within the schema id";
  header->id = record.substr(1, kConfluentIdBytes);
  header->size = 1 + kConfluentIdBytes;
  return nullptr;
}

std::string MakeSchemaHeader(std::string_view id) {
  CHECK(id.size() == kConfluentIdBytes);
  return std::string(1, kConfluentMagic).append(id);
}

std::string SchemaIdOf(uint32_t number) {
  std::string id;
  for (int shift = 24; shift >= 0; shift -= 8) id += static_cast<char>(number >> shift & 0xFF);
  return id;
}

std::string DescribeSchemaId(std::string_view id) {
  uint32_t number = 0;
  for (const char byte : id) number = number << 8 | static_cast<unsigned char>(byte);
  return std::to_string(number);
}

}  // namespace laminar
