// JSON text as DuckDB holds it, fit for a line of JSON.
#pragma once

#include <string_view>

#include "formats/json/json_buffer.h"

namespace laminar {

// Appends the text of a JSON column: its own bytes, unless it holds a line break or another control character (then
// without white space between tokens) or a NaN or an infinity, which DuckDB's JSON may hold and RFC 8259 does not know
// (null instead).
void AppendJson(std::string_view json, JsonBuffer* out);

}  // namespace laminar
