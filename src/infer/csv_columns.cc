// CSV by DuckDB's detection, which knows its dialects and types. Two things are told by the format's own reading of a
// line: the names in a header, and which lines have another number of fields than nearly all: among those DuckDB finds
// no columns at all.
#include <algorithm>
#include <optional>
#include <utility>

#include "duck/detect_columns.h"
#include "duck/pch.h"
#include "duck/texts_of.h"
#include "infer/column_names.h"
#include "infer/columns.h"
#include "infer/csv_lines.h"
#include "infer/null_word.h"
#include "infer/whole_numbers.h"

namespace laminar::infer {

namespace {

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, std::min(text.find('\n'), text.size()));
}

bool HasSecondLine(std::string_view text) {
  const size_t end = text.find('\n');
  return end != text.npos && end + 1 < text.size();
}

// Records that all begin with the same line, and have more of them, have a header. Of several that do not, none has.
std::optional<bool> HasHeader(const std::vector<std::string_view>& records) {
  if (records.size() < 2) return std::nullopt;
  return std::all_of(records.begin(), records.end(), [&](std::string_view record) {
    return HasSecondLine(record) && FirstLine(record) == FirstLine(records.front());
  });
}

// One text of all records, with one header. Its lines end in line feeds: DuckDB wants all of them to end alike.
std::string Join(const std::vector<std::string_view>& records, bool have_headers) {
  std::string text;
  for (std::string_view record : records) {
    if (!text.empty() && have_headers) record.remove_prefix(FirstLine(record).size() + 1);
    for (size_t begin = 0; begin < record.size();) {
      const size_t end = std::min(record.find("\r\n", begin), record.size());
      text += record.substr(begin, end - begin);
      begin = end + (end < record.size() ? 1 : 0);
    }
    if (!text.empty() && text.back() != '\n') text.push_back('\n');
  }
  return text;
}

Result<CsvColumns> Detect(MemoryFiles* files, const std::string& text, std::optional<bool> header) {
  Result<CsvColumns> csv = DetectCsvColumns(files, text, header, std::nullopt);
  if (csv.ok() ? csv->columns.size() > 1 : csv.status().kind() != StatusKind::kUser) return csv;
  const std::optional<EvenLines> even = FindEvenLines(text);
  if (!even) return csv;
  Result<CsvColumns> of_even =
      DetectCsvColumns(files, even->text, even->first_fits ? header : std::optional(false), even->delimiter);
  return of_even.ok() && of_even->columns.size() > 1 ? std::move(of_even) : std::move(csv);
}

// DuckDB trims names, numbers those that are there twice and makes some up; columns are found by what is written.
void NameByHeader(const std::vector<std::string_view>& records, const CsvColumns& csv, ColumnGuess* guess) {
  const auto record = std::find_if(records.begin(), records.end(), [](std::string_view text) { return !text.empty(); });
  if (record == records.end()) return;
  CsvOptions options;
  options.delimiter = csv.delimiter;
  options.quote = csv.quote;
  options.escape = csv.escape;
  const std::vector<std::string> names = FirstFields(*record, options);
  if (names.size() != guess->columns.size()) return;
  for (size_t i = 0; i < names.size(); i++) {
    guess->columns[i].name = names[i];
    if (names[i].starts_with(' ') || names[i].ends_with(' ')) guess->notes[i] = "so named, with spaces, in the header";
  }
}

const char* HeaderRemark(bool header) {
  return header
             ? "all values are text, and the first line is taken as a header: if it is a row, leave out "
               "'csv.header', and columns are told by their place"
             : "all values are text, and the first line is taken as a row: if it is a header, name the columns as it "
               "does and add 'csv.header' = 'first_line'";
}

// What shows in the texts of the values only: DuckDB takes whole numbers that BIGINT does not hold for DOUBLE, which
// rounds them, and numbers with a word for NULL among them for text.
Status LookAtTexts(const SampleReader& reader, const FormatOptions& compression, ColumnGuess* guess) {
  const auto is = [&](size_t i, duckdb::LogicalTypeId type) { return guess->columns[i].type->id() == type; };
  Schema texts = guess->columns;
  for (Column& column : texts) column.type = MakeType("VARCHAR");
  std::vector<WholeNumbers> numbers(texts.size());
  std::vector<NullWord> words(texts.size());
  FormatOptions options = guess->options;
  options.insert(options.end(), compression.begin(), compression.end());
  RETURN_IF_ERROR(reader.Read(
      "csv", options, texts,
      [&](const Batch& batch) {
        for (size_t i = 0; i < numbers.size(); i++) {
          if (!is(i, duckdb::LogicalTypeId::DOUBLE) && !is(i, duckdb::LogicalTypeId::VARCHAR)) continue;
          for (const std::string_view text : TextsOf(batch, i)) {
            if (text.data() == nullptr) continue;
            numbers[i].Add(text);
            words[i].Add(text);
          }
        }
      },
      [](const BadRow& /*bad*/) { return Status::Ok(); }));
  for (size_t i = 0; i < numbers.size(); i++) {
    if (is(i, duckdb::LogicalTypeId::VARCHAR)) AddNote(words[i].Note(), &guess->notes[i]);
    if (is(i, duckdb::LogicalTypeId::DOUBLE) && numbers[i].need_hugeint()) guess->columns[i].type = MakeType("HUGEINT");
  }
  return Status::Ok();
}

void AddOption(const char* name, char value, char default_value, FormatOptions* options) {
  if (value != default_value) options->emplace_back(name, value == '\t' ? "\\t" : std::string(1, value));
}

}  // namespace

Result<ColumnGuess> GuessCsv(MemoryFiles* files, const SampleReader& reader, const std::vector<std::string_view>& plain,
                             const FormatOptions& compression) {
  const std::optional<bool> header = HasHeader(plain);
  ASSIGN_OR_RETURN(const CsvColumns csv, Detect(files, Join(plain, header.value_or(false)), header));
  ColumnGuess guess;
  guess.columns = csv.columns;
  guess.notes.resize(guess.columns.size());
  guess.may_be_any_text = csv.columns.size() == 1;
  if (csv.header) guess.options.emplace_back("csv.header", "first_line");
  AddOption("csv.delimiter", csv.delimiter, ',', &guess.options);
  AddOption("csv.quote", csv.quote, '"', &guess.options);
  AddOption("csv.escape", csv.escape, '"', &guess.options);
  const bool all_text = std::all_of(guess.columns.begin(), guess.columns.end(), [](const Column& column) {
    return column.type->id() == duckdb::LogicalTypeId::VARCHAR;
  });
  if (!header && all_text) guess.remarks.emplace_back(HeaderRemark(csv.header));
  if (csv.header) NameByHeader(plain, csv, &guess);
  KeepWritableNames("csv", &guess);  // a decoder wants names that differ
  RETURN_IF_ERROR(LookAtTexts(reader, compression, &guess));
  return guess;
}

}  // namespace laminar::infer
