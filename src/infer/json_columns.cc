// JSON is read twice by the format's own decoder before DuckDB sees it: as whole values, which become lines, and with
// every column as JSON, to see what each field holds.
#include <algorithm>

#include "base/units.h"
#include "duck/detect_columns.h"
#include "duck/pch.h"
#include "duck/texts_of.h"
#include "infer/columns.h"
#include "infer/event_time.h"
#include "infer/json_field.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kUnstructured = "json.unstructured";

Status Ignore(const BadRow& /*bad*/) {
  return Status::Ok();
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
          const size_t begin = values.objects.size();
          values.objects += json;
          // Line breaks are white space: within a text they are escaped.
          for (size_t i = begin; i < values.objects.size(); i++) {
            if (values.objects[i] == '\n' || values.objects[i] == '\r') values.objects[i] = ' ';
          }
          values.objects.push_back('\n');
        }
      },
      Ignore));
  return values;
}

// What is known of a field beyond DuckDB's type for it.
void Refine(const JsonField& field, Column* column, std::string* note) {
  const duckdb::LogicalType& type = *column->type;
  if (type.id() == duckdb::LogicalTypeId::VARCHAR) *note = field.DescribeKinds();  // JSON too
  if (type == duckdb::LogicalType::VARCHAR && field.has_only_times()) {
    // DuckDB wants all of them to be written in the same way, to the number of fraction digits.
    column->type = MakeType("TIMESTAMP");
  } else if (type == duckdb::LogicalType::DOUBLE && field.has_long_wholes()) {
    column->type = MakeType("HUGEINT");
  } else if (type == duckdb::LogicalType::BIGINT && field.has_only_epochs() && SoundsLikeTime(column->name)) {
    *note = "since 1970? As a TIMESTAMP it is read as a time";
  }
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
  ASSIGN_OR_RETURN(const Schema detected, DetectJsonColumns(files, values.objects));
  Schema as_json = detected;
  for (Column& column : as_json) column.type = MakeType("JSON");
  std::vector<JsonField> fields(as_json.size());
  RETURN_IF_ERROR(reader.Read(
      "json", compression, as_json,
      [&](const Batch& batch) {
        for (size_t i = 0; i < fields.size(); i++) {
          for (const std::string_view json : TextsOf(batch, i)) {
            if (json.data() != nullptr) fields[i].Add(json);
          }
        }
      },
      Ignore));
  size_t renamed = 0;
  for (size_t i = 0; i < fields.size(); i++) {
    // DuckDB saw values under this name of its own making.
    if (fields[i].empty() && !detected[i].type->IsJSONType()) {
      renamed++;
      continue;
    }
    guess.columns.push_back(detected[i]);
    Refine(fields[i], &guess.columns.back(), &guess.notes.emplace_back());
  }
  if (guess.columns.empty()) return Status::User("the names of all fields are empty");
  if (renamed > 0) {
    guess.remark = FormatCount(renamed) + (renamed == 1 ? " field is" : " fields are") +
                   " left out: a name is empty, or differs from another one in case only";
  }
  return guess;
}

}  // namespace laminar::infer
