// AggregateSet: the states of several aggregates, side by side in rows of bytes that the caller owns, moved by DuckDB's
// own aggregate functions a batch at a time. The caller decides which row of bytes belongs to which group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "duck/aggregate_list.h"
#include "duck/batch.h"

namespace laminar {

// What states point to (strings, lists, sets). Freed as a whole: states that lived in it must not be used afterwards.
class AggregateMemory {
 public:
  AggregateMemory();
  ~AggregateMemory();
  AggregateMemory(AggregateMemory&&) noexcept;
  AggregateMemory& operator=(AggregateMemory&&) noexcept;
  int64_t bytes() const;  // allocated; without what DuckDB's own states keep elsewhere (mode, quantile)
  // Forgets everything but its largest block, which is used again: for states that live a moment.
  void Reset();

  struct Rep;
  Rep& rep() { return *rep_; }

 private:
  std::unique_ptr<Rep> rep_;
};

// One per operator and worker; not thread-safe. The errors of Update, Combine, Finalize and OfEachRow are the user's
// (an overflow, with the aggregate's position in the script) or the environment's (out of memory).
class AggregateSet {
 public:
  explicit AggregateSet(const AggregateList& aggregates);
  ~AggregateSet();
  AggregateSet(const AggregateSet&) = delete;

  size_t size() const;
  bool CombinesCopies() const;  // whether what Combine merges points to nothing that is not its own
  size_t state_bytes() const;  // of one group's states; a multiple of 8. States want 8-byte alignment.

  void Initialize(std::byte* states) const;
  // Feeds row i of `input` into the states at states[i]. Several rows may have the same states.
  Status Update(Batch* input, std::span<std::byte* const> states, AggregateMemory* memory);
  // Feeds row rows[i] of `input` into the states at states[i], in this order; a row may be named many times, and
  // `input` may have any number of rows. A call costs about a microsecond, so frames are best gathered: their rows and
  // states of up to kBatchRows rows in one call.
  Status UpdateRows(Batch* input, std::span<const uint32_t> rows, std::span<std::byte* const> states,
                    AggregateMemory* memory);
  // Merges from[i] into into[i]; `from` stays as it is and may be merged again. Where !CombinesCopies() the merged
  // states may point to what those of `from` point to, whose memory must then live as long as they do.
  Status Combine(std::span<std::byte* const> from, std::span<std::byte* const> into, AggregateMemory* memory);
  // Writes the results of states[i] into row `first_row + i` of the columns first_column, first_column + 1, ... of
  // `out` (at most kBatchRows rows in all). The states stay as they are and may be fed further.
  Status Finalize(std::span<std::byte* const> states, AggregateMemory* memory, Batch* out, size_t first_column,
                  size_t first_row = 0);
  // Writes what Finalize would give for row rows[i] of `input` alone into row i of `out`, mostly without states. What
  // it writes may refer to `input`. rows: ascending, at most kBatchRows.
  Status OfEachRow(Batch* input, std::span<const uint32_t> rows, Batch* out, size_t first_column);
  // Frees what the states own outside `memory`. They are then uninitialised.
  void Destroy(std::span<std::byte* const> states, AggregateMemory* memory);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
