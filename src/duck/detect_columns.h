// The columns that text has by DuckDB's own detection. It runs in an instance that reaches nothing but memory.
#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"
#include "duck/memory_files.h"
#include "duck/schema.h"

namespace laminar {

enum class JsonDepth { kNames, kAll };

// The fields of JSON objects, each on a line of its own, in the order of their first appearance. kNames: all of them
// are of type JSON. Error: the text is none, two fields of a structure differ in case only, or DuckDB failed.
Result<Schema> DetectJsonColumns(MemoryFiles* files, std::string_view lines, JsonDepth depth);

struct CsvColumns {
  Schema columns;
  char delimiter = ',', quote = '"', escape = '"';
  bool header = false;  // the first line has the columns' names
};

// header, delimiter: where they are known. Error: the text has no such shape, or DuckDB failed.
Result<CsvColumns> DetectCsvColumns(MemoryFiles* files, std::string_view text, std::optional<bool> header,
                                    std::optional<char> delimiter);

}  // namespace laminar
