// What stands in front of a record's datum where a schema registry keeps its schema: which one it is.
//
// Confluent (Schema Registry documentation, "Wire format"): the byte 0, the id as four bytes, the most significant
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace laminar {

struct SchemaHeader {
  std::string_view id;  // the bytes of the id, as they stand in the record
  size_t size = 0;      // of the header: what follows is the datum
};

// nullptr, or what is wrong in plain words, a static text.
const char* ReadSchemaHeader(std::string_view record, SchemaHeader* header);

// The header of records with the schema of that id.
std::string MakeSchemaHeader(std::string_view id);

// Confluent's: the bytes of the number.
std::string SchemaIdOf(uint32_t number);
// As the registry shows it: "17".
std::string DescribeSchemaId(std::string_view id);

}  // namespace laminar
