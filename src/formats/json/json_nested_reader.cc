// JsonValueReader's nested types.
#include <algorithm>
#include <unordered_map>

#include "duckdb/common/types/vector.hpp"

#include "formats/json/json_name.h"
#include "formats/json/json_syntax.h"
#include "formats/json/json_value_reader.h"

namespace laminar {

using duckdb::FlatVector;
using duckdb::Vector;

JsonRead JsonValueReader::ReadList(JsonCursor* cursor, Vector& vector, uint64_t row, JsonProblem* problem) {
  if (*cursor->token() != '[') return Bad(*cursor, problem);
  const uint64_t offset = duckdb::ListVector::GetListSize(vector);
  uint64_t size = 0;
  cursor->next++;
  if (cursor->done()) return Incomplete(problem);
  if (*cursor->token() == ']') {
    cursor->next++;
  } else {
    for (;; size++) {
      if (cursor->left() < 2) return Incomplete(problem);
      duckdb::ListVector::Reserve(vector, offset + size + 1);
      Vector& child = duckdb::ListVector::GetEntry(vector);
      if (children_[0]->Read(cursor, child, FlatVector::GetData(child), offset + size, problem) == JsonRead::kBad) {
        problem->path.insert(0, "[" + std::to_string(size) + "]");
        return JsonRead::kBad;
      }
      if (cursor->done()) return Incomplete(problem);
      const char c = *cursor->token();
      if (c != ',' && c != ']') {
        problem->reason = "a comma or a closing bracket is missing in the array";
        return JsonRead::kBad;
      }
      cursor->next++;
      if (c == ']') break;
    }
    size++;
  }
  duckdb::ListVector::SetListSize(vector, offset + size);
  FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {offset, size};
  return JsonRead::kValue;
}

JsonRead JsonValueReader::ReadArray(JsonCursor* cursor, Vector& vector, uint64_t row, JsonProblem* problem) {
  if (*cursor->token() != '[') return Bad(*cursor, problem);
  Vector& child = duckdb::ArrayVector::GetEntry(vector);
  cursor->next++;
  for (uint64_t i = 0; i < array_size_; i++) {
    if (cursor->left() < 2) return Incomplete(problem);
    if (*cursor->token() == ']') {
      problem->reason = "expected " + type_name_ + ", found an array of " + std::to_string(i);
      return JsonRead::kBad;
    }
    if (children_[0]->Read(cursor, child, FlatVector::GetData(child), row * array_size_ + i, problem) ==
        JsonRead::kBad) {
      problem->path.insert(0, "[" + std::to_string(i) + "]");
      return JsonRead::kBad;
    }
    if (cursor->done()) return Incomplete(problem);
    const char c = *cursor->token();
    if (c == ',' && i + 1 < array_size_) {
      cursor->next++;
    } else if (c != ']') {
      problem->reason = c == ',' ? "expected " + type_name_ + ", found an array of more"
                                 : "a comma or a closing bracket is missing in the array";
      return JsonRead::kBad;
    }
  }
  cursor->next++;
  return JsonRead::kValue;
}

JsonRead JsonValueReader::ReadMap(JsonCursor* cursor, Vector& vector, uint64_t row, JsonProblem* problem) {
  if (*cursor->token() != '{') return Bad(*cursor, problem);
  const uint64_t offset = duckdb::ListVector::GetListSize(vector);
  uint64_t size = 0;
  std::unordered_map<std::string, uint64_t> entries;  // a MAP holds a key once
  cursor->next++;
  if (cursor->done()) return Incomplete(problem);
  if (*cursor->token() == '}') {
    cursor->next++;
  } else {
    for (;;) {
      if (cursor->left() < 4) return Incomplete(problem);
      duckdb::ListVector::Reserve(vector, offset + size + 1);
      auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(vector));
      Vector& keys = *fields[0];
      Vector& values = *fields[1];
      if (*cursor->token() != '"' || *(cursor->base + cursor->next[1]) != ':') {
        problem->reason = "a field name in quotes, followed by a colon, is missing";
        return JsonRead::kBad;
      }
      const JsonCursor key = *cursor;
      if (children_[0]->Read(cursor, keys, FlatVector::GetData(keys), offset + size, problem) == JsonRead::kBad)
        return JsonRead::kBad;
      const auto [entry, is_new] = entries.emplace(keys.GetValue(offset + size).ToString(), size);
      cursor->next++;
      FlatVector::Validity(duckdb::ListVector::GetEntry(vector)).SetValid(offset + entry->second);
      if (children_[1]->Read(cursor, values, FlatVector::GetData(values), offset + entry->second, problem) ==
          JsonRead::kBad) {
        problem->path.insert(
            0, "[" + std::string(key.token(), static_cast<size_t>(JsonTokenEnd(key) - key.token())) + "]");
        return JsonRead::kBad;
      }
      size += is_new;
      if (cursor->done()) return Incomplete(problem);
      const char c = *cursor->token();
      if (c != ',' && c != '}') {
        problem->reason = "a comma or a closing brace is missing in the object";
        return JsonRead::kBad;
      }
      cursor->next++;
      if (c == '}') break;
    }
  }
  duckdb::ListVector::SetListSize(vector, offset + size);
  FlatVector::GetData<duckdb::list_entry_t>(vector)[row] = {offset, size};
  return JsonRead::kValue;
}

