#include "connectors/kinesis/cbor.h"

#include <bit>
#include <cmath>

namespace laminar::kinesis {

namespace {
constexpr uint8_t kIndefinite = 31;

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

double HalfToDouble(uint16_t half) {
  const int exponent = half >> 10 & 0x1f;
  const double fraction = half & 0x3ff;
  double value;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent == 31) {
    value = fraction == 0 ? HUGE_VAL : NAN;
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return half & 0x8000 ? -value : value;
}
}  // namespace

CborWriter& CborWriter::Head(uint8_t major, uint64_t value) {
  const auto first = static_cast<uint8_t>(major << 5);
  int bytes = 0;
  if (value < 24) {
    *out_ += static_cast<char>(first | value);
  } else if (value <= 0xff) {
    *out_ += static_cast<char>(first | 24);
    bytes = 1;
  } else if (value <= 0xffff) {
    *out_ += static_cast<char>(first | 25);
    bytes = 2;
  } else if (value <= 0xffffffff) {
    *out_ += static_cast<char>(first | 26);
    bytes = 4;
  } else {
    *out_ += static_cast<char>(first | 27);
    bytes = 8;
  }
  for (int i = bytes - 1; i >= 0; --i) *out_ += static_cast<char>(value >> (8 * i));
  return *this;
}

CborWriter& CborWriter::Blob(uint8_t major, std::string_view content) {
  Head(major, content.size());
  *out_ += content;
  return *this;
}

bool CborReader::Take(size_t size, std::string_view* bytes) {
  if (size > rest_.size()) return false;
  *bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool CborReader::Next(CborItem* item) {
  *item = CborItem();
  for (;;) {  // once more after a tag
    std::string_view bytes;
    if (!Take(1, &bytes)) return false;
    const auto first = static_cast<uint8_t>(bytes[0]);
    const uint8_t major = first >> 5, info = first & 31;
    uint64_t value = info;
    if (info >= 24 && info <= 27) {
      if (!Take(size_t{1} << (info - 24), &bytes)) return false;
      value = BigEndian(bytes);
    } else if (info > 27 && info != kIndefinite) {
      return false;
    }
    item->indefinite = info == kIndefinite;
    using Kind = CborItem::Kind;
    switch (major) {
      case 0:
      case 1:
        if (item->indefinite) return false;
        item->kind = Kind::kInteger;
        item->integer = value > INT64_MAX ? INT64_MAX : static_cast<int64_t>(value);
        if (major == 1) item->integer = -1 - item->integer;
        return true;
      case 2:
      case 3:
        item->kind = major == 2 ? Kind::kBytes : Kind::kText;
        return item->indefinite || Take(value, &item->content);
      case 4:
      case 5:
        item->kind = major == 4 ? Kind::kList : Kind::kMap;
        item->count = value;
        return true;
      case 6:
        if (item->indefinite) return false;
        continue;
      default:
        break;
    }
    // Major type 7.
    if (item->indefinite) {
      item->indefinite = false;
      item->kind = Kind::kBreak;
    } else if (info == 20 || info == 21) {
      item->kind = Kind::kBool;
      item->integer = info - 20;
    } else if (info == 22 || info == 23) {
      item->kind = Kind::kNull;
    } else if (info == 25 || info == 26 || info == 27) {
      item->kind = Kind::kReal;
      item->real = info == 25   ? HalfToDouble(static_cast<uint16_t>(value))
                   : info == 26 ? std::bit_cast<float>(static_cast<uint32_t>(value))
                                : std::bit_cast<double>(value);
    } else {
      item->kind = Kind::kOther;
    }
    return true;
  }
}

bool CborReader::Skip(const CborItem& item, int depth) {
  using Kind = CborItem::Kind;
  if (depth > kMostDepth) return false;
  switch (item.kind) {
    case Kind::kBytes:
    case Kind::kText: {
      std::string_view content;
      std::string joined;
      return Content(item, &content, &joined);
    }
    case Kind::kList:
    case Kind::kMap: {
      const uint64_t per = item.kind == Kind::kMap ? 2 : 1;
      for (uint64_t i = 0; item.indefinite || i < item.count; ++i) {
        for (uint64_t k = 0; k < per; ++k) {
          CborItem member;
          if (!Next(&member)) return false;
          if (member.kind == Kind::kBreak) return item.indefinite && k == 0;
          if (!Skip(member, depth + 1)) return false;
        }
      }
      return true;
    }
    case Kind::kBreak:
      return false;
    default:
      return true;
  }
}

bool CborReader::Content(const CborItem& item, std::string_view* content, std::string* joined) {
  if (item.kind != CborItem::Kind::kBytes && item.kind != CborItem::Kind::kText) return false;
  if (!item.indefinite) {
    *content = item.content;
    return true;
  }
  for (;;) {
    CborItem chunk;
    if (!Next(&chunk)) return false;
    if (chunk.kind == CborItem::Kind::kBreak) break;
    if (chunk.kind != item.kind || chunk.indefinite) return false;
    *joined += chunk.content;
  }
  *content = *joined;
  return true;
}

}  // namespace laminar::kinesis
