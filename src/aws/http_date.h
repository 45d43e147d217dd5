// Times as HTTP and AWS write them.
#pragma once

#include <cstdint>
#include <string_view>

namespace laminar::aws {

// "Tue, 24 Nov 2026 05:53:44 GMT" (RFC 9110, IMF-fixdate) -> microseconds since 1970; 0 if it is none.
int64_t ParseHttpDate(std::string_view text);
// "2026-11-24T05:53:44Z", with or without a fraction (RFC 3339, UTC) -> microseconds since 1970; 0 if it is none.
int64_t ParseIsoTime(std::string_view text);

}  // namespace laminar::aws
