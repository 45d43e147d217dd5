// OverEngine: one function of an OVER clause over all partitions of a worker. It is fed the rows in their order, a
// batch at a time, and writes the function's value for each.
//
// Peers are rows of a partition that ORDER BY does not tell apart. A RANGE frame that ends with the current row holds
// its peers too, so their values are known when all of them have been fed: Run takes complete groups of peers. One
// group that is larger than a batch is given twice: all its batches to Feed, then all to Read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/database.h"
#include "state/byte_reader.h"
#include "stream/plan.h"

namespace laminar {

// A flat column: values side by side, validity a bit a row; nullptr: all valid.
struct FlatColumn {
  const void* data = nullptr;
  const uint64_t* validity = nullptr;
  bool Valid(size_t row) const { return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0; }
};

// Those of `batch`.
void FlatColumnsOf(Batch* batch, std::vector<FlatColumn>* columns);

struct OverRows {
  Batch* batch = nullptr;               // the input's columns, flat
  std::span<const FlatColumn> columns;  // the same
  size_t count = 0;
  const uint32_t* partitions = nullptr;  // below the number of the last Resize
  const int64_t* times = nullptr;        // microseconds, rising
  const uint64_t* peers = nullptr;       // rising by 1 from one group to the next, over all partitions
};

// Where the values go: a column of a batch, all valid until told otherwise.
struct OverResult {
  Batch* batch = nullptr;
  size_t column = 0;
  void* data = nullptr;
  uint64_t* validity = nullptr;
  void SetNull(size_t row) const { validity[row / 64] &= ~(uint64_t{1} << (row % 64)); }
};

// What Load says of bytes that are not the state of a function.
inline Status NoStateOfOver() {
  return Status::Environment("the state of an OVER function is not as Laminar writes it");
}

class OverEngine {
 public:
  virtual ~OverEngine() = default;
  // There are partitions 0 ... count - 1 from now on.
  virtual void Resize(size_t count) = 0;
  virtual Status Run(const OverRows& rows, const OverResult& result) = 0;
  virtual Status Feed(const OverRows& rows) = 0;
  virtual Status Read(const OverRows& rows, const OverResult& result) = 0;
  // The partition is as if it had never been.
  virtual void Forget(uint32_t partition) = 0;
  // No row before `time` will come: gives back what no later frame can hold.
  virtual void Trim(uint32_t partition, int64_t time) = 0;
  virtual int64_t bytes() const = 0;

  // Checkpoints, between groups of peers: no row to come is a peer of one that was fed. What is saved is in our own
  // words, whatever DuckDB's functions keep.
  // Appends what is kept of partitions[i] to states[i].
  virtual Status Save(std::span<const uint32_t> partitions, std::span<std::string> states) = 0;
  // states[i]: what Save appended. Makes it that of partitions[i], which are as if they had never been. Error
  // (kEnvironment): it is not what Save writes; the engine is then of no use.
  virtual Status Load(std::span<const uint32_t> partitions, std::span<const std::string_view> states) = 0;
};

// For engines that save and load each partition by itself.
//   save(partition, std::string*)              appends
//   load(partition, ByteReader*) -> bool       false: not what save writes
template <class SaveOne>
Status SaveEach(std::span<const uint32_t> partitions, std::span<std::string> states, const SaveOne& save) {
  for (size_t i = 0; i < partitions.size(); i++) save(partitions[i], &states[i]);
  return Status::Ok();
}
template <class LoadOne>
Status LoadEach(std::span<const uint32_t> partitions, std::span<const std::string_view> states, const LoadOne& load) {
  for (size_t i = 0; i < partitions.size(); i++) {
    ByteReader state(states[i]);
    if (!load(partitions[i], &state) || state.left() > 0) return NoStateOfOver();
  }
  return Status::Ok();
}

// input: of the node.
std::unique_ptr<OverEngine> MakeOverEngine(const OverFunction& function, const Schema& input);

// How long after its partition's last row the function's state may still be needed (FrameBounds::reach).
int64_t ReachOf(const OverFunction& function);

}  // namespace laminar
