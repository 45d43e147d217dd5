// JSON is read twice by the format's own decoder before DuckDB sees it: as whole values, which become lines, and with
// every column as JSON, to see which kinds of values each holds.
#include <algorithm>
#include <array>

#include "base/units.h"
#include "duck/detect_columns.h"
#include "duck/pch.h"
#include "infer/columns.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kUnstructured = "json.unstructured";
constexpr std::array<const char*, 5> kKinds = {"numbers", "texts", "booleans", "objects", "lists"};

size_t KindOf(std::string_view json) {
  switch (json.empty() ? '\0' : json.front()) {
    case '"':
      return 1;
    case 't':
    case 'f':
      return 2;
    case '{':
      return 3;
    case '[':
      return 4;
    default:
      return 0;
  }
}

Status Ignore(const BadRow& /*bad*/) {
  return Status::Ok();
}

struct Values {
  std::string objects;  // one a line
  uint64_t rows = 0;
};

Result<Values> ReadValues(const SampleReader& reader, FormatOptions options) {
  options.emplace_back(kUnstructured, "true");
  Values values;
  RETURN_IF_ERROR(reader.Read(
      "json", options, {{"value", MakeType("JSON")}},
      [&](const Batch& batch) {
        values.rows += batch.rows();
        ForEachText(batch, 0, [&](size_t, std::string_view json) {
          if (KindOf(json) != 3) return;
          const size_t begin = values.objects.size();
          values.objects += json;
          // Line breaks are white space: within a text they are escaped.
          for (size_t i = begin; i < values.objects.size(); i++) {
            if (values.objects[i] == '\n' || values.objects[i] == '\r') values.objects[i] = ' ';
          }
          values.objects.push_back('\n');
        });
      },
      Ignore));
  return values;
}

// A text that begins as a date with a time: 2026-01-01T...
bool LooksLikeTime(std::string_view json) {
  constexpr std::string_view kShape = "\"0000-00-00T00:00";
  if (json.size() < kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); i++) {
    const bool fits = kShape[i] == '0'   ? json[i] >= '0' && json[i] <= '9'
                      : kShape[i] == 'T' ? json[i] == 'T' || json[i] == 't' || json[i] == ' '
                                         : json[i] == kShape[i];
    if (!fits) return false;
  }
  return true;
}

// What a field was seen to hold.
struct Kinds {
  std::array<uint64_t, kKinds.size()> counts{};
  uint64_t times = 0;  // of the texts
};

// "numbers in 3 rows, texts in 997"; "" where all are of one kind.
std::string Note(const Kinds& kinds) {
  std::string note;
  size_t seen = 0;
  for (size_t kind = 0; kind < kKinds.size(); kind++) {
    if (kinds.counts[kind] == 0) continue;
    const uint64_t count = kinds.counts[kind];
    note += (seen == 0 ? "" : ", ") + std::string(kKinds[kind]) + " in " + FormatCount(count) +
            (seen > 0     ? ""
             : count == 1 ? " row"
                          : " rows");
    seen++;
  }
  return seen > 1 ? note : "";
}

}  // namespace

Result<ColumnGuess> GuessJson(MemoryFiles* files, const SampleReader& reader, const FormatOptions& compression) {
  ASSIGN_OR_RETURN(const Values values, ReadValues(reader, compression));
  ColumnGuess guess;
  if (values.objects.empty()) {
    // Nothing that has fields: each value is a row as it is. No value at all: the first bad row says why.
    guess.columns = {{"value", MakeType("JSON")}};
    guess.notes = {""};
    if (values.rows > 0) guess.options = {{std::string(kUnstructured), "true"}};
    return guess;
  }
  ASSIGN_OR_RETURN(guess.columns, DetectJsonColumns(files, values.objects));
  if (guess.columns.empty()) return Status::User("the objects have no fields");
  Schema as_json = guess.columns;
  for (Column& column : as_json) column.type = MakeType("JSON");
  std::vector<Kinds> kinds(as_json.size());
  RETURN_IF_ERROR(reader.Read(
      "json", compression, as_json,
      [&](const Batch& batch) {
        for (size_t i = 0; i < kinds.size(); i++) {
          ForEachText(batch, i, [&](size_t, std::string_view json) {
            kinds[i].counts[KindOf(json)]++;
            kinds[i].times += LooksLikeTime(json) ? 1 : 0;
          });
        }
      },
      Ignore));
  for (size_t i = 0; i < kinds.size(); i++) {
    guess.notes.push_back(Note(kinds[i]));
    // DuckDB wants all of them to be written in the same way, to the number of fraction digits.
    const uint64_t texts = kinds[i].counts[KindOf("\"")];
    if (texts > 0 && kinds[i].times == texts && guess.notes[i].empty() &&
        *guess.columns[i].type == duckdb::LogicalType::VARCHAR)
      guess.columns[i].type = MakeType("TIMESTAMP");
  }
  return guess;
}

}  // namespace laminar::infer
