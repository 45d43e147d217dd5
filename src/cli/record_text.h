// A record of a stream as one line.
#pragma once

#include <string>
#include <string_view>

#include "duck/batch.h"

namespace laminar::cli {

// The data; a newline at its end left out, control characters escaped ("\n", "\x1b"), so that it stays one line and
// harmless to a terminal.
std::string RecordAsText(std::string_view data);
// {"shard": ..., "sequence_number": ..., "partition_key": ..., "arrival": "2026-01-01T00:00:00.000Z", "data": "..."},
// as far as it is known; "data_base64" instead of "data" when it is not UTF-8.
std::string RecordAsJson(const RowPosition& position, std::string_view data);

}  // namespace laminar::cli
