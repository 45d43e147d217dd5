// What the system says of this process.
#pragma once

#include <cstdint>

namespace laminar {

struct ProcessFigures {
  int64_t resident_bytes = 0, virtual_bytes = 0;
  int64_t cpu_micros = 0;  // of all threads since the start
  int64_t threads = 0;
  int64_t open_files = 0, most_open_files = 0;
  int64_t started_micros = 0;  // since 1970
};

// What cannot be read is 0.
ProcessFigures ReadProcessFigures();

}  // namespace laminar
