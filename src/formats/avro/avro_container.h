// Container files (specification 1.12, "Object Container Files"): a header with the schema and the codec, then blocks
// of rows, each followed by the file's 16 bytes of sync marker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/avro/avro_codec.h"

namespace laminar {

inline constexpr std::string_view kAvroMagic{"Obj\x01", 4};
constexpr size_t kAvroSyncBytes = 16;

struct AvroHeader {
  std::string_view schema;  // borrowed from the record
  AvroCodec codec = AvroCodec::kNull;
  std::string_view sync;
  size_t size = 0;  // bytes; blocks begin behind
};

// Reads the header of a record that begins with kAvroMagic. "" or what is wrong.
std::string ReadAvroHeader(std::string_view record, AvroHeader* header);

struct AvroBlock {
  uint64_t rows = 0;
  std::string_view data;  // compressed
  size_t next = 0;        // where the next one begins
};

// Reads the block at `offset` < size of the record. nullptr, or what is wrong with its frame; block->next is then
// behind the next sync marker, or the size of the record if there is none.
const char* ReadAvroBlockFrame(std::string_view record, const AvroHeader& header, size_t offset, AvroBlock* block);

// A sync marker made from two texts: the same ones give the same marker.
std::string AvroSync(std::string_view one, std::string_view other);
// What a file begins with. sync: kAvroSyncBytes that stand behind each of its blocks.
void AppendAvroHeader(std::string_view schema, AvroCodec codec, std::string_view sync, std::string* out);
// A block of rows, whose datums are `data`.
void AppendAvroBlock(AvroCodec codec, uint64_t rows, std::string_view data, std::string_view sync, std::string* out);

// A container of one block. The sync marker is made from what is in it: the same rows give the same container.
void AppendAvroContainer(std::string_view schema, AvroCodec codec, uint64_t rows, std::string_view data,
                         std::string* out);

// What AppendAvroContainer adds to the block's own bytes, at most.
size_t AvroContainerOverhead(std::string_view schema);

}  // namespace laminar
