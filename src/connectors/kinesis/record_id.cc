#include "connectors/kinesis/record_id.h"

#include <charconv>

#include "base/check.h"
#include "connectors/kinesis/partition_key.h"

namespace laminar::kinesis {

namespace {

void AppendNumber(uint64_t number, std::string* out) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out->push_back('.');
  out->append(digits, end);
}

// ".123" at the front of `text`, taken off it.
template <class T>
bool TakeNumber(std::string_view* text, T* number) {
  if (text->size() < 2 || text->front() != '.') return false;
  const char* begin = text->data() + 1;
  const auto [end, error] = std::from_chars(begin, text->data() + text->size(), *number);
  if (error != std::errc() || end == begin || *begin == '-') return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

}  // namespace

std::string IdPrefix(std::string_view state_id, std::string_view sink) {
  const std::string text = std::string(state_id) + kIdSeparator + std::string(sink);
  return Md5Hex(text).substr(0, 16);
}

void AppendId(std::string_view prefix, const RecordId& id, std::string* out) {
  const size_t before = out->size();
  out->append(prefix);
  AppendNumber(static_cast<uint64_t>(id.worker), out);
  AppendNumber(static_cast<uint64_t>(id.epoch), out);
  AppendNumber(id.number, out);
  CHECK(out->size() - before <= kMostIdBytes);
}

std::optional<RecordId> FindId(std::string_view partition_key, std::string_view prefix) {
  if (const size_t separator = partition_key.rfind(kIdSeparator); separator != std::string_view::npos)
    partition_key.remove_prefix(separator + 1);
  if (!partition_key.starts_with(prefix)) return std::nullopt;
  partition_key.remove_prefix(prefix.size());
  RecordId id;
  if (!TakeNumber(&partition_key, &id.worker) || !TakeNumber(&partition_key, &id.epoch) ||
      !TakeNumber(&partition_key, &id.number) || !partition_key.empty())
    return std::nullopt;
  return id;
}

}  // namespace laminar::kinesis
