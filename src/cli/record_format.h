// Records as they are: one BLOB column `data`, for tail and put, which look into nothing.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "formats/format.h"

namespace laminar::cli {

Schema RecordSchema();

enum class RecordKind {
  kWhole,  // a record is a row
  kLines,  // every line of a record that is not empty is a row
};
std::unique_ptr<Decoder> MakeRecordDecoder(RecordKind kind);

// The rows' data, each followed by a line feed where lines are asked for and it does not end with one.
std::unique_ptr<Encoder> MakeRecordEncoder();

// Calls `each` for the rows of a batch whose first column is `data`, in order.
void ForEachRecord(const Batch& batch, const std::function<void(size_t row, std::string_view data)>& each);

}  // namespace laminar::cli
