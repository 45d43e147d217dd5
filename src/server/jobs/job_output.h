// JobOutput: the rows that a job gives to whoever asks for them - those of a preview, of a SELECT without INSERT, of
// the connector stdout. The last ones are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "server/http/event_stream.h"

namespace laminar::server {

// Thread-safe.
class JobOutput {
 public:
  static constexpr size_t kMostRows = 5'000, kMostBytes = 8 << 20;  // that are kept

  struct Row {
    int64_t number = 0;  // from 1
    std::string text;    // JSON: {"number": 1, "table": "alerts", "row": {...}}
  };
  struct Page {
    std::vector<Row> rows;
    int64_t last = 0;     // number of the last of them; `after`, where there are none
    int64_t dropped = 0;  // between `after` and the first of them, that are kept no more
    bool done = false;    // no more will come
  };

  explicit JobOutput(const Clock* clock) : clock_(clock), asked_at_(clock->SteadyMicros()) {}

  // row: a JSON object.
  void Add(std::string_view table, std::string_view row);
  // No more will come: those who follow are told.
  void End();

  // Those behind the number `after`, at most so many.
  Page After(int64_t after, size_t limit);
  // Events: "row" of each behind `after` that is kept, and of each that comes; then "done".
  std::shared_ptr<EventStream> Follow(int64_t after);
  // SteadyMicros of when somebody asked last, or still follows.
  int64_t asked_at();

 private:
  bool HasFollowers();  // mutex_ is held

  const Clock* const clock_;
  std::mutex mutex_;
  std::deque<Row> rows_;  // guarded by mutex_, as those below
  size_t bytes_ = 0;      // of rows_
  int64_t last_ = 0;      // number given out
  bool done_ = false;
  int64_t asked_at_;
  std::vector<std::shared_ptr<EventStream>> followers_;  // shared with the connection
};

}  // namespace laminar::server
