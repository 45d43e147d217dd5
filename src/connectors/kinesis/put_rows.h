// Rows on their way into a stream, from the moment they are encoded until they are acknowledged.
//
// A Segment is what one pushed batch became. An EpochRows has the segments of one epoch, the stretch between two
// checkpoints, and knows which of its rows are acknowledged: requests complete in any order, rows of one request are
// accepted and refused one by one. Memory is given back segment by segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/checkpoint_part.h"
#include "base/status.h"
#include "connectors/kinesis/record_id.h"
#include "formats/format.h"

namespace laminar::kinesis {

class EpochRows;

struct RowsToPut {
  EncodedRows rows;
  EncodedRows keys;                   // the partition key of each row; empty: keys are generated when they are sent
  EncodedRows hash_keys = {};         // the explicit hash key of each row, "" = none; empty: none has one
  std::vector<uint32_t> counts = {};  // how many rows of the table each is; empty: one
  // Not 0: each is put with the explicit hash key of its key's group (hash_key.h), and may have rows of all keys of it.
  uint32_t key_groups = 0;
};

// The rows' memory is gone once all of them are acknowledged.
struct Segment : RowsToPut {
  EpochRows* epoch = nullptr;
  uint64_t first_number = 0;
  int64_t added_micros = 0;  // SteadyMicros
  size_t unacknowledged = 0;
  int64_t memory = 0;
};

// Valid until the row is acknowledged.
struct RowRef {
  Segment* segment = nullptr;
  uint32_t row = 0;
  uint64_t number() const { return segment->first_number + row; }
  std::string_view data() const { return segment->rows.row(row); }
  uint32_t count() const { return segment->counts.empty() ? 1 : segment->counts[row]; }
  std::string_view key() const { return segment->keys.ends.empty() ? std::string_view() : segment->keys.row(row); }
  std::string_view hash_key() const {
    return segment->hash_keys.ends.empty() ? std::string_view() : segment->hash_keys.row(row);
  }
};

// Used by one thread.
class EpochRows {
 public:
  // held_bytes: the account of the memory held, borrowed. prefix: of the rows' ids, exactly once only; else "".
  EpochRows(std::string prefix, int worker, int64_t* held_bytes)
      : prefix_(std::move(prefix)), worker_(worker), held_bytes_(held_bytes) {}
  ~EpochRows();
  EpochRows(const EpochRows&) = delete;
  EpochRows& operator=(const EpochRows&) = delete;

  // Requires rows, keys for each or for none, hash keys likewise and not with key groups, and in an epoch always the
  // same of these. The segment lives until its rows are acknowledged.
  Segment* Add(RowsToPut rows, int64_t now_micros);
  void Acknowledge(const RowRef& row);
  bool IsAcknowledged(uint64_t number) const {
    return number < acknowledged_to_ || (number - acknowledged_to_ < bits_.size() && bits_[number - acknowledged_to_]);
  }
  // A row by its number: nullptr as the segment if it is none of these, or acknowledged.
  RowRef Find(uint64_t number);

  // No rows are added after it. wall_micros: none of the rows was sent before.
  void Seal(int64_t epoch, int64_t wall_micros);
  bool sealed() const { return epoch_ != 0; }
  int64_t epoch() const { return epoch_; }
  int64_t sealed_wall_micros() const { return sealed_wall_micros_; }

  const std::string& prefix() const { return prefix_; }
  int worker() const { return worker_; }
  uint64_t rows() const { return rows_; }
  uint64_t unacknowledged() const { return unacknowledged_; }
  int64_t memory() const { return memory_; }
  RecordId Id(const RowRef& row) const { return {worker_, epoch_, row.number()}; }
  const std::deque<std::unique_ptr<Segment>>& segments() const { return segments_; }

  // For a checkpoint, exactly once. Requires sealed().
  // All rows as parts of at most kPartBytes (one larger row: a part of its own); always the same objects.
  const std::vector<std::shared_ptr<CheckpointPart>>& Parts();
  // {"worker":0,"epoch":7,...}: what of the parts is acknowledged.
  void AppendProgress(std::string* out) const;

  // What AppendProgress and Parts gave, read back. `parts`: this epoch's, with their bytes, which are taken. Error
  // (kEnvironment): they are not what was written.
  struct Progress {
    std::string prefix;
    int worker = 0;
    int64_t epoch = 0;
    int64_t sealed_wall_micros = 0;
    uint64_t rows = 0;
    size_t parts = 0;
    uint64_t acknowledged_to = 0;
    std::string bits;  // hexadecimal
  };
  static Result<std::unique_ptr<EpochRows>> Restore(const Progress& progress,
                                                    std::vector<std::shared_ptr<CheckpointPart>> parts,
                                                    int64_t* held_bytes, int64_t now_micros);

  static constexpr size_t kPartBytes = 32 << 20;

 private:
  Status RestorePart(std::string_view bytes, int64_t now_micros);
  void Release(Segment* segment);

  const std::string prefix_;
  const int worker_;
  int64_t* const held_bytes_;
  int64_t epoch_ = 0;  // 0: not sealed
  int64_t sealed_wall_micros_ = 0;
  std::deque<std::unique_ptr<Segment>> segments_;  // acknowledged ones are dropped from the front
  uint64_t rows_ = 0, unacknowledged_ = 0;
  int64_t memory_ = 0;
  // Exactly once: rows below acknowledged_to_ are acknowledged, and behind it those whose bit is set.
  uint64_t acknowledged_to_ = 0;
  std::deque<bool> bits_;
  std::vector<std::shared_ptr<CheckpointPart>> parts_;
};

}  // namespace laminar::kinesis
