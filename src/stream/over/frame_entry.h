// What a FrameEngine keeps of a row: packed, because there may be millions of them, and as bytes for checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "state/byte_reader.h"
#include "stream/over/ring.h"

namespace laminar {

struct NoValue {};

template <class Value>
struct __attribute__((packed)) RowEntry {
  Value value;
  bool counts;
};
template <>
struct RowEntry<NoValue> {
  bool counts;
  static constexpr NoValue value{};
};
template <class Value>
struct __attribute__((packed)) TimeEntry {
  Value value;
  int64_t at;  // its time; or its group of peers, where the frame starts with the current row's
  static constexpr bool counts = true;
};
template <>
struct TimeEntry<NoValue> {
  int64_t at;
  static constexpr NoValue value{};
  static constexpr bool counts = true;
};

template <class Value>
void AppendEntry(const RowEntry<Value>& entry, std::string* bytes) {
  if constexpr (!std::is_same_v<Value, NoValue>) AppendFixed(Value{entry.value}, bytes);
  AppendFixed(uint8_t{entry.counts}, bytes);
}
template <class Value>
void AppendEntry(const TimeEntry<Value>& entry, std::string* bytes) {
  if constexpr (!std::is_same_v<Value, NoValue>) AppendFixed(Value{entry.value}, bytes);
  AppendFixed(int64_t{entry.at}, bytes);
}

// What AppendEntry wrote. False: it ends too early.
template <template <class> class Entry, class Value>
bool ReadValue(ByteReader* from, Entry<Value>* entry) {
  if constexpr (!std::is_same_v<Value, NoValue>) {
    Value value;
    if (!from->ReadFixed(&value)) return false;
    entry->value = value;
  }
  return true;
}
template <class Value>
bool ReadEntry(ByteReader* from, RowEntry<Value>* entry) {
  uint8_t counts = 0;
  if (!ReadValue(from, entry) || !from->ReadFixed(&counts)) return false;
  entry->counts = counts != 0;
  return true;
}
template <class Value>
bool ReadEntry(ByteReader* from, TimeEntry<Value>* entry) {
  int64_t at = 0;
  if (!ReadValue(from, entry) || !from->ReadFixed(&at)) return false;
  entry->at = at;
  return true;
}

// The number of entries, then each.
template <class Entry>
void AppendRing(const Ring<Entry>& ring, std::string* bytes) {
  AppendFixed(ring.size(), bytes);
  for (uint32_t i = 0; i < ring.size(); i++) AppendEntry(ring[i], bytes);
}
// False: it is not what AppendRing wrote, or more than `enough` entries. *bytes follows the memory taken.
template <class Entry>
bool ReadRing(ByteReader* from, uint32_t enough, Ring<Entry>* ring, int64_t* bytes) {
  uint32_t size = 0;
  if (!from->ReadFixed(&size) || size > enough) return false;
  for (uint32_t i = 0; i < size; i++) {
    Entry entry{};
    if (!ReadEntry(from, &entry)) return false;
    ring->PushBack(entry, enough, bytes);
  }
  return true;
}

}  // namespace laminar
