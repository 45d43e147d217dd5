#include "formats/avro/avro_container.h"

#include "formats/avro/avro_default.h"
#include "formats/avro/avro_schema.h"
#include "formats/avro/avro_wire.h"

namespace laminar {
namespace {

constexpr std::string_view kSchemaKey = "avro.schema", kCodecKey = "avro.codec";
constexpr uint64_t kMinEntryBytes = 2;  // of the header's metadata: two empty texts
constexpr size_t kMostNumberBytes = 10;

AvroCursor CursorAt(std::string_view record, size_t offset) {
  const auto* begin = reinterpret_cast<const uint8_t*>(record.data());
  return {begin + offset, begin + record.size(), 0};
}

size_t OffsetOf(std::string_view record, const AvroCursor& cursor) {
  return static_cast<size_t>(cursor.next - reinterpret_cast<const uint8_t*>(record.data()));
}

void AppendBytes(std::string_view bytes, std::string* out) {
  AppendAvroLong(static_cast<int64_t>(bytes.size()), out);
  out->append(bytes);
}

const char* ReadBlock(std::string_view record, const AvroHeader& header, size_t offset, AvroBlock* block) {
  AvroCursor cursor = CursorAt(record, offset);
  int64_t rows;
  if (const char* wrong = ReadAvroLong(&cursor, &rows)) return wrong;
  if (rows < 0) return "a block's count of rows is negative";
  if (const char* wrong = ReadAvroBytes(&cursor, &block->data)) return wrong;
  const size_t end = OffsetOf(record, cursor);
  if (record.size() - end < kAvroSyncBytes) return "a block ends too early";
  if (record.substr(end, kAvroSyncBytes) != header.sync) return "the sync marker behind a block is wrong";
  block->rows = static_cast<uint64_t>(rows);
  block->next = end + kAvroSyncBytes;
  return nullptr;
}

}  // namespace

std::string ReadAvroHeader(std::string_view record, AvroHeader* header) {
  AvroCursor cursor = CursorAt(record, kAvroMagic.size());
  std::string_view codec = "null";
  bool has_schema = false;
  for (;;) {
    uint64_t count;
    int64_t bytes;
    if (const char* wrong = ReadAvroBlock(&cursor, kMinEntryBytes, &count, &bytes))
      return std::string("the container's header is damaged: ") + wrong;
    if (count == 0) break;
    for (; count > 0; count--) {
      std::string_view key, value;
      const char* wrong = ReadAvroBytes(&cursor, &key);
      if (wrong == nullptr) wrong = ReadAvroBytes(&cursor, &value);
      if (wrong != nullptr) return std::string("the container's header is damaged: ") + wrong;
      if (key == kSchemaKey) {
        header->schema = value;
        has_schema = true;
      } else if (key == kCodecKey) {
        codec = value;
      }
    }
  }
  const size_t end = OffsetOf(record, cursor);
  if (record.size() - end < kAvroSyncBytes) return "the container's header ends too early";
  if (!has_schema) return "the container's header has no schema";
  const std::optional<AvroCodec> known = FindAvroCodec(codec);
  if (!known) {
    return "the container's codec is '" + std::string(codec.substr(0, 40)) +
           "'; null, deflate, snappy and zstandard can be read";
  }
  header->codec = *known;
  header->sync = record.substr(end, kAvroSyncBytes);
  header->size = end + kAvroSyncBytes;
  return "";
}

const char* ReadAvroBlockFrame(std::string_view record, const AvroHeader& header, size_t offset, AvroBlock* block) {
  const char* wrong = ReadBlock(record, header, offset, block);
  if (wrong == nullptr) return nullptr;
  const size_t marker = record.find(header.sync, offset);
  block->next = marker == std::string_view::npos ? record.size() : marker + kAvroSyncBytes;
  return wrong;
}

std::string AvroSync(std::string_view one, std::string_view other) {
  std::string sync;
  for (uint64_t word : {AvroFingerprint(one), AvroFingerprint(other)}) {
    for (int i = 0; i < 8; i++, word >>= 8) sync += static_cast<char>(word & 0xFF);
  }
  return sync;
}

void AppendAvroHeader(std::string_view schema, AvroCodec codec, std::string_view sync, std::string* out) {
  out->append(kAvroMagic);
  AppendAvroLong(2, out);
  AppendBytes(kSchemaKey, out);
  AppendBytes(schema, out);
  AppendBytes(kCodecKey, out);
  AppendBytes(AvroCodecName(codec), out);
  AppendAvroLong(0, out);
  out->append(sync);
}

void AppendAvroBlock(AvroCodec codec, uint64_t rows, std::string_view data, std::string_view sync, std::string* out) {
  std::string block;
  CompressAvro(codec, data, &block);
  AppendAvroLong(static_cast<int64_t>(rows), out);
  AppendBytes(block, out);
  out->append(sync);
}

void AppendAvroContainer(std::string_view schema, AvroCodec codec, uint64_t rows, std::string_view data,
                         std::string* out) {
  const std::string sync = AvroSync(data, std::string(schema) + std::to_string(rows));
  AppendAvroHeader(schema, codec, sync, out);
  AppendAvroBlock(codec, rows, data, sync, out);
}

size_t AvroContainerOverhead(std::string_view schema) {
  return kAvroMagic.size() + schema.size() + kSchemaKey.size() + kCodecKey.size() + 16 + 2 * kAvroSyncBytes +
         8 * kMostNumberBytes;
}

}  // namespace laminar
