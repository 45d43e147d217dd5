// Parquet and Avro by the schemas that their records carry.
#include <algorithm>

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
    } else if (known->type->id() == duckdb::LogicalTypeId::SQLNULL) {
      known->type = column.type;
    } else if (*known->type != *column.type && column.type->id() != duckdb::LogicalTypeId::SQLNULL) {
      std::string& note = guess->notes[static_cast<size_t>(known - guess->columns.begin())];
      note = TypeName(*known->type) + " in some records, " + TypeName(*column.type) + " in others";
      const bool nested = known->type->IsNested() || column.type->IsNested();
      const auto is_text = [](const duckdb::LogicalType& type) {
        return type.id() == duckdb::LogicalTypeId::VARCHAR && !type.IsJSONType();  // which need not be JSON
      };
      known->type = is_text(*known->type) || is_text(*column.type) ? MakeType("VARCHAR")
                    : nested && known->type->id() != column.type->id()
                        ? MakeType("JSON")
                        : MakeType(duckdb::LogicalType::ForceMaxLogicalType(*known->type, *column.type));
    }
  }
}

}  // namespace

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
  if (guess.columns.empty()) return Status::User(first_problem.empty() ? "the schema has no fields" : first_problem);
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
  if (guess.columns.empty()) return Status::User(first_problem.empty() ? "the schema has no fields" : first_problem);
  return guess;
}

}  // namespace laminar::infer
