#include "base/memory_meter.h"

#include <unistd.h>

#include <fstream>

namespace laminar {

int64_t SystemMemoryMeter::ResidentBytes() const {
  std::ifstream statm("/proc/self/statm");  // pages: of the address space, resident, ...
  int64_t all = 0, resident = 0;
  return statm >> all >> resident ? resident * sysconf(_SC_PAGE_SIZE) : 0;
}

}  // namespace laminar
