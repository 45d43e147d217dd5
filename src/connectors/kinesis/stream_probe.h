// StreamProbe: finds out once, before the first row, that a stream exists and what its limits are. A stream that is
// still being created is waited for. An endpoint that has never answered is more likely wrong than down: after
// kStartPatienceMicros of failures the probe gives up, whereas a running pipeline tries for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/waker.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/kinesis/retry.h"

namespace laminar::kinesis {

// Wakes all workers: for answers that any of them may handle.
class BroadcastWaker final : public Waker {
 public:
  // Borrowed; they outlive this object.
  explicit BroadcastWaker(std::vector<Waker*> wakers) : wakers_(std::move(wakers)) {}
  void Wake() override {
    for (Waker* waker : wakers_) waker->Wake();
  }

 private:
  const std::vector<Waker*> wakers_;
};

constexpr int64_t kStartPatienceMicros = 15'000'000;

// Not thread-safe: its owner guards it.
class StreamProbe {
 public:
  // All borrowed; the waker outlives the api, the api outlives this object.
  StreamProbe(KinesisApi* api, Waker* waker, Random* random, PipelineMetrics* metrics, FailureCounts* failures);
  // Handles the answer that came, sends the request that is due. Error: there will be no summary, ever.
  Status Drive(int64_t now_micros);
  // SteadyMicros of the next request, or kNever.
  int64_t NextDeadline() const { return next_request_micros_; }
  bool ready() const { return ready_; }
  const StreamSummary& summary() const { return summary_; }  // requires ready()

 private:
  KinesisApi* const api_;
  const std::shared_ptr<Mailbox<Outcome<StreamSummary>>> answers_;  // shared with the call in flight
  RetryLog retry_log_;
  Retry retry_;
  int64_t next_request_micros_ = 0;  // kNever while a request is in flight and once it is ready
  int64_t first_request_micros_ = kNever;
  bool heard_ = false;  // the service has answered once
  bool ready_ = false;
  bool said_waiting_ = false;
  StreamSummary summary_;
};

}  // namespace laminar::kinesis
