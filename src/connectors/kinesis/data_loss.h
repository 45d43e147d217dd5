// What becomes of records that the stream dropped before they were read (`on_data_loss`).
#pragma once

#include <cstdint>
#include <string>

#include "base/metrics.h"
#include "base/status.h"

namespace laminar::kinesis {

enum class OnDataLoss { kFail, kResume };

// A stretch of a shard that is or may be gone.
struct DataGap {
  std::string shard_id;
  std::string sequence_number;          // of the last record read before it; "" = none was
  int64_t complete_through_micros = 0;  // everything up to then is read; 0 = not known
  int64_t held_from_micros = 0;         // the stream holds what arrived from then on; 0 = not known
  std::string reason;                   // "the stream no longer has this shard"
};

// One per source; thread-safe, as the counter is.
class DataLossPolicy {
 public:
  // stream: "stream orders in us-east-1", for messages. metrics: borrowed.
  DataLossPolicy(std::string stream, OnDataLoss policy, PipelineMetrics* metrics)
      : stream_(std::move(stream)), policy_(policy), metrics_(metrics) {}

  // kFail: the error to stop with (kEnvironment, code DataLoss). kResume: ok, and the gap is counted and logged.
  Status OnGap(const DataGap& gap) const;

 private:
  const std::string stream_;
  const OnDataLoss policy_;
  PipelineMetrics* const metrics_;
};

}  // namespace laminar::kinesis
