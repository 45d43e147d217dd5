// What an exception of DuckDB says about whose fault it is, while rows are computed.
#pragma once

#include <exception>
#include <string>

#include "base/status.h"

namespace laminar {

// An exception that a value of the data can cause (a cast that fails, an overflow): the message is DuckDB's own.
// Failures of the engine itself (out of memory, broken invariants) are no property of the data: false.
bool IsDataFailure(const std::exception& exception, std::string* message);

// The rest. doing: "evaluating an expression".
Status EngineFailure(const std::exception& exception, const std::string& doing);

}  // namespace laminar
