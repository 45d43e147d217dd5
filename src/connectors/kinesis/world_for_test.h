// For tests of this folder: a world of one thread, a manual clock and the model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kinesis/model_kinesis.h"
#include "connectors/line_format_for_test.h"

namespace laminar::kinesis {

class CountingWaker final : public Waker {
 public:
  void Wake() override { wakes_++; }
  int wakes() const { return wakes_; }

 private:
  int wakes_ = 0;
};

// Clock, model and context of a test; the members may be changed before a source or sink is made.
struct TestWorld {
  explicit TestWorld(uint64_t seed = 1, ModelOptions options = {}) : rng(seed), model(&clock, seed + 1, options) {
    context.clock = &clock;
    context.random = &rng;
    context.metrics = &metrics;
    table.name = "lines";
    table.schema = line_format::LineSchema();
    table.format = &format;
  }
  std::vector<Waker*> Wakers(int workers) {
    std::vector<Waker*> out;
    for (int i = 0; i < workers; i++) {
      wakers.push_back(std::make_unique<CountingWaker>());
      out.push_back(wakers.back().get());
    }
    return out;
  }
  // Executes and answers all calls that are due.
  void Settle() {
    while (model.Step()) {
    }
  }

  ManualClock clock;
  Random rng;
  PipelineMetrics metrics;
  line_format::LineFormat format;
  std::vector<std::unique_ptr<CountingWaker>> wakers;
  ConnectorContext context;
  TableSpec table;
  ModelKinesis model;
};

}  // namespace laminar::kinesis
