// What an operator asks in between that makes many batches of one: without an end to its Push, nobody else could stop
// what lies behind it from growing.
#pragma once

#include "base/status.h"

namespace laminar {

class StepGuard {
 public:
  virtual ~StepGuard() = default;
  // Error: what is held is beyond --memory-limit, Push returns it. On the task's thread.
  virtual Status MayGoOn() = 0;
};

}  // namespace laminar
