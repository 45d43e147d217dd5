#include "connectors/kinesis/stream_probe.h"

#include <algorithm>

#include "base/log.h"

namespace laminar::kinesis {

namespace {
constexpr int64_t kCreatingPollMicros = 500'000;
}

StreamProbe::StreamProbe(KinesisApi* api, Waker* waker, Random* random, PipelineMetrics* metrics,
                         FailureCounts* failures)
    : api_(api),
      answers_(std::make_shared<Mailbox<Outcome<StreamSummary>>>(waker)),
      retry_log_(failures),
      retry_("DescribeStreamSummary", random, metrics, &retry_log_) {}

Status StreamProbe::Drive(int64_t now_micros) {
  for (Outcome<StreamSummary>& answer : answers_->TakeAll()) {
    if (!answer.ok()) {
      if (answer.error->error_class == ErrorClass::kFatal) return answer.error->status;
      if (answer.error->error_class == ErrorClass::kTransient && !heard_ &&
          now_micros - first_request_micros_ >= kStartPatienceMicros) {
        return answer.error->status;
      }
      next_request_micros_ = retry_.OnFailure(*answer.error, api_->Describe(), now_micros);
      continue;
    }
    retry_.OnSuccess();
    heard_ = true;
    if (answer.value.status == "DELETING") {
      return Status::Environment(api_->Describe() + " is being deleted", "Create the stream again, or name another one")
          .WithCode("ResourceNotFoundException");
    }
    if (answer.value.status == "CREATING") {
      if (!said_waiting_) LogInfo("waiting for the stream to become active", {{"stream", api_->stream_name()}});
      said_waiting_ = true;
      next_request_micros_ = now_micros + kCreatingPollMicros;
      continue;
    }
    summary_ = std::move(answer.value);
    ready_ = true;
  }
  if (!ready_ && next_request_micros_ <= now_micros) {
    next_request_micros_ = kNever;
    first_request_micros_ = std::min(first_request_micros_, now_micros);
    api_->DescribeStreamSummary(
        [answers = answers_](Outcome<StreamSummary> answer) { answers->Put(std::move(answer)); });
  }
  return Status::Ok();
}

}  // namespace laminar::kinesis
