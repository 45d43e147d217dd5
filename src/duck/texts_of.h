// The texts of a column of a batch, whatever its vector looks like.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "duck/batch.h"

namespace laminar {

// By row, of a column of texts or bytes. data() == nullptr: NULL. Borrowed from the batch.
std::vector<std::string_view> TextsOf(const Batch& batch, size_t column);

}  // namespace laminar
