// What stands in front of a record's datum where a schema registry keeps its schema: which one it is.
//
// Confluent (Schema Registry documentation, "Wire format"): the byte 0, the id as four bytes, the most significant
// first.
// AWS Glue (as AWS's serializers write it, GlueSchemaRegistry "AWSSchemaRegistryConstants"): the byte 3, a byte that
// says how what follows the header is compressed (0 = not, 5 = zlib), the id of the schema's version, a UUID, as 16
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace laminar {

enum class RegistryKind : uint8_t { kConfluent, kGlue };

struct SchemaHeader {
  std::string_view id;  // the bytes of the id, as they stand in the record
  size_t size = 0;      // of the header: what follows is the datum
};

constexpr size_t kGlueHeaderBytes = 18;

// nullptr, or what is wrong in plain words, a static text.
const char* ReadSchemaHeader(RegistryKind kind, std::string_view record, SchemaHeader* header);

// The header of records with the schema of that id, whose length tells the registry's kind.
std::string MakeSchemaHeader(std::string_view id);

// Glue's: what follows the header is compressed. ReadSchemaHeader takes such records once they are not.
bool IsZlibBehindHeader(std::string_view record);
// `header`, of a record whose datum is not compressed, for one whose is; and the other way round.
void SetZlibBehindHeader(bool is_zlib, char* header);

// Confluent's: the bytes of the number.
std::string SchemaIdOf(uint32_t number);
// Glue's: the bytes of a UUID as the service writes it. nullopt: it is none.
std::optional<std::string> SchemaIdOf(std::string_view uuid);
// As the registry shows it: "17", "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d11".
std::string DescribeSchemaId(std::string_view id);

}  // namespace laminar
