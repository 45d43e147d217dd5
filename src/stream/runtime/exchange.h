// ExchangeOperator: the sending half of an ExchangeNode in one of several workers. Rows for other workers are copied
// into flat batches that their edges own; rows for this worker go to the output as they are. Not used with one worker.
//
// The receiving half is a PassThrough with one input a worker: this operator's output, and what the task takes from the
// edges. Its watermark is the lowest of theirs.
#pragma once

#include <cstdint>
#include <vector>

#include "state/key_codec.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"
#include "stream/runtime/edge.h"

namespace laminar {

class ExchangeOperator final : public Operator {
 public:
  // edges: from `worker`, one for each worker; nullptr: nothing goes there. Borrowed.
  ExchangeOperator(const ExchangeNode& node, const Schema& schema, int worker, std::vector<Edge*> edges);

  // Every edge takes rows.
  bool Accepts(size_t input) const override;
  Status Push(size_t input, Batch* batch) override;

  // Sends what was gathered. Called when the task has nothing more at hand, so that no row waits for company.
  void Flush();
  // The pipeline was told to stop and nothing more will be pushed: sends what was gathered and says so.
  void Stop();
  // It has sent its last word, an end or a stop.
  bool Closed() const { return closed_; }

 protected:
  Status OnWatermark(int64_t watermark) override;
  Status OnEnded() override;

 private:
  struct Target {
    Edge* edge = nullptr;
    Batch gathered;  // without columns: nothing gathered
    size_t rows = 0;
    std::vector<uint32_t> chosen;  // rows of the batch being dealt
  };
  void DealByKey(const Batch& batch);
  void Gather(Batch* batch, Target* target);
  void Send(Target* target);

  const ExchangeNode node_;
  const Schema schema_;
  const size_t worker_;
  std::vector<Target> targets_;  // by worker
  std::vector<size_t> owners_;   // by key group: the worker
  KeyCodec codec_;
  EncodedKeys keys_;
  bool closed_ = false;
};

}  // namespace laminar
