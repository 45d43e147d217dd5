// A datum as JSON text: what a TEXT or JSON column holds of a field that has no column type of its own.
#pragma once

#include "formats/avro/avro_json_plan.h"
#include "formats/avro/avro_wire.h"
#include "formats/json/json_buffer.h"

namespace laminar {

// Appends the datum at the cursor, as the JSON format would write it: records and maps are objects, bytes and fixed
// base64, decimals numbers, timestamps RFC 3339 in UTC, dates, times and durations text; of a union the value of its
// branch. quoted false: a text as a whole stands without quotes. depth: how many levels the datum is in. nullptr, or
// what is wrong.
const char* WriteAvroJson(const AvroJsonNode& node, bool quoted, AvroCursor* cursor, JsonBuffer* out, int depth = 0);

}  // namespace laminar
