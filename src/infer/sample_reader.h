// SampleReader: a sample's rows, as a source with the same format and options would decode them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "connectors/registry.h"
#include "duck/batch.h"
#include "duck/schema.h"
#include "infer/sample.h"

namespace laminar::infer {

// Options of a format, as in SQL.
using FormatOptions = std::vector<std::pair<std::string, std::string>>;

class SampleReader {
 public:
  // Both borrowed.
  SampleReader(const Registry* registry, const Sample* sample) : registry_(registry), sample_(sample) {}

  const Sample& sample() const { return *sample_; }
  // on_batch: rows of `columns`, in order. on_bad: as BadRowHandler::OnBadRow. CHECKs that the format and its options
  // exist. Error: on_bad's, or the format cannot be made.
  Status Read(const std::string& format, const FormatOptions& options, Schema columns,
              const std::function<void(const Batch&)>& on_batch,
              const std::function<Status(const BadRow&)>& on_bad) const;
  // "stream orders, shard ..., line 3: column amount: expected BIGINT, found ..."
  std::string Describe(const BadRow& bad) const;

 private:
  const Registry* const registry_;
  const Sample* const sample_;
};

}  // namespace laminar::infer
