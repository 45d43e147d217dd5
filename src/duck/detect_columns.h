// The columns that text has by DuckDB's own detection. It runs in an instance that reaches nothing but memory.
#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"
#include "duck/memory_files.h"
#include "duck/schema.h"

namespace laminar {

// The fields of JSON objects, each on a line of its own, in the order of their first appearance. Error: the text is
// none, or DuckDB failed.
Result<Schema> DetectJsonColumns(MemoryFiles* files, std::string_view lines);

struct CsvColumns {
  Schema columns;
  char delimiter = ',', quote = '"', escape = '"';
  bool header = false;  // the first line has the columns' names
};

// header: where it is known whether there is one. Error: the text has no such shape, or DuckDB failed.
Result<CsvColumns> DetectCsvColumns(MemoryFiles* files, std::string_view text, std::optional<bool> header);

}  // namespace laminar
