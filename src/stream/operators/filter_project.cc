#include "stream/operators/filter_project.h"

namespace laminar {

Status FilterProjectOperator::Push(size_t /*input*/, Batch* batch) {
  Batch* out = nullptr;
  RETURN_IF_ERROR(evaluator_.Execute(batch, &out));
  return Emit(out);
}

}  // namespace laminar
