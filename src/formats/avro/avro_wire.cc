#include "formats/avro/avro_wire.h"

#include <limits>

namespace laminar {

const char* ReadAvroBlock(AvroCursor* cursor, uint64_t min_bytes, uint64_t* count, int64_t* bytes) {
  int64_t elements;
  *bytes = -1;
  if (const char* wrong = ReadAvroLong(cursor, &elements)) return wrong;
  if (elements < 0) {
    if (elements == std::numeric_limits<int64_t>::min()) return "a count is out of range";
    elements = -elements;
    if (const char* wrong = ReadAvroLong(cursor, bytes)) return wrong;
    if (*bytes < 0) return "a length is negative";
    if (static_cast<uint64_t>(*bytes) > cursor->left()) return "a length goes beyond the end of the datum";
  }
  *count = static_cast<uint64_t>(elements);
  if (min_bytes == 0) {
    cursor->empty_elements += *count;
    if (*count > kMaxEmptyElements || cursor->empty_elements > kMaxEmptyElements)
      return "an array or a map has more than 10,000 elements that take no bytes";
  } else if (*count > cursor->left() / min_bytes) {
    return "a count goes beyond the end of the datum";
  }
  return nullptr;
}

namespace {

const char* SkipBytes(AvroCursor* cursor, uint64_t size) {
  if (cursor->left() < size) return kAvroEndsEarly;
  cursor->next += size;
  return nullptr;
}

const char* SkipBlocks(const AvroNode& element, bool has_keys, AvroCursor* cursor, int depth) {
  if (depth >= kMaxAvroDepth) return kAvroTooDeep;
  for (;;) {
    uint64_t count;
    int64_t bytes;
    if (const char* wrong = ReadAvroBlock(cursor, element.min_bytes + (has_keys ? 1 : 0), &count, &bytes)) return wrong;
    if (count == 0) return nullptr;
    if (bytes >= 0) {
      cursor->next += bytes;
      continue;
    }
    for (; count > 0; count--) {
      std::string_view key;
      if (has_keys) {
        if (const char* wrong = ReadAvroBytes(cursor, &key)) return wrong;
      }
      if (const char* wrong = SkipAvro(element, cursor, depth + 1)) return wrong;
    }
  }
}

}  // namespace

const char* SkipAvro(const AvroNode& node, AvroCursor* cursor, int depth) {
  int64_t number;
  std::string_view bytes;
  switch (node.type) {
    case AvroType::kNull:
      return nullptr;
    case AvroType::kBoolean:
      return SkipBytes(cursor, 1);
    case AvroType::kInt:
    case AvroType::kLong:
    case AvroType::kEnum:
      return ReadAvroLong(cursor, &number);
    case AvroType::kFloat:
      return SkipBytes(cursor, 4);
    case AvroType::kDouble:
      return SkipBytes(cursor, 8);
    case AvroType::kBytes:
    case AvroType::kString:
      return ReadAvroBytes(cursor, &bytes);
    case AvroType::kFixed:
      return SkipBytes(cursor, node.size);
    case AvroType::kArray:
    case AvroType::kMap:
      return SkipBlocks(*node.children[0], node.type == AvroType::kMap, cursor, depth);
    case AvroType::kRecord:
      if (depth >= kMaxAvroDepth) return kAvroTooDeep;
      for (const AvroField& field : node.fields) {
        if (const char* wrong = SkipAvro(*field.type, cursor, depth + 1)) return wrong;
      }
      return nullptr;
    case AvroType::kUnion: {
      size_t branch;
      if (const char* wrong = ReadAvroBranch(cursor, node.children.size(), &branch)) return wrong;
      return SkipAvro(*node.children[branch], cursor, depth);
    }
  }
  return nullptr;
}

}  // namespace laminar
