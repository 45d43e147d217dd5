// How much memory the process holds, injected: production asks the system.
#pragma once

#include <cstdint>

namespace laminar {

// Thread-safe.
class MemoryMeter {
 public:
  virtual ~MemoryMeter() = default;
  // Bytes of the process that lie in memory, its program included; 0 where the system does not say. A few microseconds.
  virtual int64_t ResidentBytes() const = 0;
};

class SystemMemoryMeter final : public MemoryMeter {
 public:
  int64_t ResidentBytes() const override;
};

}  // namespace laminar
