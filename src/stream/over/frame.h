// The bounds of a frame, as the engines use them: distances in rows, or times for a given current time.
#pragma once

#include <cstdint>

#include "stream/plan.h"

namespace laminar {

// time - span, by the calendar where the span has months; within the range of int64.
int64_t TimeBefore(int64_t time, const TimeSpan& span);

struct FrameBounds {
  explicit FrameBounds(const Frame& frame);

  bool range = false;            // RANGE; else ROWS
  bool unbounded_start = false;  // else it begins at the row, time or peer below
  bool end_current = false;      // ends with the current row (RANGE: with its last peer)
  bool never = false;            // ROWS with its end before its start: always empty
  bool calendar = false;         // months: the bounds may step back while time goes on (31 March - 1 month, then
                                 // 30 March later in the day)
  // ROWS: how many rows back; UINT32_MAX - 1 at most, which no partition reaches.
  uint32_t rows_start = 0, rows_end = 0;

  // RANGE: the frame holds the rows with Low(t) <= time <= High(t).
  int64_t Low(int64_t time) const { return start_current_ ? time : TimeBefore(time, start_); }
  int64_t High(int64_t time) const { return end_current ? time : TimeBefore(time, end_); }
  // No later current row has a Low below this.
  int64_t LowestLow(int64_t time) const;
  // Whether a frame of RANGE starts at the current row's peers: who these are, the other columns of ORDER BY say too.
  bool starts_at_peers() const { return range && start_current_; }

  // How long after its partition's last row state may still be needed, microseconds; kForever for ROWS and UNBOUNDED.
  static constexpr int64_t kForever = INT64_MAX;
  int64_t reach() const;

 private:
  bool start_current_ = false;
  TimeSpan start_, end_;
};

}  // namespace laminar
