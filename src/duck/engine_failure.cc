#include "duck/engine_failure.h"

#include <new>

#include "duckdb/common/error_data.hpp"

namespace laminar {

bool IsDataFailure(const std::exception& exception, std::string* message) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return false;
  const duckdb::ErrorData error(exception);
  switch (error.Type()) {
    case duckdb::ExceptionType::INTERNAL:
    case duckdb::ExceptionType::FATAL:
    case duckdb::ExceptionType::OUT_OF_MEMORY:
    case duckdb::ExceptionType::INTERRUPT:
      return false;
    default:
      *message = error.RawMessage();
      return true;
  }
}

Status EngineFailure(const std::exception& exception, const std::string& doing) {
  const duckdb::ErrorData error(exception);
  if (error.Type() == duckdb::ExceptionType::OUT_OF_MEMORY ||
      dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return Status::Environment("out of memory while " + doing + ": " + error.RawMessage(), "Raise --memory-limit")
        .WithCode("MemoryLimit");
  }
  return Status::Bug("DuckDB failed while " + doing + ": " + error.RawMessage());
}

}  // namespace laminar
