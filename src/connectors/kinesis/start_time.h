// What a user may write for the time at which reading begins.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace laminar::kinesis {

// RFC 3339, SQL text (without an offset: UTC), or a number: an epoch in seconds, milliseconds or microseconds, told
// apart by its size as in JSON. Result: microseconds since 1970. Error (kUser): what is wrong with it.
Result<int64_t> ParseStartTime(std::string_view text);

// "2026-01-01 00:00:00 UTC", for messages.
std::string FormatTime(int64_t micros);

}  // namespace laminar::kinesis
