// What a checkpoint holds of one operator: parts, each of a section. An operator names its sections itself; those of
// rows are written by SectionWriter and read by ReadSection.
//
// Every worker writes parts of its own. After a restart each worker gets the parts of all, whatever their number was,
// and keeps of them what it owns now: rows by the key group of their hash, so that any parallelism goes on from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/checkpoint_part.h"
#include "base/status.h"
#include "duck/batch.h"
#include "duck/schema.h"
#include "state/key_codec.h"
#include "state/rows_codec.h"

namespace laminar {

struct StatePart {
  std::string section;  // lower case, digits, '-'
  std::shared_ptr<CheckpointPart> part;
};

// Written by an operator, in the order in which it is to be read.
class StateOutput {
 public:
  void Add(std::string section, std::string bytes);
  // As it was in the checkpoint before.
  void Add(std::string section, std::shared_ptr<CheckpointPart> part) {
    parts_.push_back({std::move(section), std::move(part)});
  }
  std::vector<StatePart> Take() { return std::exchange(parts_, {}); }

 private:
  std::vector<StatePart> parts_;
};

class StateInput {
 public:
  // parts: of all workers of the run that wrote them, one after the other. one_owner: the operator has no keys, all of
  // its rows are worker 0's.
  StateInput(std::vector<StatePart> parts, int worker, int workers, bool one_owner = false)
      : parts_(std::move(parts)), worker_(worker), workers_(workers), one_owner_(one_owner) {}

  const std::vector<StatePart>& parts() const { return parts_; }
  bool Owns(uint64_t hash) const { return (one_owner_ ? 0 : WorkerOf(KeyGroupOf(hash), workers_)) == worker_; }
  int worker() const { return worker_; }
  int workers() const { return workers_; }

 private:
  const std::vector<StatePart> parts_;
  const int worker_, workers_;
  const bool one_owner_;
};

// Gathers rows and cuts parts of a section, small enough for a file.
class SectionWriter {
 public:
  static constexpr size_t kPartBytes = 8 << 20;

  SectionWriter(StateOutput* out, std::string section, const Schema& schema)
      : out_(out), section_(std::move(section)), rows_(schema) {}
  void Add(const Batch& batch);
  void Finish();  // after the last row

 private:
  StateOutput* const out_;
  const std::string section_;
  RowsWriter rows_;
  bool any_ = false;  // rows since the last part
};

// Calls take(batch) for the rows of the section, in the order in which each worker wrote them. The batch is flat, and
// valid during the call. Error: a part is not of this schema (kEnvironment), or what `take` says, with the part's name.
Status ReadSection(const StateInput& in, const std::string& section, const Schema& schema,
                   const std::function<Status(Batch*)>& take);

// Keeps the rows of PartialRows and the like (column 1: UBIGINT, the hash of their key) that the worker owns.
void KeepOwned(const StateInput& in, Batch* batch);

}  // namespace laminar
