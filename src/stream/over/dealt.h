// Which worker a partition belongs to, as the exchange before an operator with PARTITION BY deals its rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "state/operator_state.h"

namespace laminar {

// partition: the columns. hash: of their KeyCodec bytes. Without columns all rows go to the first worker.
inline bool IsDealtHere(const StateInput& in, const std::vector<size_t>& partition, uint64_t hash) {
  return partition.empty() ? in.worker() == 0 : in.Owns(hash);
}

}  // namespace laminar
