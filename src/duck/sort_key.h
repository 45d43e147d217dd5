// Sort keys: the values of several columns as one string of bytes whose order is that of ORDER BY. Equal strings mean
// equal values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"

namespace laminar {

struct SortColumn {
  size_t column = 0;
  bool descending = false, nulls_first = false;
};

// (*keys)[i] becomes the key of row i of `batch`, whose columns are flat. No columns: empty keys.
Status MakeSortKeys(Batch* batch, const std::vector<SortColumn>& columns, std::vector<std::string>* keys);

}  // namespace laminar
