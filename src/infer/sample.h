// A sample of the records of a stream, or of a file, which is one record then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "formats/format.h"

namespace laminar::infer {

struct Sample {
  std::vector<RecordView> records;           // borrowed, each with kRecordPadding readable bytes behind it
  std::function<std::string(size_t)> place;  // of a record, for messages: "file orders.jsonl"
  bool is_file = false;                      // it has one record, the file
  uint64_t most_rows = UINT64_MAX;           // rows behind these are not looked at
};

}  // namespace laminar::infer
