// CBOR (RFC 8949), as much of it as the Kinesis API uses: integers, floats, text, bytes, lists, maps, tags (ignored),
// indefinite lengths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace laminar::kinesis {

// Appends items to a string; the caller writes as many as the head of a list or map announced.
class CborWriter {
 public:
  explicit CborWriter(std::string* out) : out_(out) {}
  CborWriter& Map(size_t pairs) { return Head(5, pairs); }
  CborWriter& List(size_t items) { return Head(4, items); }
  CborWriter& Unsigned(uint64_t value) { return Head(0, value); }
  CborWriter& Text(std::string_view text) { return Blob(3, text); }
  CborWriter& Bytes(std::string_view bytes) { return Blob(2, bytes); }

 private:
  CborWriter& Head(uint8_t major, uint64_t value);
  CborWriter& Blob(uint8_t major, std::string_view content);
  std::string* const out_;
};

struct CborItem {
  enum class Kind { kInteger, kReal, kBytes, kText, kList, kMap, kNull, kBool, kOther, kBreak };
  Kind kind = Kind::kNull;
  int64_t integer = 0;       // kInteger; saturated where 64 signed bits do not do. kBool: 0 or 1
  double real = 0;           // kReal
  std::string_view content;  // kBytes, kText of definite length: a view of the input
  uint64_t count = 0;        // kList: items, kMap: pairs
  bool indefinite = false;   // kBytes, kText: chunks follow; kList, kMap: items follow; up to a kBreak
};

// Reads any bytes without ever leaving them. Every false means: this is not well-formed, give up.
class CborReader {
 public:
  explicit CborReader(std::string_view input) : rest_(input) {}

  // The next item; of a list, a map or chunks only the head.
  bool Next(CborItem* item);
  // Reads over what belongs to an item that Next has just returned.
  bool Skip(const CborItem& item, int depth = 0);
  // The text or bytes of an item that Next has just returned; chunks are joined in *joined.
  bool Content(const CborItem& item, std::string_view* content, std::string* joined);

  // Calls on_item(reader, item) for each member of a kList head; on_item reads the member whole and returns false to
  // stop.
  template <class F>
  bool ForEachItem(const CborItem& list, F on_item) {
    for (uint64_t i = 0; list.indefinite || i < list.count; ++i) {
      CborItem item;
      if (!Next(&item)) return false;
      if (item.kind == CborItem::Kind::kBreak) return list.indefinite;
      if (!on_item(item)) return false;
    }
    return true;
  }
  // Calls on_member(key, value) for each member of a kMap head with text keys, like ForEachItem.
  template <class F>
  bool ForEachMember(const CborItem& map, F on_member) {
    for (uint64_t i = 0; map.indefinite || i < map.count; ++i) {
      CborItem key, value;
      std::string_view name;
      std::string joined;
      if (!Next(&key)) return false;
      if (key.kind == CborItem::Kind::kBreak) return map.indefinite;
      if (key.kind != CborItem::Kind::kText || !Content(key, &name, &joined) || !Next(&value)) return false;
      if (!on_member(name, value)) return false;
    }
    return true;
  }

 private:
  static constexpr int kMostDepth = 32;
  bool Take(size_t size, std::string_view* bytes);
  std::string_view rest_;
};

}  // namespace laminar::kinesis
