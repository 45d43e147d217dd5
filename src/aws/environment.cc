#include "aws/environment.h"

#include <cstdlib>

namespace laminar::aws {

Environment ProcessEnvironment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value ? value : "");
  };
}

}  // namespace laminar::aws
