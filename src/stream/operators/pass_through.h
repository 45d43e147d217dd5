// PassThrough: what a source's rows enter through, and UNION ALL, whose rows leave as they come.
#pragma once

#include "stream/operators/operator.h"

namespace laminar {

class PassThrough final : public Operator {
 public:
  explicit PassThrough(size_t inputs) : Operator(inputs) {}
  Status Push(size_t /*input*/, Batch* batch) override { return Emit(batch); }
};

}  // namespace laminar
