#include "duck/detect_columns.h"

#include <algorithm>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/main/prepared_statement.hpp"

#include "duck/engine_failure.h"

namespace laminar {

namespace {

// Of a JSON object; DuckDB takes twice this in memory.
constexpr size_t kLeastObjectBytes = 1 << 20;

template <class Work>
Status Try(const char* what, const Work& work) {
  try {
    work();
    return Status::Ok();
  } catch (const std::exception& exception) {
    std::string message;
    if (!IsDataFailure(exception, &message)) return EngineFailure(exception, what);
    return Status::User(message.substr(0, message.find('\n')));
  }
}

size_t LongestLine(std::string_view text) {
  size_t longest = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  return longest;
}

// sniff_csv writes what there is none of in words.
char Character(const duckdb::Value& value, char fallback) {
  const std::string text = value.IsNull() ? "" : value.ToString();
  return text.size() == 1 && text[0] != '\0' ? text[0] : fallback;
}

}  // namespace

namespace {

// is_map: so many fields of one type may be taken for the keys of a MAP.
Result<Schema> DetectJson(MemoryFiles* files, std::string_view lines, JsonDepth depth, bool is_map) {
  Schema columns;
  RETURN_IF_ERROR(Try("finding the columns of JSON", [&] {
    const MemoryFiles::File file(files, lines);
    const std::unique_ptr<DuckSession> session = files->NewSession();
    const size_t most = std::max(kLeastObjectBytes, LongestLine(lines) + 1);
    const auto statement = session->connection().Prepare(
        "SELECT * FROM read_json('" + file.name() +
        "', format = 'newline_delimited', records = true, sample_size = -1, maximum_depth = " +
        (depth == JsonDepth::kAll ? "-1" : "1") + (is_map ? "" : ", map_inference_threshold = -1") +
        ", maximum_object_size = " + std::to_string(most) + ")");
    if (statement->HasError()) statement->error.Throw();
    for (size_t i = 0; i < statement->GetNames().size(); i++)
      columns.push_back({statement->GetNames()[i], MakeType(statement->GetTypes()[i]), false});
  }));
  return columns;
}

}  // namespace

// DuckDB takes 200 fields of one type for the keys of a MAP, which is right within an object and not for the object
// that is the row: then it finds no columns.
Result<Schema> DetectJsonColumns(MemoryFiles* files, std::string_view lines, JsonDepth depth) {
  Result<Schema> columns = DetectJson(files, lines, depth, /*is_map=*/true);
  const bool is_one_map = !columns.ok() && columns.status().message().find("non-record JSON") != std::string::npos;
  return is_one_map ? DetectJson(files, lines, depth, /*is_map=*/false) : std::move(columns);
}

Result<CsvColumns> DetectCsvColumns(MemoryFiles* files, std::string_view text, std::optional<bool> header,
                                    std::optional<char> delimiter) {
  CsvColumns csv;
  RETURN_IF_ERROR(Try("finding the columns of CSV", [&] {
    const MemoryFiles::File file(files, text);
    const std::unique_ptr<DuckSession> session = files->NewSession();
    const auto result = session->connection().Query(
        "SELECT Delimiter, Quote, Escape, HasHeader, Columns FROM sniff_csv('" + file.name() +
        "', skip = 0, comment = ''" + (header ? std::string(", header = ") + (*header ? "true" : "false") : "") +
        (delimiter ? std::string(", delim = '") + *delimiter + "'" : "") + ")");
    if (result->HasError()) result->ThrowError();
    csv.delimiter = Character(result->GetValue(0, 0), ',');
    csv.quote = Character(result->GetValue(1, 0), '"');
    csv.escape = Character(result->GetValue(2, 0), csv.quote);
    csv.header = result->GetValue(3, 0).GetValue<bool>();
    const duckdb::Value columns = result->GetValue(4, 0);
    for (const duckdb::Value& column : duckdb::ListValue::GetChildren(columns)) {
      const auto& parts = duckdb::StructValue::GetChildren(column);
      csv.columns.push_back({parts[0].ToString(), MakeType(parts[1].ToString()), false});
    }
  }));
  return csv;
}

}  // namespace laminar
