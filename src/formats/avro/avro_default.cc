#include "formats/avro/avro_default.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/avro/avro_wire.h"

namespace laminar {

using nlohmann::json;

namespace {

template <class T>
void AppendFixed(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

// Of bytes and fixed: each character of the JSON string, U+0000 to U+00FF, is a byte.
bool BytesOf(const std::string& text, std::string* bytes) {
  for (size_t i = 0; i < text.size(); i++) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      *bytes += text[i];
      continue;
    }
    if ((c & 0xFE) != 0xC2 || i + 1 >= text.size()) return false;
    *bytes += static_cast<char>((c & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
  }
  return true;
}

bool Encode(const AvroNode& node, const json& value, std::string* out, int depth);

bool EncodeRecord(const AvroNode& node, const json& value, std::string* out, int depth) {
  if (depth >= kMaxAvroDepth || !value.is_object()) return false;
  for (const AvroField& field : node.fields) {
    const auto found = value.find(field.name);
    if (found == value.end() && !field.default_json) return false;
    if (!Encode(*field.type, found == value.end() ? json::parse(*field.default_json) : *found, out, depth + 1))
      return false;
  }
  return true;
}

bool EncodeNumber(const AvroNode& node, const json& value, std::string* out) {
  if (!value.is_number()) return false;
  if (node.type == AvroType::kFloat || node.type == AvroType::kDouble) {
    if (node.type == AvroType::kFloat) {
      AppendFixed(value.get<float>(), out);
    } else {
      AppendFixed(value.get<double>(), out);
    }
    return true;
  }
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) return false;
  const auto number = value.get<int64_t>();
  if (node.type == AvroType::kInt && number != static_cast<int32_t>(number)) return false;
  AppendAvroLong(number, out);
  return true;
}

// An array, or a map.
bool EncodeElements(const AvroNode& node, const json& value, std::string* out, int depth) {
  if (depth >= kMaxAvroDepth) return false;
  const bool is_map = node.type == AvroType::kMap;
  if (is_map ? !value.is_object() : !value.is_array()) return false;
  if (!value.empty()) AppendAvroLong(static_cast<int64_t>(value.size()), out);
  for (const auto& [key, element] : value.items()) {
    if (is_map) {
      AppendAvroLong(static_cast<int64_t>(key.size()), out);
      *out += key;
    }
    if (!Encode(*node.children[0], element, out, depth + 1)) return false;
  }
  AppendAvroLong(0, out);
  return true;
}

bool Encode(const AvroNode& node, const json& value, std::string* out, int depth) {
  switch (node.type) {
    case AvroType::kNull:
      return value.is_null();
    case AvroType::kBoolean:
      if (!value.is_boolean()) return false;
      *out += static_cast<char>(value.get<bool>());
      return true;
    case AvroType::kInt:
    case AvroType::kLong:
    case AvroType::kFloat:
    case AvroType::kDouble:
      return EncodeNumber(node, value, out);
    case AvroType::kBytes:
    case AvroType::kString:
    case AvroType::kFixed: {
      if (!value.is_string()) return false;
      std::string bytes;
      if (node.type == AvroType::kString) {
        bytes = value.get<std::string>();
      } else if (!BytesOf(value.get_ref<const std::string&>(), &bytes)) {
        return false;
      }
      if (node.type == AvroType::kFixed) {
        if (bytes.size() != node.size) return false;
      } else {
        AppendAvroLong(static_cast<int64_t>(bytes.size()), out);
      }
      *out += bytes;
      return true;
    }
    case AvroType::kEnum: {
      if (!value.is_string()) return false;
      const auto found = std::find(node.symbols.begin(), node.symbols.end(), value.get_ref<const std::string&>());
      AppendAvroLong(found - node.symbols.begin(), out);
      return found != node.symbols.end();
    }
    case AvroType::kArray:
    case AvroType::kMap:
      return EncodeElements(node, value, out, depth);
    case AvroType::kRecord:
      return EncodeRecord(node, value, out, depth);
    case AvroType::kUnion: {
      // The first branch by the older specifications, the first that fits by the newer ones.
      const size_t begin = out->size();
      for (size_t i = 0; i < node.children.size(); i++) {
        AppendAvroLong(static_cast<int64_t>(i), out);
        if (Encode(*node.children[i], value, out, depth)) return true;
        out->resize(begin);
      }
      return false;
    }
  }
  return false;
}

}  // namespace

Status EncodeAvroDefault(const AvroNode& node, const std::string& text, std::string* out) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_discarded() && Encode(node, value, out, 0)) return Status::Ok();
  return Status::User("the default " + text + " is no " + DescribeAvroType(node));
}

void AppendAvroLong(int64_t value, std::string* out) {
  uint64_t bits = static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) *out += static_cast<char>(bits | 0x80);
  *out += static_cast<char>(bits);
}

}  // namespace laminar
