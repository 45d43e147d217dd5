#include "connectors/kinesis/data_loss.h"

#include "base/log.h"
#include "connectors/kinesis/start_time.h"

namespace laminar::kinesis {

Status DataLossPolicy::OnGap(const DataGap& gap) const {
  const std::string from = gap.complete_through_micros > 0 ? FormatTime(gap.complete_through_micros) : "";
  const std::string until = gap.held_from_micros > 0 ? FormatTime(gap.held_from_micros) : "";
  if (policy_ == OnDataLoss::kResume) {
    metrics_->data_gaps.Add(1);
    LogWarning("records may be lost: reading goes on with the oldest that the stream holds",
               {{"stream", stream_},
                {"shard", gap.shard_id},
                {"after_sequence_number", gap.sequence_number},
                {"read_through", from},
                {"held_from", until},
                {"reason", gap.reason}});
    return Status::Ok();
  }
  std::string message = stream_ + ", shard " + gap.shard_id;
  if (!gap.sequence_number.empty()) message += ", after sequence number " + gap.sequence_number;
  message += ": records may be lost: " + gap.reason;
  if (!from.empty()) message += "; everything up to " + from + " is read";
  if (!until.empty()) message += "; the stream holds what arrived from " + until + " on";
  return Status::Environment(std::move(message),
                             "Set on_data_loss = 'resume' to go on with the oldest record that the stream holds, or "
                             "start anew with --fresh; a longer retention of the stream leaves more time")
      .WithCode("DataLoss");
}

}  // namespace laminar::kinesis
