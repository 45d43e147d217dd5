// What comes with a schema registry. Any bytes as a record: a header that is read is the one that is written for its
// id. Any two texts as a schema and one that it refers to: what they become is a text, and is parsed or refused.
#include "base/check.h"
#include "formats/avro/avro_references.h"
#include "formats/avro/avro_schema.h"
#include "formats/schema_header.h"

namespace {

using laminar::DescribeSchemaId;
using laminar::RegistryKind;

void CheckHeader(std::string_view record) {
  laminar::SchemaHeader header;
  const bool is_confluent = laminar::ReadSchemaHeader(RegistryKind::kConfluent, record, &header) == nullptr;
  CHECK(is_confluent == (record.size() >= 5 && record[0] == 0));
  if (is_confluent) {
    CHECK(laminar::MakeSchemaHeader(header.id) == record.substr(0, header.size));
    CHECK(laminar::SchemaIdOf(static_cast<uint32_t>(std::stoul(DescribeSchemaId(header.id)))) == header.id);
  }
  const bool is_glue = laminar::ReadSchemaHeader(RegistryKind::kGlue, record, &header) == nullptr;
  CHECK(is_glue == (record.size() >= 18 && record[0] == 3 && record[1] == 0));
  if (is_glue) {
    CHECK(laminar::MakeSchemaHeader(header.id) == record.substr(0, header.size));
    CHECK(laminar::SchemaIdOf(std::string_view(DescribeSchemaId(header.id))) == std::string(header.id));
  }
  const auto id = laminar::SchemaIdOf(record);  // as the text of a UUID
  if (id) CHECK(laminar::SchemaIdOf(std::string_view(DescribeSchemaId(*id))) == *id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckHeader(bytes);
  const size_t line = bytes.find('\n');
  if (line == std::string_view::npos) return 0;
  laminar::RegisteredSchema schema;
  schema.text = bytes.substr(0, line);
  schema.references = {{"a.B", std::string(bytes.substr(line + 1))}};
  const auto text = laminar::InlineAvroReferences(schema);
  if (text.ok()) (void)laminar::AvroSchema::Parse(*text);
  return 0;
}
