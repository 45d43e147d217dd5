// Where settings come from: the process's environment in production, a map in tests.
#pragma once

#include <functional>
#include <string>

namespace laminar::aws {

// Value of an environment variable; "" = not set, as the SDKs treat an empty one. Thread-safe.
using Environment = std::function<std::string(const std::string& name)>;

Environment ProcessEnvironment();

}  // namespace laminar::aws
