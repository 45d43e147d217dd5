// DealtRanges: the numbers of a source's rows or bytes, from 0 on, dealt out in ranges to the readers of all workers,
// each the next one to whoever asks: so all read the same part of it, and event time comes on in all of them alike.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace laminar {

// Thread-safe, but for what AddReader gives.
class DealtRanges {
 public:
  struct Range {
    int64_t begin = 0, end = 0;  // [begin, end)
  };
  explicit DealtRanges(int64_t end) : end_(end) {}

  // What a reader has taken and not given out yet. Only the reader writes it, from Poll.
  std::shared_ptr<Range> AddReader();
  // The next one, up to `length` long and below `limit`. nullopt: there is none (now, if the limit is below the end).
  std::optional<Range> Take(int64_t length, int64_t limit = INT64_MAX);
  bool AllDealt() const;
  int64_t next() const;  // the first number that was never dealt

  // Of a Source: {"next":393216,"open":[[131072,140000]]}.
  std::string Position() const;
  // Before the first Take. Error (kEnvironment): it is no position; (kUser): it lies behind the end.
  Status Resume(const std::string& position);

 private:
  const int64_t end_;
  mutable std::mutex mutex_;
  int64_t next_ = 0;                             // guarded by mutex_
  std::deque<Range> left_;                       // guarded by mutex_: of a run before, dealt first
  std::vector<std::shared_ptr<Range>> readers_;  // shared: with the readers
};

}  // namespace laminar
