// What comes with a schema registry. Any bytes as a record: a header that is read is the one that is written for its
// id. Any two texts as a schema and one that it refers to: what they become is a text, and is parsed or refused.
#include "base/check.h"
#include "formats/avro/avro_references.h"
#include "formats/avro/avro_schema.h"
#include "formats/schema_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  laminar::SchemaHeader header;
  const char* wrong = laminar::ReadSchemaHeader(bytes, &header);
  CHECK((wrong == nullptr) == (size >= 5 && data[0] == 0));
  if (wrong == nullptr) {
    CHECK(laminar::MakeSchemaHeader(header.id) == bytes.substr(0, header.size));
    CHECK(laminar::SchemaIdOf(static_cast<uint32_t>(std::stoul(laminar::DescribeSchemaId(header.id)))) == header.id);
  }
  const size_t line = bytes.find('\n');
  if (line == std::string_view::npos) return 0;
  laminar::RegisteredSchema schema;
  schema.text = bytes.substr(0, line);
  schema.references = {{"a.B", std::string(bytes.substr(line + 1))}};
  const auto text = laminar::InlineAvroReferences(schema);
  if (text.ok()) (void)laminar::AvroSchema::Parse(*text);
  return 0;
}
