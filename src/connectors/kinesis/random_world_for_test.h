// For seeded simulations: servers, faults and reshards drawn from a seed.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "connectors/kinesis/model_kinesis.h"

namespace laminar::kinesis {

inline ModelOptions RandomOptions(Random* rng) {
  ModelOptions options;
  options.shards_per_page = 1 + rng->Uniform(4);
  options.iterator_ttl_micros = (rng->Uniform(2) == 0 ? 300 : 1) * kMicrosPerSecond;
  options.listing_lag_micros = rng->Uniform(3) == 0 ? 3 * kMicrosPerSecond : 0;
  options.says_millis_behind = rng->Uniform(2) == 0;
  options.names_child_shards = rng->Uniform(2) == 0;
  options.whole_second_arrivals = rng->Uniform(2) == 0;
  options.max_answer_records = 1 + rng->Uniform(200);
  options.reads_per_second = rng->Uniform(4) == 0 ? 5 : 0;
  return options;
}

inline ModelFaults RandomFaults(Random* rng) {
  const auto chance = [rng] { return rng->Uniform(2) == 0 ? 0 : rng->UniformDouble() * 0.3; };
  ModelFaults faults;
  faults.throttled = chance();
  faults.lost_request = chance();
  faults.lost_answer = chance();
  faults.expired_iterator = chance();
  faults.refused_record = chance() * 2;
  faults.empty_answer = chance();
  faults.max_delay_micros = static_cast<int64_t>(rng->Uniform(200'000));
  return faults;
}

// A split or a merge somewhere.
inline void Reshard(ModelKinesis* model, Random* rng, const std::string& stream = "in") {
  const std::vector<std::string> open = model->OpenShards(stream);
  const size_t at = rng->Uniform(open.size());
  if (open.size() < 2 || (open.size() < 6 && rng->Uniform(2) == 0)) {
    model->SplitShard(stream, open[at]);
  } else {
    const size_t left = std::min(at, open.size() - 2);
    model->MergeShards(stream, open[left], open[left + 1]);
  }
}

}  // namespace laminar::kinesis
