// ExchangeOperator: the sending half of an ExchangeNode in one of several workers. Rows for other workers are copied
// into flat batches that their edges own; rows for this worker go to the output as they are. Not used with one worker.
//
// The receiving half is a PassThrough with one input a worker: this operator's output, and what the task takes from the
// edges. Its watermark is the lowest of theirs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "state/key_codec.h"
#include "stream/operators/operator.h"
#include "stream/plan.h"
#include "stream/runtime/edge.h"
#include "stream/runtime/gathered_rows.h"

namespace laminar {

class ExchangeOperator final : public Operator {
 public:
  // schema: of the rows that it deals. edges: from `worker`, one for each worker; nullptr: nothing goes there.
  // Borrowed. hash_column: where the hashes of the keys are, if they have been made already (PartialRows).
  ExchangeOperator(const ExchangeNode& node, const Schema& schema, int worker, std::vector<Edge*> edges,
                   std::optional<size_t> hash_column = std::nullopt);

  // Every edge takes rows.
  bool Accepts(size_t input) const override;
  Status Push(size_t input, Batch* batch) override;

  // Sends what was gathered. Called when the task has nothing more at hand, so that no row waits for company.
  void Flush();
  // The pipeline was told to stop and nothing more will be pushed: sends what was gathered and says so.
  void Stop();
  // A checkpoint's barrier has come to this worker's half: sends what was gathered, then the barrier. Nothing to do
  // when it is closed.
  void SendBarrier(int64_t epoch);
  // It has sent its last word, an end or a stop.
  bool Closed() const { return closed_; }

 protected:
  Status OnWatermark(int64_t watermark) override;
  Status OnEnded() override;

 private:
  struct Target {
    Edge* edge = nullptr;
    GatheredRows gathered;
    std::vector<uint32_t> chosen;  // the first chosen_rows: rows of the batch being dealt
    size_t chosen_rows = 0;
  };
  void DealByKey(Batch* batch);
  void DealByHash(Batch* batch);
  // hash_of(row) of each of `rows` rows.
  template <class HashOf>
  void DealRows(size_t rows, const HashOf& hash_of);
  void Gather(Batch* batch, Target* target);
  void Send(Target* target);

  const ExchangeNode node_;
  const Schema schema_;
  const size_t worker_;
  const std::optional<size_t> hash_column_;
  std::vector<Target> targets_;   // by worker
  std::vector<uint16_t> owners_;  // by key group: the worker
  std::vector<uint32_t*> ends_;   // by worker: of what has been chosen for it
  KeyCodec codec_;
  EncodedKeys keys_;
  bool closed_ = false;
};

}  // namespace laminar
