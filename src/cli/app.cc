#include "cli/app.h"

#include <cstdio>

namespace laminar {

int Main(int, char**) {
  std::puts("laminar " LAMINAR_VERSION);
  return 0;
}

}  // namespace laminar
