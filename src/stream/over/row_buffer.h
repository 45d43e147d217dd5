// RowBuffer: rows on their way from the order in which they came to the order of their time. Add copies them; Release
// puts those below a time in order; they are then gathered and dropped from the front, and their memory is used again.
//
// Order: time, then the keys of ORDER BY, then the order column, then as they came (the rows of one split come in
// order). Without an order column: all columns, so that the order does not depend on who read which rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/sort_key.h"
#include "state/operator_state.h"

namespace laminar {

class RowBuffer {
 public:
  RowBuffer(const Schema& schema, size_t time_column, std::vector<SortColumn> then_by,
            std::optional<size_t> order_column);
  ~RowBuffer();

  // Copies the rows whose time is `closed` or later; returns how many were not. A row whose time is NULL is late.
  size_t Add(Batch* batch, int64_t closed);
  // The rows with time < limit (kEndOfTime: all) stand behind those released before.
  Status Release(int64_t limit);

  size_t released() const;  // and not dropped
  // Of the released rows, from the first: their times, and numbers of the groups of equal ORDER BY values.
  const int64_t* times() const;
  const uint64_t* peers() const;
  // Copies released rows first ... first + count - 1 into `out`, flat. Strings point into the buffer until Drop.
  void Gather(size_t first, size_t count, Batch* out) const;
  void Drop(size_t count);

  // Checkpoints: section "rows" of the operator. Nothing is released.
  void Save(StateOutput* out) const;
  // Before the first row: adds those that are dealt to this worker by the columns of `partition`. Error
  // (kEnvironment): what comes is not what Save writes.
  Status Restore(const StateInput& in, const std::vector<size_t>& partition);

  size_t rows() const;  // released or not
  int64_t bytes() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
