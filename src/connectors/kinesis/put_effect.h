// What is known of a record after its PutRecords request: an exactly-once sink sends again only what was certainly not
// written.
#pragma once

#include <string_view>

#include "connectors/kinesis/error.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

enum class PutEffect {
  kNotWritten,  // refused, or the request never left
  kUnknown,     // no answer, a broken connection, 5xx, an internal failure
};

// Of a request that failed as a whole.
PutEffect EffectOf(const ApiError& error);
// Of a record that the answer does not accept.
PutEffect EffectOf(std::string_view record_error_code);

}  // namespace laminar::kinesis
