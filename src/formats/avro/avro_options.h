// The options of the Avro format as its decoder and encoder use them; avro_format.cc makes them from OptionValues.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/avro/avro_codec.h"
#include "formats/avro/avro_schema.h"
#include "formats/schema_registry.h"

namespace laminar {

enum class AvroEncoding : uint8_t {
  kAuto,          // a source's: each record tells by how it begins
  kSingleObject,  // C3 01, the fingerprint of the schema, one datum
  kContainer,     // a container file
  kRaw,           // one datum
  kRegistered,    // the header of a schema registry, one datum
};

using AvroSchemaRef = std::shared_ptr<const AvroSchema>;  // shared: by plans of decoders, encoders; immutable

struct AvroOptions {
  AvroEncoding encoding = AvroEncoding::kAuto;  // a sink: not kAuto
  AvroSchemaRef schema;                         // the reader's, or the one to write with; nullptr: none was given
  std::vector<AvroSchemaRef> writers;  // further schemas that single objects may name; a raw datum is of the first
  AvroCodec codec = AvroCodec::kNull;  // of containers that are written
  size_t most_block_bytes = kMaxAvroBlockBytes;  // a block of containers that are read becomes no larger; and, roughly,
                                                 // all that the decoder holds
  RegistryKind registry_kind = RegistryKind::kConfluent;  // of kRegistered
  // kRegistered. A source: where schemas come from; shared: with the tables of the process.
  std::shared_ptr<SchemaRegistry> registry;
  std::string header;  // A sink: of its records; "": not known before PrepareSink, and nothing can be encoded
};

}  // namespace laminar
