// CSV by DuckDB's detection; Parquet and Avro by the schemas that they carry.
#include <algorithm>
#include <optional>

#include "duck/detect_columns.h"
#include "duck/parquet_scan.h"
#include "duck/pch.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_container.h"
#include "infer/columns.h"

namespace laminar::infer {

namespace {

// The columns of one more record: a column of a name that is there becomes what holds both types.
void Merge(const Schema& more, ColumnGuess* guess) {
  for (const Column& column : more) {
    const auto known = std::find_if(guess->columns.begin(), guess->columns.end(),
                                    [&](const Column& other) { return other.name == column.name; });
    if (known == guess->columns.end()) {
      guess->columns.push_back({column.name, column.type, false});
      guess->notes.emplace_back();
    } else if (*known->type != *column.type) {
      std::string& note = guess->notes[static_cast<size_t>(known - guess->columns.begin())];
      note = TypeName(*known->type) + " in some records, " + TypeName(*column.type) + " in others";
      const bool nested = known->type->IsNested() || column.type->IsNested();
      known->type = nested && known->type->id() != column.type->id()
                        ? MakeType("JSON")
                        : MakeType(duckdb::LogicalType::ForceMaxLogicalType(*known->type, *column.type));
    }
  }
}

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

void AddOption(const char* name, char value, char default_value, FormatOptions* options) {
  if (value != default_value) options->emplace_back(name, value == '\t' ? "\\t" : std::string(1, value));
}

}  // namespace

Result<ColumnGuess> GuessCsv(MemoryFiles* files, const std::vector<std::string_view>& plain) {
  const std::optional<bool> header = HasHeader(plain);
  std::string text;
  for (std::string_view record : plain) {
    if (!text.empty() && header.value_or(false)) record.remove_prefix(FirstLine(record).size() + 1);
    text += record;
    if (!text.empty() && text.back() != '\n') text.push_back('\n');
  }
  Result<CsvColumns> csv = DetectCsvColumns(files, text, header);
  if (!csv.ok()) return csv.status();
  ColumnGuess guess;
  guess.columns = csv->columns;
  guess.notes.resize(guess.columns.size());
  if (csv->header) guess.options.emplace_back("csv.header", "first_line");
  AddOption("csv.delimiter", csv->delimiter, ',', &guess.options);
  AddOption("csv.quote", csv->quote, '"', &guess.options);
  AddOption("csv.escape", csv->escape, '"', &guess.options);
  return guess;
}

Result<ColumnGuess> GuessParquet(MemoryFiles* files, const std::vector<RecordView>& records) {
  const std::unique_ptr<DuckSession> session = files->NewSession();
  ColumnGuess guess;
  std::string first_problem;
  for (const RecordView record : records) {
    ParquetScan scan(files, session.get(), record);
    ASSIGN_OR_RETURN(const std::string problem, scan.Open());
    if (problem.empty()) Merge(scan.columns(), &guess);
    if (first_problem.empty()) first_problem = problem;
  }
  if (guess.columns.empty()) return Status::User(first_problem);
  return guess;
}

Result<ColumnGuess> GuessAvro(const std::vector<RecordView>& records) {
  ColumnGuess guess;
  std::string first_problem;
  std::string_view last_schema;
  for (const RecordView record : records) {
    AvroHeader header;
    std::string problem = record.starts_with(kAvroMagic)
                              ? ReadAvroHeader(record, &header)
                              : "it is no container of Avro, and nothing else carries its schema";
    if (problem.empty() && header.schema != last_schema) {
      last_schema = header.schema;
      const auto schema = AvroSchema::Parse(header.schema);
      if (schema.ok()) Merge(ColumnsOf(**schema), &guess);
      if (!schema.ok()) problem = schema.status().message();
    }
    if (first_problem.empty()) first_problem = problem;
  }
  if (guess.columns.empty()) return Status::User(first_problem);
  return guess;
}

}  // namespace laminar::infer
