#include "formats/json/json_format.h"

#include <string>
#include <utility>

#include "duckdb/common/types.hpp"

#include "base/check.h"
#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "formats/json/json_options.h"

namespace laminar {
namespace {

constexpr std::string_view kTimestampFormat = "json.timestamp_format";
constexpr std::string_view kUnstructured = "json.unstructured";

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

Result<JsonOptions> Read(const Schema& schema, const OptionValues& values) {
  JsonOptions options;
  const std::string& name = values.String(kTimestampFormat);
  for (const auto& [choice, format] : kTimestampFormats) {
    if (choice == name) options.timestamp_format = format;
  }
  options.unstructured = values.Boolean(kUnstructured);
  if (!options.unstructured) return options;
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
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const JsonOptions options, Read(schema, values));
    return std::unique_ptr<Decoder>(std::make_unique<JsonDecoder>(schema, options));
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const JsonOptions options, Read(schema, values));
    return std::unique_ptr<Encoder>(std::make_unique<JsonEncoder>(schema, options));
  }
};

}  // namespace

std::unique_ptr<Format> MakeJsonFormat() {
  return std::make_unique<JsonFormat>();
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
  return {timestamps, unstructured};
}

}  // namespace laminar
