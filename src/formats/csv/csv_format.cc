#include "formats/csv/csv_format.h"

#include <string>

#include "base/byte_order_mark.h"
#include "formats/csv/csv_decoder.h"
#include "formats/csv/csv_encoder.h"
#include "formats/csv/csv_line.h"
#include "formats/csv/csv_options.h"

namespace laminar {
namespace {

constexpr std::string_view kHeader = "csv.header";
constexpr std::string_view kDelimiter = "csv.delimiter";
constexpr std::string_view kQuote = "csv.quote";
constexpr std::string_view kEscape = "csv.escape";
constexpr std::string_view kNull = "csv.null";

Result<char> ReadCharacter(std::string_view name, const OptionValues& values) {
  std::string text = values.String(name);
  if (text == "\\t") text = "\t";
  if (text.size() == 1 && text != "\n" && text != "\r" && text != std::string(1, '\0')) return text[0];
  return Status::User(std::string(name) + " is '" + text + "', and has to be one character (of ASCII, no line break)",
                      "write it like ';', or '\\t' for a tab")
      .At(values.position(name));
}

Result<CsvOptions> Read(const OptionValues& values) {
  CsvOptions options;
  options.header = values.String(kHeader) == "first_line";
  options.null = values.StringOr(kNull, "");
  options.fields = values.record_columns();
  ASSIGN_OR_RETURN(options.delimiter, ReadCharacter(kDelimiter, values));
  ASSIGN_OR_RETURN(options.quote, ReadCharacter(kQuote, values));
  options.escape = options.quote;
  if (values.Has(kEscape)) {
    ASSIGN_OR_RETURN(options.escape, ReadCharacter(kEscape, values));
  }
  if (options.delimiter == options.quote || options.delimiter == options.escape) {
    return Status::User(
               "csv.delimiter is the same as " + std::string(options.delimiter == options.quote ? kQuote : kEscape),
               "give each of them a character of its own; csv.quote and csv.escape may be the same")
        .At(values.position(kDelimiter));
  }
  if (options.null.find_first_of(std::string{options.delimiter, options.quote, '\r', '\n'}) != std::string::npos) {
    return Status::User("csv.null has a delimiter, a quote or a line break in it", "choose a plain word, such as NULL")
        .At(values.position(kNull));
  }
  return options;
}

class CsvFormat final : public Format {
 public:
  explicit CsvFormat(DuckDatabase* database) : database_(database) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const CsvOptions options, Read(values));
    return std::unique_ptr<Decoder>(std::make_unique<CsvDecoder>(database_->NewSession(), schema, options));
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const CsvOptions options, Read(values));
    return std::unique_ptr<Encoder>(std::make_unique<CsvEncoder>(database_->NewSession(), schema, options));
  }
  FileLayout Layout(const OptionValues& /*values*/) const override {
    return FileLayout::kWhole;  // a line feed may stand within quotes, and the header counts for all lines
  }
  std::string FileHeader(const Schema& schema, const OptionValues& values) const override {
    const Result<CsvOptions> options = Read(values);
    return options.ok() && options->header ? CsvHeader(schema, *options) : "";
  }
  uint64_t HeaderBytes(std::string_view record, const OptionValues& values) const override {
    const Result<CsvOptions> options = Read(values);
    if (!options.ok() || !options->header) return 0;
    CsvLine line(*options);
    size_t length = record.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    do {
      if (length == record.size()) return 0;
      length = line.Parse(record, length);
      if (length == 0) return 0;
    } while (line.blank());
    return length;
  }
  void Check(const Schema& /*columns*/, const OptionValues& values, OptionUse /*use*/,
             std::vector<Status>* problems) const override {
    const Result<CsvOptions> options = Read(values);
    if (!options.ok()) problems->push_back(options.status());
  }

 private:
  DuckDatabase* const database_;
};

}  // namespace

std::unique_ptr<Format> MakeCsvFormat(DuckDatabase* database) {
  return std::make_unique<CsvFormat>(database);
}

std::vector<OptionSpec> CsvFormatOptions() {
  return {
      {.name = kHeader,
       .type = OptionType::kEnum,
       .default_value = "none",
       .choices = {"none", "first_line"},
       .help = "Whether the first line of a record, or of a file, has the columns' names; without it columns are taken "
               "in the order of the table",
       .example = "first_line"},
      {.name = kDelimiter, .default_value = ",", .help = "What stands between two values", .example = "\\t"},
      {.name = kQuote, .default_value = "\"", .help = "What stands around a value", .example = "'"},
      {.name = kEscape,
       .help = "What stands before a quote that belongs to a quoted value; the quote itself if not given",
       .example = "\\"},
      {.name = kNull,
       .help = "What NULL looks like; in quotes it is a text like any other; nothing if not given",
       .example = "NULL"},
  };
}

}  // namespace laminar
