// Moments as text.
#pragma once

#include <cstdint>
#include <string>

namespace laminar {

// micros: since 1970, UTC. RFC 3339: "2026-01-31T12:00:00Z"; with milliseconds: "2026-01-31T12:00:00.250Z".
std::string Rfc3339(int64_t micros, bool milliseconds = false);

}  // namespace laminar
