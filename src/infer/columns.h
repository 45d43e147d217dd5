// The columns of records by format, as a first guess: whether all rows can be read as these types is seen when they
// are.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "duck/memory_files.h"
#include "duck/schema.h"
#include "infer/sample_reader.h"

namespace laminar::infer {

struct ColumnGuess {
  Schema columns;
  FormatOptions options;             // of the format, beside compression
  std::vector<std::string> notes;    // by column; "" = nothing
  std::vector<std::string> remarks;  // about the table
  bool may_be_any_text = false;      // nothing in it separates values
};

// plain: the records without their compression, where the format may have one. Error (kUser): no columns are found, the
// reason in words. A record that cannot be read at all is left out: it is found when the rows are read.
Result<ColumnGuess> GuessJson(MemoryFiles* files, const SampleReader& reader, const FormatOptions& compression);
Result<ColumnGuess> GuessCsv(MemoryFiles* files, const SampleReader& reader, const std::vector<std::string_view>& plain,
                             const FormatOptions& compression);
Result<ColumnGuess> GuessParquet(MemoryFiles* files, const std::vector<RecordView>& records);
Result<ColumnGuess> GuessAvro(const std::vector<RecordView>& records);

}  // namespace laminar::infer
