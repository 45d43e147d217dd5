// Panes: the windows of a TUMBLE or HOP, numbered in the order of their starts, and the panes of which they are made:
// stretches of time that lie in each window whole or not at all. All times are microseconds since 1970, UTC.
#pragma once

#include <cstdint>

#include "stream/plan.h"

namespace laminar {

struct TimeRange {
  int64_t start = 0, end = 0;  // [start, end)
};

class Panes {
 public:
  explicit Panes(const WindowSpec& spec);

  // Times that windows are made for: those that an event time can be (IsEventTime), and so what can be computed of
  // them.
  static bool InRange(int64_t time);

  struct Pane : TimeRange {
    // The end of the last window that it lies in; not after `start`: it lies in none (the windows have gaps). The
    // windows are those that end after `start`, up to this one.
    int64_t last_window_end = 0;
    bool in_window() const { return last_window_end > start; }
  };
  Pane PaneOf(int64_t time) const;

  TimeRange WindowAt(int64_t number) const;
  // The number of the first window that ends after `time`. Its start may lie after `time`, too.
  int64_t FirstEndingAfter(int64_t time) const;

  // Windows do not overlap: each is one pane.
  bool disjoint() const { return disjoint_; }

 private:
  int64_t StartOf(int64_t number) const;
  int64_t LastStartingBy(int64_t time) const;  // the number of a window

  TimeSpan size_, slide_, offset_;
  int64_t least_size_, most_size_;  // micros
  bool disjoint_;
  TimeSpan pane_;
};

}  // namespace laminar
