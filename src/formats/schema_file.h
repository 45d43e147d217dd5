// Files with schemas, as options name them.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"

namespace laminar {

// The text of a file; kUser or kEnvironment if it cannot be had. Called from any thread, one call at a time.
using SchemaFileReader = std::function<Result<std::string>(const std::string& path)>;

// Of a program that has no files.
inline Result<std::string> NoSchemaFiles(const std::string& path) {
  return Status::User("the schema file " + path + " cannot be read here");
}

}  // namespace laminar