size_t JsonValueReader::FindField(std::string_view name, size_t expected, bool* exact) const {
  *exact = true;
  if (expected < names_.size() && names_[expected] == name) return expected;
  if (!options_.case_insensitive) {
    return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  size_t field = expected;
  if (field >= names_.size() || !EqualUpToCase(names_[field], name)) {
    const auto found = std::find_if(names_.begin(), names_.end(),
                                    [&](const std::string& candidate) { return EqualUpToCase(candidate, name); });
    field = static_cast<size_t>(found - names_.begin());
  }
  *exact = field < names_.size() && names_[field] == name;
  return field;
}

JsonRead JsonValueReader::ReadStruct(JsonCursor* cursor, Vector& vector, uint64_t row, JsonProblem* problem) {
  if (*cursor->token() != '{') return Bad(*cursor, problem);
  auto& fields = duckdb::StructVector::GetEntries(vector);
  const uint64_t serial = serial_ += 2;
  size_t expected = 0;  // producers mostly write fields in the order of the type
  cursor->next++;
  if (cursor->done()) return Incomplete(problem);
  if (*cursor->token() == '}') {
    cursor->next++;
  } else {
    for (;;) {
      if (cursor->left() < 4) return Incomplete(problem);
      std::string_view name;
      const char* wrong = nullptr;
      if (*cursor->token() != '"' || *(cursor->base + cursor->next[1]) != ':' || !StringAt(*cursor, &name, &wrong)) {
        problem->reason = wrong ? std::string("a field name ") + (wrong + 6)
                                : "a field name in quotes, followed by a colon, is missing";
        return JsonRead::kBad;
      }
      bool exact;
      const size_t field = FindField(name, expected, &exact);
      if (field == names_.size() && options_.unknown_fields_are_bad) {
        problem->reason = UnknownJsonField(*cursor);
        return JsonRead::kBad;
      }
      cursor->next += 2;
      // Of a field in two cases, the exact match counts.
      if (field < names_.size() && (exact || seen_[field] != serial)) {
        expected = field + 1;
        seen_[field] = exact ? serial : serial + 1;
        Vector& child = *fields[field];
        if (children_[field]->Read(cursor, child, FlatVector::GetData(child), row, problem) == JsonRead::kBad) {
          problem->path.insert(0, "." + names_[field]);
          return JsonRead::kBad;
        }
      } else if (!SkipJsonValue(cursor)) {
        return Incomplete(problem);
      }
      if (cursor->done()) return Incomplete(problem);
      const char c = *cursor->token();
      if (c != ',' && c != '}') {
        problem->reason = "a comma or a closing brace is missing in the object";
        return JsonRead::kBad;
      }
      cursor->next++;
      if (c == '}') break;
    }
  }
  for (size_t i = 0; i < names_.size(); i++) {
    if (seen_[i] < serial) children_[i]->SetNull(*fields[i], row);
  }
  return JsonRead::kValue;
}

}  // namespace laminar
