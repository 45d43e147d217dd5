// `format = 'csv'`.
#pragma once

#include <memory>
#include <vector>

#include "duck/database.h"
#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

// database: casts values; borrowed, outlives the format and what it makes.
std::unique_ptr<Format> MakeCsvFormat(DuckDatabase* database);
std::vector<OptionSpec> CsvFormatOptions();

}  // namespace laminar
