// SourceWatermark: how far event time has come in a source, from the rows of its splits (shards; parts of a file).
// One per source, shared by the readers and tasks of all workers; thread-safe.
//
// The watermark of a split is its highest event time minus the max delay; that of the source the lowest over its
// splits. Neither goes back. A split that was not read yet holds the source back: without parents at no watermark at
// all, as a child at the lowest of its parents', which it takes over when they are finished.
//
// Event times more than max_ahead after the record's arrival are counted and do not count themselves: in their place
// the split advances as if it were idle at that arrival.
//
// Idleness: a split whose source says that it is caught up at service time T rises to T - L - max delay. L = the 99th
// percentile of (arrival - event time) over the on-time rows of the source's last 10 minutes that had any, not below 0
// (lag_sketch.h). On time: not ahead, and not below the split's watermark of that moment. Until the first such row
// there is no L, and nothing rises; what was caught up before rises with it.
//
// Alignment: a split whose watermark is more than max_skew above the source's should not be read for now - unless the
// source waits for its end: then its children are what holds the source back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/event_time.h"
#include "base/metrics.h"
#include "base/waker.h"

namespace laminar {

struct EventTimeSettings {
  int64_t max_delay_micros = 5'000'000;
  int64_t max_ahead_micros = 3'600'000'000;
  int64_t max_skew_micros = 60'000'000;
};

class SourceWatermark {
 public:
  using Split = uint32_t;

  // clock and metrics are borrowed.
  SourceWatermark(const EventTimeSettings& settings, const Clock* clock, SourceMetrics* metrics);
  ~SourceWatermark();
  SourceWatermark(const SourceWatermark&) = delete;

  // Who is woken when the source's watermark rises (a worker with nothing to do must still pass it on, and a reader
  // that alignment holds may go on). Borrowed.
  void SetWakers(std::vector<Waker*> wakers);

  // What a checkpoint keeps of it.
  struct Saved {
    int64_t watermark = kNoWatermark;
    std::optional<int64_t> lag_micros;  // L
  };
  Saved Save() const;
  // Before the first split: no split is below the watermark, and L stands until there are rows.
  void Restore(const Saved& saved);

  // A split that will be read, as soon as it is known. It holds the source back until it is finished. Parents: splits
  // that are read to their end before it begins; those that are finished already count with their last watermark.
  Split AddSplit(const std::vector<Split>& parents = {});

  // The rows of a batch were decoded from the split, in this order. event_times: micros; arrivals: micros, 0 = not
  // known (the clock's time then), one for each row or a single one for all. own_watermarks: the values of WATERMARK
  // FOR c AS expr, one a row, where they are not event time - max delay; else empty. Call it before the rows go
  // downstream; pass the watermark on after them.
  void OnRows(Split split, std::span<const int64_t> event_times, std::span<const int64_t> arrivals,
              std::span<const int64_t> own_watermarks = {});
  // Everything that had arrived at service_micros (the service's clock) has been decoded and has passed downstream.
  void OnCaughtUp(Split split, int64_t service_micros);
  // The split promises it (text tests; checkpoints).
  void Raise(Split split, int64_t watermark);
  // The split's last row has passed downstream. Its children must have been added before.
  void OnFinished(Split split);

  // False: the split is too far ahead of the slowest one. Its reader is woken when that may have changed.
  bool MayRead(Split split) const;

  // kEndOfTime when there were splits and all are finished and `NoMoreSplits` was said.
  int64_t watermark() const;
  void NoMoreSplits();
  // What the split promises: for figures only. kNoWatermark: nothing yet.
  int64_t WatermarkOf(Split split) const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
