// JSON is read twice by the format's own decoder before DuckDB sees it: as whole values, which become lines, and with
// every column as JSON, to see what each field holds.
#include <algorithm>
#include <functional>
#include <utility>

#include "base/units.h"
#include "duck/detect_columns.h"
#include "duck/pch.h"
#include "duck/texts_of.h"
#include "infer/column_names.h"
#include "infer/columns.h"
#include "infer/json_field.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kUnstructured = "json.unstructured";

Status Ignore(const BadRow& /*bad*/) {
  return Status::Ok();
}

std::string InOneLine(std::string_view json) {
  std::string line(json);
  // Line breaks are white space: within a text they are escaped.
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

struct Values {
  std::string objects;  // one a line
  bool have_fields = false;
  uint64_t rows = 0;
};

Result<Values> ReadValues(const SampleReader& reader, FormatOptions options) {
  options.emplace_back(kUnstructured, "true");
  Values values;
  RETURN_IF_ERROR(reader.Read(
      "json", options, {{"value", MakeType("JSON")}},
      [&](const Batch& batch) {
        values.rows += batch.rows();
        for (const std::string_view json : TextsOf(batch, 0)) {
          if (KindOf(json) != JsonValueKind::kObject) continue;
          values.have_fields = values.have_fields || json.find('"') != json.npos;
          values.objects += InOneLine(json) + "\n";
        }
      },
      Ignore));
  return values;
}

// What is known of a field beyond DuckDB's type for it.
void Refine(const JsonField& field, Column* column, std::string* note) {
  const duckdb::LogicalType& type = *column->type;
  if (type.id() == duckdb::LogicalTypeId::VARCHAR) AddNote(field.DescribeKinds(), note);  // JSON too
  if (type == duckdb::LogicalType::VARCHAR && field.has_only_times()) {
    // DuckDB wants all of them to be written in the same way, to the number of fraction digits.
    column->type = MakeType("TIMESTAMP");
  } else if (type == duckdb::LogicalType::DOUBLE && field.needs_hugeint()) {
    column->type = MakeType("HUGEINT");
  }
}

// Calls on_value(field, json) for every value that is not null. fields: the columns, in any type.
Status ReadFields(const SampleReader& reader, const FormatOptions& compression, Schema fields,
                  const std::function<void(size_t, std::string_view)>& on_value) {
  for (Column& column : fields) column.type = MakeType("JSON");
  return reader.Read(
      "json", compression, fields,
      [&](const Batch& batch) {
        for (size_t i = 0; i < fields.size(); i++) {
          for (const std::string_view json : TextsOf(batch, i)) {
            if (json.data() != nullptr) on_value(i, json);
          }
        }
      },
      Ignore);
}

// Field by field: DuckDB gives up on all of them where the names within one differ in case only. That one is JSON.
// notes: by column.
Result<Schema> DetectEachField(MemoryFiles* files, const SampleReader& reader, const FormatOptions& compression,
                               const std::string& objects, std::vector<std::string>* notes) {
  ASSIGN_OR_RETURN(Schema columns, DetectJsonColumns(files, objects, JsonDepth::kNames));
  notes->resize(columns.size());
  std::vector<std::string> values(columns.size());
  RETURN_IF_ERROR(ReadFields(reader, compression, columns, [&](size_t i, std::string_view json) {
    values[i] += "{\"v\":" + InOneLine(json) + "}\n";
  }));
  for (size_t i = 0; i < columns.size(); i++) {
    if (values[i].empty()) continue;
    const Result<Schema> detected = DetectJsonColumns(files, values[i], JsonDepth::kAll);
    if (detected.ok()) {
      columns[i].type = detected->front().type;
    } else if (detected.status().kind() == StatusKind::kUser) {
      (*notes)[i] = "JSON, as names within it differ in case only";
    } else {
      return detected.status();
    }
  }
  return columns;
}

// DuckDB gives a number to a name that differs from one before it in case only (V_1), and a name to an empty one (C6).
// Nothing is found under either.
bool IsMadeUp(const std::string& name, const std::string& objects) {
  const size_t end = name.find_last_not_of("0123456789");
  if (end == name.npos || end + 1 == name.size() || (name[end] != '_' && name.substr(0, end + 1) != "C")) return false;
  return objects.find('"' + name + '"') == objects.npos;
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
  if (!values.have_fields) return Status::User("the objects have no fields");
  std::vector<std::string> notes;
  Result<Schema> found = DetectJsonColumns(files, values.objects, JsonDepth::kAll);
  if (!found.ok() && found.status().kind() == StatusKind::kUser)
    found = DetectEachField(files, reader, compression, values.objects, &notes);
  ASSIGN_OR_RETURN(const Schema detected, std::move(found));
  notes.resize(detected.size());
  std::vector<JsonField> fields(detected.size());
  RETURN_IF_ERROR(
      ReadFields(reader, compression, detected, [&](size_t i, std::string_view json) { fields[i].Add(json); }));
  size_t renamed = 0;
  for (size_t i = 0; i < fields.size(); i++) {
    // DuckDB saw values under this name of its own making.
    if (fields[i].empty() && (!detected[i].type->IsJSONType() || IsMadeUp(detected[i].name, values.objects))) {
      renamed++;
      continue;
    }
    guess.columns.push_back(detected[i]);
    Refine(fields[i], &guess.columns.back(), &guess.notes.emplace_back(notes[i]));
  }
  if (guess.columns.empty()) return Status::User("the names of all fields are empty");
  if (renamed > 0) {
    guess.remarks.push_back(FormatCount(renamed) + (renamed == 1 ? " field is" : " fields are") +
                            " left out: a name is empty, or differs from another one in case only");
  }
  return guess;
}

}  // namespace laminar::infer
