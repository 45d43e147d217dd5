#include "stream/operators/operator.h"

#include "base/check.h"

namespace laminar {

Status Operator::OnEnd(size_t /*input*/) {
  CHECK(open_inputs_ > 0);
  if (--open_inputs_ > 0) return Status::Ok();
  for (const Output& output : outputs_) RETURN_IF_ERROR(output.to->OnEnd(output.input));
  return Status::Ok();
}

Status Operator::Emit(Batch* batch) {
  if (batch->rows() == 0 || outputs_.empty()) return Status::Ok();
  // An output may slice what it gets, so all but the last get a view of their own.
  for (size_t i = 0; i + 1 < outputs_.size(); i++) {
    Batch view;
    view.Share(batch);
    RETURN_IF_ERROR(outputs_[i].to->Push(outputs_[i].input, &view));
  }
  return outputs_.back().to->Push(outputs_.back().input, batch);
}

}  // namespace laminar
