#include "connectors/kinesis/kinesis_sink.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/units.h"

namespace laminar::kinesis {

KinesisSink::KinesisSink(std::unique_ptr<KinesisApi> api, TableSpec table, const SinkSettings& settings,
                         const ConnectorContext& context)
    : table_(std::move(table)),
      settings_(settings),
      context_(context),
      random_(context.random->Fork()),
      probe_random_(random_.Fork()),
      api_(std::move(api)) {}

Status KinesisSink::Start(std::vector<Waker*> wakers) {
  CHECK(!wakers.empty());
  // Made once here for its errors: a format option that does not fit the schema shows before the first row.
  auto encoder = table_.format->MakeEncoder(table_.schema, table_.options);
  if (!encoder.ok()) return encoder.status();
  wakers_ = std::move(wakers);
  all_wakers_ = std::make_unique<BroadcastWaker>(wakers_);
  {
    std::lock_guard lock(mutex_);
    probe_.emplace(api_.get(), all_wakers_.get(), &probe_random_, context_.metrics);
  }
  return Drive(context_.clock->SteadyMicros());
}

std::unique_ptr<SinkWriter> KinesisSink::CreateWriter(int worker) {
  return std::make_unique<KinesisWriter>(this, wakers_.at(static_cast<size_t>(worker)), random_.Fork(),
                                         context_.sink_buffer_bytes / static_cast<int64_t>(wakers_.size()));
}

Status KinesisSink::Drive(int64_t now_micros) {
  if (Ready()) return Status::Ok();
  std::lock_guard lock(mutex_);
  if (Ready() || !failure_.ok()) return failure_;
  failure_ = probe_->Drive(now_micros);
  if (probe_->ready()) {
    max_record_bytes_ = probe_->summary().max_record_bytes;
    ready_.store(true, std::memory_order_release);
  }
  if (!failure_.ok() || Ready()) all_wakers_->Wake();
  return failure_;
}

int64_t KinesisSink::NextDeadline() const {
  if (Ready()) return kNever;
  std::lock_guard lock(mutex_);
  return failure_.ok() ? probe_->NextDeadline() : 0;
}

KinesisWriter::KinesisWriter(KinesisSink* sink, Waker* waker, Random random, int64_t buffer_bytes)
    : sink_(sink),
      random_(random),
      buffer_bytes_(buffer_bytes),
      batcher_(sink->settings_.batch, &random_),
      slots_(static_cast<size_t>(sink->settings_.requests_in_flight)),
      answers_(std::make_shared<Answers>(waker)) {}

KinesisWriter::~KinesisWriter() {
  sink_->context_.metrics->buffered_bytes.Add(-reported_bytes_);
}

Status KinesisWriter::Push(const Batch& batch) {
  if (batch.rows() == 0) return Status::Ok();
  if (!encoder_) {
    ASSIGN_OR_RETURN(encoder_, sink_->table_.format->MakeEncoder(sink_->table_.schema, sink_->table_.options));
  }
  EncodedRows rows;
  rows.bytes.reserve(batch.rows() * (row_bytes_estimate_ + row_bytes_estimate_ / 8));
  rows.ends.reserve(batch.rows());
  RETURN_IF_ERROR(encoder_->Encode(batch, &rows));
  CHECK(rows.rows() == batch.rows());
  row_bytes_estimate_ = rows.bytes.size() / rows.rows() + 1;
  RETURN_IF_ERROR(CheckSizes(batch, rows));
  const int64_t now = sink_->context_.clock->SteadyMicros();
  batcher_.Add(std::make_shared<const EncodedSegment>(std::move(rows), &held_bytes_), now);
  SendDue(now);
  ReportHeldBytes();
  return Status::Ok();
}

Status KinesisWriter::CheckSizes(const Batch& batch, const EncodedRows& rows) {
  const bool known = sink_->Ready();
  const auto most = known ? static_cast<uint64_t>(sink_->max_record_bytes()) : largest_early_bytes_;
  uint64_t begin = 0;
  size_t largest = 0;
  uint64_t largest_bytes = most;
  for (size_t i = 0; i < rows.rows(); i++) {
    const uint64_t bytes = rows.ends[i] - begin + kKeyBytes;
    begin = rows.ends[i];
    if (bytes <= largest_bytes) continue;
    if (known) return TooLarge(bytes, batch.DescribeOrigin(i));
    largest = i;
    largest_bytes = bytes;
  }
  if (largest_bytes > most) {
    largest_early_bytes_ = largest_bytes;
    largest_early_origin_ = batch.DescribeOrigin(largest);
  }
  return Status::Ok();
}

Status KinesisWriter::TooLarge(uint64_t bytes, const std::string& origin) const {
  const int64_t limit = sink_->max_record_bytes();
  return Status::User("a row of table " + sink_->table_.name + " is " + FormatCount(bytes) +
                          " bytes with its partition key, and " + sink_->api_->Describe() +
                          " takes records of at most " + FormatCount(static_cast<uint64_t>(limit)) + " bytes" +
                          (origin.empty() ? "" : "; the row comes from " + origin),
                      "Filter such rows out in the SQL, write fewer columns, or raise the stream's maximum record size")
      .WithCode("RecordTooLarge");
}

Status KinesisWriter::Poll() {
  const int64_t now = sink_->context_.clock->SteadyMicros();
  RETURN_IF_ERROR(sink_->Drive(now));
  if (largest_early_bytes_ > 0 && sink_->Ready()) {
    const uint64_t bytes = std::exchange(largest_early_bytes_, 0);
    if (bytes > static_cast<uint64_t>(sink_->max_record_bytes())) return TooLarge(bytes, largest_early_origin_);
  }
  for (Answer& answer : answers_->TakeAll()) RETURN_IF_ERROR(OnAnswer(&answer, now));
  SendDue(now);
  ReportHeldBytes();
  return Status::Ok();
}

Status KinesisWriter::OnAnswer(Answer* answer, int64_t now_micros) {
  Slot& slot = slots_[answer->slot];
  PutRequest& request = *slot.request;
  PipelineMetrics& metrics = *sink_->context_.metrics;
  Outcome<PutResult>& outcome = answer->outcome;
  if (outcome.ok() && outcome.value.entries.size() != request.entries().size()) {
    outcome.error = ApiError{
        ErrorClass::kTransient,
        Status::Environment(sink_->api_->Describe() + " answered for " + std::to_string(outcome.value.entries.size()) +
                            " records, and " + std::to_string(request.entries().size()) + " were sent")};
  }
  if (!outcome.ok()) {
    if (outcome.error->error_class == ErrorClass::kFatal) return outcome.error->status;
    if (outcome.error->error_class == ErrorClass::kThrottled) metrics.write_requests.Add(1);
    slot.send_again_micros = slot.retry->OnFailure(*outcome.error, sink_->api_->Describe(), now_micros);
    return Status::Ok();
  }

  metrics.write_requests.Add(1);
  const size_t sent = request.entries().size();
  const int64_t sent_bytes = request.bytes();
  const PutResult::Entry* refused = nullptr;
  for (const PutResult::Entry& entry : outcome.value.entries) {
    if (!entry.error_code.empty()) refused = &entry;
  }
  if (refused != nullptr) request.KeepRefused(outcome.value);
  const size_t left = refused == nullptr ? 0 : request.entries().size();
  metrics.rows_out.Add(sent - left);
  metrics.bytes_out.Add(static_cast<uint64_t>(sent_bytes - (left == 0 ? 0 : request.bytes())));
  if (left > 0) {
    slot.send_again_micros = slot.retry->OnPartialFailure(left, sent, refused->error_code, refused->error_message,
                                                          sink_->api_->Describe(), now_micros);
    return Status::Ok();
  }
  slot.request.reset();
  active_--;
  return Status::Ok();
}

void KinesisWriter::SendDue(int64_t now_micros) {
  if (!sink_->Ready()) return;
  for (size_t i = 0; i < slots_.size(); i++) {
    Slot& slot = slots_[i];
    if (slot.request == nullptr) {
      // A full buffer is sent although no limit is reached: nothing more can come until some of it is gone.
      const bool due =
          batcher_.Full() || finishing_ || held_bytes_ >= buffer_bytes_ || batcher_.DueMicros() <= now_micros;
      if (batcher_.empty() || !due) continue;
      slot.request = batcher_.Cut();
      slot.retry.emplace("PutRecords", &random_, sink_->context_.metrics, &retry_log_);
      active_++;
      Send(i);
    } else if (slot.send_again_micros <= now_micros) {
      Send(i);
    }
  }
}

void KinesisWriter::Send(size_t slot) {
  slots_[slot].send_again_micros = kNever;
  sink_->api_->PutRecords(slots_[slot].request->entries(), [answers = answers_, slot](Outcome<PutResult> outcome) {
    answers->Put({slot, std::move(outcome)});
  });
}

int64_t KinesisWriter::NextDeadline() const {
  if (!sink_->Ready()) return sink_->NextDeadline();
  int64_t deadline = kNever;
  for (const Slot& slot : slots_) deadline = std::min(deadline, slot.send_again_micros);
  if (!batcher_.empty() && active_ < slots_.size()) {
    const bool now = batcher_.Full() || finishing_ || held_bytes_ >= buffer_bytes_;
    deadline = std::min(deadline, now ? 0 : batcher_.DueMicros());
  }
  return deadline;
}

void KinesisWriter::ReportHeldBytes() {
  sink_->context_.metrics->buffered_bytes.Add(held_bytes_ - reported_bytes_);
  reported_bytes_ = held_bytes_;
}

}  // namespace laminar::kinesis
