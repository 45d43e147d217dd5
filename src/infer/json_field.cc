#include "infer/json_field.h"

#include <algorithm>

#include "base/units.h"

namespace laminar::infer {

namespace {

constexpr std::array<const char*, 5> kKindNames = {"numbers", "texts", "booleans", "objects", "lists"};
constexpr size_t kExactDigits = 15;  // of a DOUBLE

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

// Numbers of seconds have ten digits from 2001 to 2286; the finer units have three more each.
bool MayBeEpoch(std::string_view digits) {
  const size_t size = digits.size();
  return (size == 10 || size == 13 || size == 16 || size == 19) && (digits[0] == '1' || digits[0] == '2');
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
  if (kind != JsonValueKind::kNumber) return;
  const std::string_view digits = json.substr(json.starts_with('-') ? 1 : 0);
  if (!std::all_of(digits.begin(), digits.end(), IsDigit)) return;
  wholes_++;
  if (digits.size() > kExactDigits) long_wholes_++;
  if (digits.size() == json.size() && MayBeEpoch(digits)) epochs_++;
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
