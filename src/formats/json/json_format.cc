#include "formats/json/json_format.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "duckdb/common/types.hpp"

#include "base/check.h"
#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "formats/json/json_name.h"
#include "formats/json/json_options.h"
#include "formats/json/json_schema.h"

namespace laminar {
namespace {

constexpr std::string_view kTimestampFormat = "json.timestamp_format";
constexpr std::string_view kUnstructured = "json.unstructured";
constexpr std::string_view kCaseInsensitive = "json.case_insensitive";
constexpr std::string_view kUnknownFields = "json.unknown_fields";
constexpr std::string_view kSchema = "json.schema";
constexpr std::string_view kSchemaFile = "json.schema_file";

constexpr std::string_view kIgnore = "ignore", kBadData = "bad_data";  // json.unknown_fields

constexpr std::pair<std::string_view, JsonTimestampFormat> kTimestampFormats[] = {
    {"auto", JsonTimestampFormat::kAuto},
    {"rfc3339", JsonTimestampFormat::kRfc3339},
    {"sql", JsonTimestampFormat::kSql},
    {"epoch_seconds", JsonTimestampFormat::kEpochSeconds},
    {"epoch_millis", JsonTimestampFormat::kEpochMillis},
    {"epoch_micros", JsonTimestampFormat::kEpochMicros},
    {"epoch_nanos", JsonTimestampFormat::kEpochNanos},
    {"unix_millis", JsonTimestampFormat::kEpochMillis},  // what other engines call it
};

bool IsCaseInsensitive(const OptionValues& values) {
  return values.Has(kCaseInsensitive) && values.Boolean(kCaseInsensitive);
}

bool UnknownFieldsAreBad(const OptionValues& values) {
  return values.StringOr(kUnknownFields, std::string(kIgnore)) == kBadData;
}

Result<JsonOptions> Read(const Schema& schema, const OptionValues& values) {
  JsonOptions options;
  options.timestamp_format = JsonTimestampFormatOf(values);
  options.unstructured = values.Boolean(kUnstructured);
  options.case_insensitive = IsCaseInsensitive(values);
  options.unknown_fields_are_bad = UnknownFieldsAreBad(values);
  if (!options.unstructured) return options;
  for (const std::string_view option : {kCaseInsensitive, kUnknownFields, kSchema, kSchemaFile}) {
    if (!values.Written(option)) continue;
    return Status::User("json.unstructured = 'true' looks at no fields, so " + std::string(option) + " has no meaning",
                        "leave one of them out")
        .At(values.position(option));
  }
  for (const Column& column : schema) {
    if (schema.size() == 1 && column.type->IsJSONType()) continue;
    return Status::User(
               "json.unstructured = 'true' puts the whole value into one column, but the table has the column " +
                   column.name + " " + TypeName(*column.type),
               "declare the one column `value JSON`, or leave json.unstructured out")
        .At(values.position(kUnstructured));
  }
  return options;
}

class JsonFormat final : public Format {
 public:
  explicit JsonFormat(SchemaFileReader read_file) : read_file_(std::move(read_file)) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const JsonOptions options, Read(schema, values));
    return std::unique_ptr<Decoder>(std::make_unique<JsonDecoder>(schema, options));
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const JsonOptions options, Read(schema, values));
    return std::unique_ptr<Encoder>(std::make_unique<JsonEncoder>(schema, options));
  }

  // Whether a record is bad must not depend on what a query uses of it.
  bool ReadsAllColumns(const OptionValues& values) const override { return UnknownFieldsAreBad(values); }

  Result<Schema> ColumnsOf(const OptionValues& values) const override {
    if (values.Has(kSchema) && values.Has(kSchemaFile)) {
      return Status::User("both json.schema and json.schema_file are given", "keep one of them")
          .At(values.position(kSchemaFile));
    }
    if (values.Has(kSchema)) {
      Result<Schema> columns = ColumnsOfJsonSchema(values.String(kSchema));
      return columns.ok() ? columns : Status(columns.status()).At(values.position(kSchema));
    }
    if (!values.Has(kSchemaFile)) return Schema{};
    const std::string& path = values.String(kSchemaFile);
    const Result<std::string> text = read_file_(path);
    if (!text.ok()) return Status(text.status()).At(values.position(kSchemaFile));
    Result<Schema> columns = ColumnsOfJsonSchema(*text);
    return columns.ok() ? columns : Status(columns.status()).WithContext(path).At(values.position(kSchemaFile));
  }

  // Columns that are declared beside a schema are some of its properties, of types that the user chose.
  void Check(const Schema& columns, const OptionValues& values, OptionUse /*use*/,
             std::vector<Status>* problems) const override {
    const Result<Schema> properties = ColumnsOf(values);
    if (!properties.ok()) problems->push_back(properties.status());
    if (!properties.ok() || properties->empty()) return;
    const bool any_case = IsCaseInsensitive(values);
    std::vector<std::string> names;
    for (const Column& property : *properties) names.push_back(property.name);
    for (const Column& column : columns) {
      const bool known = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return any_case ? EqualUpToCase(name, column.name) : name == column.name;
      });
      if (known) continue;
      const std::optional<std::string> nearest = NearestName(column.name, names);
      problems->push_back(
          Status::User("column " + column.name + " is no property of the JSON Schema",
                       nearest ? "did you mean " + *nearest + "?" : "leave out the column or the schema")
              .At(values.position(values.Written(kSchemaFile) ? kSchemaFile : kSchema)));
    }
  }

 private:
  const SchemaFileReader read_file_;
};

}  // namespace

