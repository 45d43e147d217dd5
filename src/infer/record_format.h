// What format records have, told by their bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/compression/compression.h"
#include "infer/sample.h"
#include "infer/sample_reader.h"

namespace laminar::infer {

// What all records are compressed with; kAuto: not all with the same.
Compression CompressionOf(const std::vector<RecordView>& records);

// The record may be cut behind any line feed; else it is compressed, or has a structure of its own.
bool IsLines(std::string_view record);

// "json", "csv", "parquet" or "avro", by how a record, not compressed any more, begins. Text that is neither JSON nor
// binary is CSV. Error (kUser): it is none of these; the hint says what else may be done.
Result<std::string> FormatOf(std::string_view record);

}  // namespace laminar::infer
