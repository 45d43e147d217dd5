#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace laminar {

void CheckFailed(const char* file, int line, const char* expression, const char* explanation) {
  std::fprintf(stderr, "laminar: bug: %s:%d: %s does not hold. %s\n", file, line, expression, explanation);
  std::abort();
}

}  // namespace laminar
