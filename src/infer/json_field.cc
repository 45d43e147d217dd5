#include "infer/json_field.h"

#include "base/units.h"

namespace laminar::infer {

namespace {

constexpr std::array<const char*, 5> kKindNames = {"numbers", "texts", "booleans", "objects", "lists"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool BeginsAsTime(std::string_view json) {
  constexpr std::string_view kShape = "\"0000-00-00T00:00";
  if (json.size() < kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); i++) {
    const bool fits = kShape[i] == '0'   ? IsDigit(json[i])
                      : kShape[i] == 'T' ? json[i] == 'T' || json[i] == 't' || json[i] == ' '
                                         : json[i] == kShape[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

JsonValueKind KindOf(std::string_view json) {
  switch (json.empty() ? '\0' : json.front()) {
    case '"':
      return JsonValueKind::kText;
    case 't':
    case 'f':
      return JsonValueKind::kBoolean;
    case '{':
      return JsonValueKind::kObject;
    case '[':
      return JsonValueKind::kList;
    default:
      return JsonValueKind::kNumber;
  }
}

void JsonField::Add(std::string_view json) {
  const JsonValueKind kind = KindOf(json);
  values_++;
  counts_[static_cast<size_t>(kind)]++;
  if (kind == JsonValueKind::kText) times_ += BeginsAsTime(json) ? 1 : 0;
  numbers_.Add(json);
}

std::string JsonField::DescribeKinds() const {
  std::string text;
  size_t seen = 0;
  for (size_t kind = 0; kind < counts_.size(); kind++) {
    const uint64_t count = counts_[kind];
    if (count == 0) continue;
    text += (seen == 0 ? "" : ", ") + std::string(kKindNames[kind]) + " in " + FormatCount(count);
    if (seen == 0) text += count == 1 ? " row" : " rows";
    seen++;
  }
  return seen > 1 ? text : "";
}

}  // namespace laminar::infer