JsonTimestampFormat JsonTimestampFormatOf(const OptionValues& values) {
  const std::string& name = values.String(kTimestampFormat);
  return std::find_if(std::begin(kTimestampFormats), std::end(kTimestampFormats),
                      [&](const auto& choice) { return choice.first == name; })
      ->second;
}

std::unique_ptr<Format> MakeJsonFormat(SchemaFileReader read_file) {
  return std::make_unique<JsonFormat>(std::move(read_file));
}

std::vector<OptionSpec> JsonFormatOptions() {
  OptionSpec timestamps;
  timestamps.name = kTimestampFormat;
  timestamps.type = OptionType::kEnum;
  timestamps.default_value = "auto";
  for (const auto& [choice, format] : kTimestampFormats) timestamps.choices.push_back(choice);
  timestamps.help =
      "How TIMESTAMP columns look: auto reads RFC 3339 and SQL text, and numbers as an epoch whose unit follows from "
      "their size (below 1e11 seconds, "
      "below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds), and writes RFC 3339 in UTC";
  timestamps.example = "epoch_millis";
  OptionSpec unstructured;
  unstructured.name = kUnstructured;
  unstructured.type = OptionType::kBoolean;
  unstructured.default_value = "false";
  unstructured.help = "Put the whole JSON value, whatever it is, into the table's one column `value JSON`";
  unstructured.example = "true";
  OptionSpec any_case;
  any_case.name = kCaseInsensitive;
  any_case.type = OptionType::kBoolean;
  any_case.use = OptionUse::kSource;
  any_case.default_value = "false";
  any_case.help =
      "Match fields to columns, and to the fields of a STRUCT, whatever the case of their letters A to Z; of two "
      "spellings in one object the exact one counts";
  any_case.example = "true";
  OptionSpec unknown;
  unknown.name = kUnknownFields;
  unknown.type = OptionType::kEnum;
  unknown.use = OptionUse::kSource;
  unknown.default_value = kIgnore;
  unknown.choices = {kIgnore, kBadData};
  unknown.help =
      "What a field is that is no column of the table, or no field of its STRUCT: ignored, or bad_data, and then every "
      "column is read, used or not";
  unknown.example = kBadData;
  return {timestamps,
          unstructured,
          any_case,
          unknown,
          {.name = kSchema,
           .help = "A JSON Schema, whose properties are the columns of a table that declares none",
           .example = R"({"type":"object","properties":{"id":{"type":"integer"}}})"},
          {.name = kSchemaFile,
           .help = "A file that holds the JSON Schema; a relative path starts at the current directory",
           .example = "order.schema.json"}};
}

}  // namespace laminar
