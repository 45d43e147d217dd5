// Avro's binary encoding, the parts that reading and stepping over share (specification 1.12, "Binary Encoding"). What
// cannot be read is told as a reason in plain words, a static text; nullptr = it could.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "formats/avro/avro_schema.h"

namespace laminar {

// Records, arrays and maps within each other, that of the datum itself among them; a union is no level. Where the depth
// is the data's (a list of itself), more of them are refused.
constexpr int kMaxAvroDepth = 128;
inline constexpr const char* kAvroTooDeep = "values are nested more than 128 deep";
// Elements of arrays and maps that take no bytes, in one datum: a claim of a billion of them costs nothing to make.
constexpr uint64_t kMaxEmptyElements = 10000;

// A place in a datum. kRecordPadding bytes behind `end` are readable.
struct AvroCursor {
  const uint8_t* next = nullptr;
  const uint8_t* end = nullptr;
  uint64_t empty_elements = 0;  // met in this datum
  uint64_t left() const { return static_cast<uint64_t>(end - next); }
};

inline constexpr const char* kAvroEndsEarly = "the datum ends too early";
inline constexpr const char* kAvroWrongBlockLength = "the length of an array's or a map's block is wrong";

// A number in zig-zag variable-length form.
inline const char* ReadAvroLong(AvroCursor* cursor, int64_t* value) {
  const uint8_t* p = cursor->next;
  uint64_t bits = *p++;
  if (bits >= 0x80) [[unlikely]] {
    bits &= 0x7F;
    for (int shift = 7;; shift += 7) {
      const uint64_t byte = *p++;
      if (shift == 63 && byte > 1) return "a number has more than 64 bits";
      bits |= (byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
  }
  if (p > cursor->end) [[unlikely]]
    return kAvroEndsEarly;
  cursor->next = p;
  *value = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  return nullptr;
}

// The bytes of a `bytes` or `string`; they stay where they are.
inline const char* ReadAvroBytes(AvroCursor* cursor, std::string_view* bytes) {
  int64_t size;
  if (const char* wrong = ReadAvroLong(cursor, &size)) return wrong;
  if (static_cast<uint64_t>(size) > cursor->left()) [[unlikely]]
    return size < 0 ? "a length is negative" : "a length goes beyond the end of the datum";
  *bytes = std::string_view(reinterpret_cast<const char*>(cursor->next), static_cast<size_t>(size));
  cursor->next += size;
  return nullptr;
}

// A value of a fixed width.
template <class T>
inline const char* ReadAvroFixed(AvroCursor* cursor, T* value) {
  if (cursor->left() < sizeof(T)) [[unlikely]]
    return kAvroEndsEarly;
  std::memcpy(value, cursor->next, sizeof(T));
  cursor->next += sizeof(T);
  return nullptr;
}

// The head of the next block of an array or map; count 0 ends it. min_bytes: no element is shorter. bytes: of the
// block, where the writer says so, else -1.
const char* ReadAvroBlock(AvroCursor* cursor, uint64_t min_bytes, uint64_t* count, int64_t* bytes);

// The branch of a union of `branches`.
inline const char* ReadAvroBranch(AvroCursor* cursor, size_t branches, size_t* branch) {
  int64_t index;
  if (const char* wrong = ReadAvroLong(cursor, &index)) return wrong;
  if (static_cast<uint64_t>(index) >= branches) return "a union has no branch of that number";
  *branch = static_cast<size_t>(index);
  return nullptr;
}

// Steps over a datum. Only its framing is looked at: lengths, counts, branches. depth: how many levels it is in.
const char* SkipAvro(const AvroNode& node, AvroCursor* cursor, int depth = 0);

}  // namespace laminar
