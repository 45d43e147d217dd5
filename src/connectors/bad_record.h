// What is said of a row that a source table could not take, to who shows such rows to people. Of many like it the first
// ones, then fewer and fewer (BadData).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "duck/batch.h"

namespace laminar {

struct BadRecordEvent {
  // Longer records are cut.
  static constexpr size_t kMostRecordBytes = 4 << 10;

  enum class Fate {
    kFails,       // the pipeline stops with it
    kDropped,     // by bad_data = 'drop'
    kDeadLetter,  // kept by bad_data = 'dead_letter'
  };
  Fate fate = Fate::kDropped;
  std::string table = {};
  std::string reason;         // "column n: expected BIGINT, found the string \"abc\"", or the message of an expression
  uint64_t rows_like_it = 1;  // with a reason of the same kind, since the start, this one included
  RowPosition position = {};  // an empty `source`: not known any more
  std::string record = {};    // the bytes as they came; empty: not known any more
  uint64_t record_bytes = 0;  // before it was cut
};

// Called on a worker's thread, several at a time: it only passes the event on.
using BadRecordObserver = std::function<void(const BadRecordEvent&)>;

}  // namespace laminar
