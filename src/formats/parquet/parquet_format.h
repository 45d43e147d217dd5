// `format = 'parquet'`: a record, or a file, is a Parquet file with any number of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

// memory_limit_bytes: of the DuckDB instance that reads and writes the files, which starts with the first of them.
std::unique_ptr<Format> MakeParquetFormat(int64_t memory_limit_bytes);
std::vector<OptionSpec> ParquetFormatOptions();

}  // namespace laminar
