#include "stream/operators/operator.h"

#include <algorithm>

#include "base/check.h"

namespace laminar {

Status Operator::Take(size_t input, Batch* batch) {
  if (counts_.rows_in != nullptr) counts_.rows_in->Add(batch->rows());
  if (counts_.clock == nullptr) return Push(input, batch);
  OwnCounter* const before = counts_.clock->Switch(counts_.busy_micros);
  const Status status = Push(input, batch);
  counts_.clock->Switch(before);
  return status;
}

Status Operator::AdvanceWatermark(size_t input, int64_t watermark) {
  if (watermark <= watermarks_.at(input)) return Status::Ok();
  watermarks_[input] = watermark;
  const int64_t lowest = *std::min_element(watermarks_.begin(), watermarks_.end());
  if (lowest <= watermark_) return Status::Ok();
  watermark_ = lowest;
  if (lowest != kEndOfTime) finite_watermark_ = lowest;
  if (!counts_.works_at_watermarks) return OnWatermark(lowest);
  OwnCounter* const before = counts_.clock->Switch(counts_.busy_micros);
  const Status status = OnWatermark(lowest);
  counts_.clock->Switch(before);
  return status;
}

Status Operator::Restore(const StateInput& in, int64_t watermark) {
  CHECK(watermark_ == kNoWatermark && watermark != kEndOfTime);
  watermark_ = finite_watermark_ = watermark;
  return OnRestore(in, watermark);
}

Status Operator::OnEnd(size_t input) {
  CHECK(open_inputs_ > 0);
  open_inputs_--;
  RETURN_IF_ERROR(AdvanceWatermark(input, kEndOfTime));
  return open_inputs_ == 0 && !HasPending() ? EndOutputs() : Status::Ok();
}

Status Operator::Resume() {
  OwnCounter* const before = counts_.clock == nullptr ? nullptr : counts_.clock->Switch(counts_.busy_micros);
  const Status status = EmitPending();
  if (counts_.clock != nullptr) counts_.clock->Switch(before);
  RETURN_IF_ERROR(status);
  return open_inputs_ == 0 && !HasPending() ? EndOutputs() : Status::Ok();
}

Status Operator::EndOutputs() {
  if (outputs_ended_) return Status::Ok();
  outputs_ended_ = true;
  RETURN_IF_ERROR(OnEnded());
  for (const Output& output : outputs_) RETURN_IF_ERROR(output.to->OnEnd(output.input));
  return Status::Ok();
}

Status Operator::Emit(Batch* batch) {
  if (batch->rows() == 0 || outputs_.empty()) return Status::Ok();
  if (counts_.rows_out != nullptr) counts_.rows_out->Add(batch->rows());
  // An output may slice what it gets, so all but the last get a view of their own.
  for (size_t i = 0; i + 1 < outputs_.size(); i++) {
    Batch view;
    view.Share(batch);
    RETURN_IF_ERROR(outputs_[i].to->Take(outputs_[i].input, &view));
  }
  return outputs_.back().to->Take(outputs_.back().input, batch);
}

Status Operator::EmitWatermark(int64_t watermark) {
  for (const Output& output : outputs_) RETURN_IF_ERROR(output.to->AdvanceWatermark(output.input, watermark));
  return Status::Ok();
}

}  // namespace laminar
