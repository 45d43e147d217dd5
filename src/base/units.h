// Sizes and durations as users write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar {

// "4000000", "64KiB", "1.5 GiB", "10MB" -> bytes. KB = 1000, KiB = 1024; case does not matter.
Result<int64_t> ParseBytes(std::string_view text);
// "100" (milliseconds), "100ms", "5 s", "5 seconds", "2 minutes", "1h" -> milliseconds.
Result<int64_t> ParseMillis(std::string_view text);
std::string FormatBytes(uint64_t bytes);     // "512 B", "4.0 MB"
std::string FormatCount(uint64_t count);     // "1,234,567"
std::string FormatDuration(int64_t micros);  // "1.2 s", "3 min 5 s"

}  // namespace laminar
