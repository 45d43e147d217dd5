// What a sample of records says about the table that reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "duck/memory_files.h"
#include "infer/sample.h"
#include "infer/sample_reader.h"

namespace laminar::infer {

struct InferredColumn {
  std::string name;
  TypeRef type;
  uint64_t nulls = 0;  // rows in which it is NULL or missing
  std::string note;    // what else was seen; "" = nothing
};

struct InferredTable {
  std::string format;
  FormatOptions options;  // of the format, those that differ from their defaults
  std::vector<InferredColumn> columns;
  std::optional<size_t> event_time;  // a column that looks like it
  uint64_t rows = 0, bad_rows = 0;
  std::string first_bad;             // "" = there is none
  bool drops_bad = false;            // the table leaves such rows out
  std::vector<std::string> remarks;  // what else is to be known of the table
};

struct InferSettings {
  std::string format;      // "" = it is told from the records
  bool drops_bad = false;  // rows that cannot be read are counted; else they are an error, but for a few lines of CSV
};

// Every row of the sample can be read with the columns of the result, but for those that are counted as bad. Error
// (kUser): a record cannot be read, or none has a column; the message says which, and why.
Result<InferredTable> InferTable(const Registry& registry, MemoryFiles* files, const Sample& sample,
                                 const InferSettings& settings);

}  // namespace laminar::infer
