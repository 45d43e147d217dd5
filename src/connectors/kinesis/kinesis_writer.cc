#include "connectors/kinesis/kinesis_writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/units.h"
#include "connectors/kinesis/partition_key.h"
#include "connectors/kinesis/put_effect.h"

namespace laminar::kinesis {

namespace {

// What a record has beside its data: a key and an id. The user's keys have characters of up to four bytes.
constexpr int64_t kMostGeneratedBytes = kKeyBytes + 1 + kMostIdBytes;
constexpr int64_t kMostKeyedBytes = kMostKeyCharacters * 4 + 1 + kMostIdBytes;

}  // namespace

KinesisWriter::KinesisWriter(KinesisSink* sink, int worker, Waker* waker, Random random, int64_t buffer_bytes,
                             std::unique_ptr<KinesisWriter> dead_letters)
    : sink_(sink),
      worker_(worker),
      counts_(sink->context_.metrics, sink->table_.name),
      exactly_once_(sink->settings_.exactly_once),
      random_(random),
      buffer_bytes_(buffer_bytes),
      restores_(worker == 0 && !sink->recovered()),
      dead_letters_(std::move(dead_letters)),
      key_columns_(sink->table_),
      batcher_(sink->settings_.batch, &random_),
      retry_log_(&counts_.table()->failures),
      slots_(static_cast<size_t>(sink->settings_.requests_in_flight)),
      answers_(std::make_shared<Answers>(waker)) {
  if (exactly_once_ || restores_) {
    unknown_.emplace(ReadBackWorld{.api = sink_->api_.get(),
                                   .waker = waker,
                                   .clock = sink_->context_.clock,
                                   .random = &random_,
                                   .counts = counts_,
                                   .fence_wait_micros = sink_->settings_.fence_wait_micros});
  }
  if (restores_) {
    std::vector<EpochRows*> restored;
    for (auto& rows : sink_->restored_.epochs) {
      restored.push_back(rows.get());
      epochs_.push_back({.rows = std::move(rows), .may_send = true, .queued = false});
    }
    restored_epochs_ = restored.size();
    sink_->restored_.epochs.clear();
    unknown_->Restore(std::move(restored), std::move(sink_->restored_.after), sink_->context_.clock->SteadyMicros());
  }
  OpenEpoch();
}

KinesisWriter::~KinesisWriter() {
  sink_->context_.metrics->buffered_bytes.Add(-reported_bytes_);
}

// ---- rows come in

Status KinesisWriter::Push(const Batch& batch) {
  if (batch.rows() == 0) return Status::Ok();
  if (!encoder_) {
    ASSIGN_OR_RETURN(encoder_, sink_->table_.format->MakeEncoder(sink_->table_.schema, sink_->table_.options));
  }
  if (sink_->Ready())
    encoder_->LimitRecords(static_cast<uint64_t>(sink_->summary().max_record_bytes - kMostGeneratedBytes));
  RowsToPut put;
  EncodedRows& rows = put.rows;
  rows.bytes.reserve(batch.rows() * (row_bytes_estimate_ + row_bytes_estimate_ / 8));
  rows.ends.reserve(batch.rows());
  const Batch& encoded = key_columns_.WithoutThem(batch);
  RETURN_IF_ERROR(encoder_->Encode(encoded, &rows).WithContext("table " + sink_->table_.name));
  put.counts = rows.RowCounts(batch.rows());
  const std::vector<uint32_t> first_rows = std::move(rows.first_rows);
  CHECK(first_rows.empty() ? rows.rows() == batch.rows() : rows.rows() == first_rows.size());
  row_bytes_estimate_ = rows.bytes.size() / batch.rows() + 1;
  const size_t most = exactly_once_ ? kMostKeyCharacters - kMostIdBytes - 1 : kMostKeyCharacters;
  if (!sink_->settings_.partition_key.empty())
    MakePartitionKeys(encoded, sink_->settings_.partition_key, most, &put.keys);
  if (key_columns_.has_partition_key()) key_columns_.AppendPartitionKeys(batch, most, &random_, &put.keys);
  if (key_columns_.has_hash_key()) RETURN_IF_ERROR(key_columns_.AppendHashKeys(batch, &put.hash_keys));
  return PushEncoded(std::move(put),
                     [&](size_t row) { return batch.DescribeOrigin(first_rows.empty() ? row : first_rows[row]); });
}

Status KinesisWriter::PushEncoded(RowsToPut rows, const Origins& origins) {
  const int64_t now = sink_->context_.clock->SteadyMicros();
  if (!sink_->Ready() || !early_.empty()) {
    Early early{.rows = std::move(rows), .origins = {}, .ended_epoch = 0};
    for (size_t i = 0; i < early.rows.rows.rows(); i++) early.origins.push_back(origins(i));
    early_.push_back(std::move(early));
    return Status::Ok();
  }
  RETURN_IF_ERROR(Admit(std::move(rows), origins, now));
  SendDue(now);
  ReportHeldBytes();
  return Status::Ok();
}

Status KinesisWriter::Admit(RowsToPut put, const Origins& origins, int64_t now_micros) {
  EncodedRows &rows = put.rows, &keys = put.keys;
  const auto limit = static_cast<uint64_t>(sink_->summary().max_record_bytes);
  const bool aggregates = sink_->settings_.aggregation.has_value(), keyed = keys.rows() > 0;
  const uint64_t id_bytes = exactly_once_ ? kMostIdBytes + (keyed || aggregates ? 1 : 0) : 0;
  const uint64_t generated_bytes = !keyed && (aggregates || !exactly_once_) ? kKeyBytes : 0;
  std::vector<size_t> oversize;
  for (size_t i = 0; i < rows.rows(); i++) {
    const uint64_t bytes = rows.row(i).size() + id_bytes + generated_bytes + (keyed ? keys.row(i).size() : 0);
    if (bytes <= limit) continue;
    RETURN_IF_ERROR(OnOversize(rows.row(i), bytes, put.counts.empty() ? 1 : put.counts[i], origins(i)));
    oversize.push_back(i);
  }
  if (!oversize.empty()) {
    const auto without = [&](const EncodedRows& all) {
      EncodedRows kept;
      for (size_t i = 0, next = 0; i < all.rows(); i++) {
        if (next < oversize.size() && oversize[next] == i) {
          next++;
          continue;
        }
        kept.bytes.append(all.row(i));
        kept.ends.push_back(kept.bytes.size());
      }
      return kept;
    };
    rows = without(rows);
    keys = without(keys);
    put.hash_keys = without(put.hash_keys);
    for (size_t i = oversize.size(); i > 0 && !put.counts.empty(); i--)
      put.counts.erase(put.counts.begin() + static_cast<std::ptrdiff_t>(oversize[i - 1]));
  }
  if (rows.rows() == 0) return Status::Ok();
  if (aggregates) {
    Aggregate(put, now_micros);
  } else {
    AddToEpoch(std::move(put), now_micros);
  }
  return Status::Ok();
}

void KinesisWriter::AddToEpoch(RowsToPut rows, int64_t since_micros) {
  if (rows.rows.rows() == 0) return;
  Held& open = epochs_.back();
  Segment* segment = open.rows->Add(std::move(rows), since_micros);
  if (open.queued) batcher_.Add(segment);
}

void KinesisWriter::Aggregate(const RowsToPut& rows, int64_t now_micros) {
  if (!aggregator_) {
    AggregationLimits limits = *sink_->settings_.aggregation;
    const int64_t beside = sink_->keyed() ? kMostKeyedBytes : kMostGeneratedBytes;
    limits.bytes = std::clamp<int64_t>(sink_->summary().max_record_bytes - beside, 0, limits.bytes);
    aggregator_.emplace(limits, &random_);
  }
  const int64_t since = Aggregating() ? aggregator_->since_micros() : now_micros;
  RowsToPut full;
  aggregator_->Add(rows, now_micros, &full);
  AddToEpoch(std::move(full), since);
}

int64_t KinesisWriter::AggregationDueMicros() const {
  // Memory: what is held beside these is acknowledged in time, or asks for a checkpoint.
  if (finishing_ || aggregator_->bytes() >= buffer_bytes_ / 2) return 0;
  // Exactly once, rows wait for the end of their epoch anyway.
  return exactly_once_ ? kNever : aggregator_->since_micros() + sink_->settings_.batch.interval_micros;
}

void KinesisWriter::CloseAggregated() {
  if (!Aggregating()) return;
  const int64_t since = aggregator_->since_micros();
  RowsToPut rows;
  aggregator_->CloseAll(&rows);
  AddToEpoch(std::move(rows), since);
}

Status KinesisWriter::AdmitEarly(int64_t now_micros) {
  while (!early_.empty()) {
    Early early = std::move(early_.front());
    early_.pop_front();
    if (early.ended_epoch != 0) {
      SealEpoch(early.ended_epoch);
    } else {
      RETURN_IF_ERROR(Admit(
          std::move(early.rows), [&](size_t row) { return early.origins[row]; }, now_micros));
    }
  }
  return Status::Ok();
}

std::string KinesisWriter::DescribeOversize(uint64_t bytes) const {
  return "a row of table " + sink_->table_.name + " is " + FormatCount(bytes) + " bytes with its partition key, and " +
         sink_->api_->Describe() + " takes records of at most " +
         FormatCount(static_cast<uint64_t>(sink_->summary().max_record_bytes)) + " bytes";
}

Status KinesisWriter::OnOversize(std::string_view data, uint64_t bytes, uint32_t count, const std::string& origin) {
  const std::string what = DescribeOversize(bytes);
  const OversizePolicy policy = sink_->settings_.oversize;
  if (policy == OversizePolicy::kFail) {
    return Status::User(what + (origin.empty() ? "" : "; the row comes from " + origin),
                        "Filter such rows out in the SQL, write fewer columns, raise the stream's maximum record size, "
                        "or set sink.oversize")
        .WithCode("RecordTooLarge");
  }
  const int64_t wall = sink_->context_.clock->WallMicros();
  if (policy == OversizePolicy::kDeadLetter && dead_letters_ != nullptr) {
    RowsToPut row;
    row.rows.bytes = data;
    row.rows.ends.push_back(data.size());
    RETURN_IF_ERROR(dead_letters_->PushEncoded(std::move(row), [&](size_t) { return origin; }));
  } else if (policy == OversizePolicy::kDeadLetter) {
    RETURN_IF_ERROR(sink_->dead_letter_file_->Write(DeadLetterLine(wall, sink_->table_.name, what, origin, data)));
    dead_letter_written_ = true;
  }
  counts_.Oversize(count);
  if (oversize_log_.OnFailure(sink_->context_.clock->SteadyMicros())) {
    LogWarning(policy == OversizePolicy::kDrop ? "a row is too large for the stream and was dropped"
                                               : "a row is too large for the stream and went to the dead letters",
               {{"cause", what}, {"origin", origin}, {"rows", std::to_string(oversize_log_.TakeCount()), true}});
  }
  return Status::Ok();
}

// ---- epochs

void KinesisWriter::OpenEpoch() {
  epochs_.push_back({.rows = std::make_unique<EpochRows>(sink_->id_prefix_, worker_, &held_bytes_),
                     .may_send = !exactly_once_,
                     .queued = !exactly_once_ && sink_->recovered()});
}

void KinesisWriter::EndEpoch(int64_t epoch) {
  if (early_.empty()) {
    SealEpoch(epoch);
  } else {
    early_.push_back({.rows = {}, .origins = {}, .ended_epoch = epoch});
  }
  if (dead_letters_ != nullptr) dead_letters_->EndEpoch(epoch);
  // What a checkpoint counts as written outlives a crash of the machine.
  if (std::exchange(dead_letter_written_, false) && failure_.ok()) failure_ = sink_->dead_letter_file_->Sync();
  SendDue(sink_->context_.clock->SteadyMicros());
}

void KinesisWriter::SealEpoch(int64_t epoch) {
  CloseAggregated();
  if (epochs_.back().rows->rows() == 0) return;
  epochs_.back().rows->Seal(epoch, sink_->context_.clock->WallMicros());
  OpenEpoch();
}

bool KinesisWriter::EpochReady(int64_t epoch) const {
  if (!early_.empty() || !failure_.ok()) return false;
  if (dead_letters_ != nullptr && !dead_letters_->EpochReady(epoch)) return false;
  if (exactly_once_) return true;
  return std::none_of(epochs_.begin(), epochs_.end(), [&](const Held& held) {
    return held.rows->sealed() && held.rows->epoch() <= epoch && held.rows->unacknowledged() > 0;
  });
}

SinkState KinesisWriter::State(int64_t epoch) {
  if (!exactly_once_) return {};
  std::vector<EpochRows*> unacknowledged;
  for (const Held& held : epochs_) {
    if (held.rows->sealed() && held.rows->epoch() <= epoch && held.rows->unacknowledged() > 0)
      unacknowledged.push_back(held.rows.get());
  }
  return MakeSinkState(sink_->api_->stream_name(), unknown_->BeginGeneration(), unacknowledged);
}

void KinesisWriter::EpochCommitted(int64_t epoch) {
  if (!exactly_once_) return;
  for (Held& held : epochs_) {
    if (held.rows->sealed() && held.rows->epoch() <= epoch) held.may_send = true;
  }
  QueueEpochs();
  SendDue(sink_->context_.clock->SteadyMicros());
}

bool KinesisWriter::WantsCheckpoint() const {
  const int64_t of_epoch = epochs_.back().rows->memory() + (aggregator_ ? aggregator_->bytes() : 0);
  return exactly_once_ && of_epoch >= std::min(sink_->settings_.epoch_max_bytes, buffer_bytes_ / 2);
}

void KinesisWriter::QueueEpochs() {
  if (!sink_->recovered()) return;
  for (Held& held : epochs_) {
    if (held.queued || !held.may_send) continue;
    held.queued = true;
    for (const auto& segment : held.rows->segments()) batcher_.Add(segment.get());
  }
}

void KinesisWriter::ForgetDone() {
  // Restored epochs are in the hands of the read-back until all is known of them.
  if (restored_epochs_ > 0) {
    const auto restored_end = epochs_.begin() + static_cast<std::ptrdiff_t>(restored_epochs_);
    const auto done = [](const Held& held) { return held.rows->unacknowledged() == 0; };
    if (!std::all_of(epochs_.begin(), restored_end, done) || !unknown_->empty()) return;
    epochs_.erase(epochs_.begin(), restored_end);
    restored_epochs_ = 0;
    LogInfo("the rows of the last run are written", {{"stream", sink_->api_->stream_name()}});
    if (!exactly_once_) unknown_.reset();
    sink_->OnRecovered();
  }
  while (epochs_.size() > 1 && epochs_.front().rows->unacknowledged() == 0) epochs_.pop_front();
}

// ---- requests

Status KinesisWriter::Poll() {
  const int64_t now = sink_->context_.clock->SteadyMicros();
  RETURN_IF_ERROR(failure_);
  RETURN_IF_ERROR(sink_->Drive(now));
  if (dead_letters_ != nullptr) RETURN_IF_ERROR(dead_letters_->Poll());
  if (sink_->Ready()) RETURN_IF_ERROR(AdmitEarly(now));
  for (Answer& answer : answers_->TakeAll()) RETURN_IF_ERROR(OnAnswer(&answer, now));
  RETURN_IF_ERROR(DriveUnknown(now));
  ForgetDone();
  QueueEpochs();
  SendDue(now);
  ReportHeldBytes();
  return Status::Ok();
}

Status KinesisWriter::DriveUnknown(int64_t now_micros) {
  if (!unknown_ || !sink_->Ready()) return Status::Ok();
  std::vector<RowRef> missing;
  const UnknownRows::Outcome outcome{.found =
                                         [&](const RowRef& row, bool restored) {
                                           // The batcher does not know the rows of an earlier run before they are all
                                           // read back.
                                           if (!restored) batcher_.Done(row);
                                           CountAcknowledged(row);
                                           row.segment->epoch->Acknowledge(row);
                                         },
                                     .not_found = [&](const RowRef& row) { missing.push_back(row); },
                                     .restored =
                                         [&] {
                                           for (size_t i = 0; i < restored_epochs_; i++) {
                                             epochs_[i].queued = true;
                                             for (const auto& segment : epochs_[i].rows->segments())
                                               batcher_.Add(segment.get());
                                           }
                                         }};
  const Status driven = unknown_->Drive(now_micros, outcome);
  ReportAcknowledged();
  RETURN_IF_ERROR(driven);
  batcher_.Return(missing);
  return Status::Ok();
}

Status KinesisWriter::OnAnswer(Answer* answer, int64_t now_micros) {
  Slot& slot = slots_[answer->slot];
  PutRequest& request = *slot.request;
  Outcome<PutResult>& outcome = answer->outcome;
  if (outcome.ok() && outcome.value.entries.size() != request.entries().size()) {
    outcome.error = ApiError{
        ErrorClass::kTransient,
        Status::Environment(sink_->api_->Describe() + " answered for " + std::to_string(outcome.value.entries.size()) +
                            " records, and " + std::to_string(request.entries().size()) + " were sent")};
  }
  if (!outcome.ok()) return OnFailedRequest(&slot, *outcome.error, now_micros);

  counts_.Request();
  counts_.table()->send_latency.Add(answer->came_micros - slot.sent_micros);
  pause_.reset();
  paused_until_micros_ = 0;
  const size_t sent = request.entries().size();
  std::vector<bool> keep(sent, false);
  size_t kept = 0, unknown = 0;
  Retry::Refused refused;
  for (size_t i = 0; i < sent; i++) {
    const PutResult::Entry& entry = outcome.value.entries[i];
    if (entry.error_code.empty()) {
      acknowledged_bytes_ += request.entries()[i].data.size() + request.entries()[i].partition_key.size();
      OnAcceptedRow(request.rows()[i], entry);
      continue;
    }
    refused.by_code[entry.error_code]++;
    refused.code = entry.error_code;
    refused.message = entry.error_message;
    if (unknown_ && EffectOf(entry.error_code) == PutEffect::kUnknown) {
      unknown_->Add(request.rows()[i], slot.generation, now_micros);
      unknown++;
    } else {
      keep[i] = true;
      kept++;
    }
  }
  ReportAcknowledged();
  if (unknown_) unknown_->EndRequest(slot.generation);
  int64_t again = kNever;
  if (kept + unknown > 0) {
    refused.records = kept + unknown;
    refused.of = sent;
    again = slot.retry->OnPartialFailure(refused, sink_->api_->Describe(), now_micros);
  }
  if (kept == 0) {
    FreeSlot(&slot);
    return Status::Ok();
  }
  request.Keep(keep);
  slot.send_again_micros = again;
  return Status::Ok();
}

Status KinesisWriter::OnFailedRequest(Slot* slot, const ApiError& error, int64_t now_micros) {
  if (error.error_class == ErrorClass::kFatal) return error.status;
  if (error.error_class == ErrorClass::kThrottled) counts_.Request();
  if (!unknown_ || EffectOf(error) == PutEffect::kNotWritten) {
    if (unknown_) unknown_->EndRequest(slot->generation);
    slot->send_again_micros = slot->retry->OnFailure(error, sink_->api_->Describe(), now_micros);
    return Status::Ok();
  }
  for (const RowRef& row : slot->request->rows()) unknown_->Add(row, slot->generation, now_micros);
  unknown_->EndRequest(slot->generation);
  // Whatever is sent to a service that does not answer has to be read back, too.
  if (!pause_) pause_.emplace("PutRecords", &random_, sink_->context_.metrics, &retry_log_);
  paused_until_micros_ = std::max(paused_until_micros_, pause_->OnFailure(error, sink_->api_->Describe(), now_micros));
  FreeSlot(slot);
  return Status::Ok();
}

void KinesisWriter::OnAcceptedRow(const RowRef& row, const PutResult::Entry& entry) {
  if (unknown_) unknown_->OnAcknowledged(entry);
  batcher_.Done(row);
  CountAcknowledged(row);
  row.segment->epoch->Acknowledge(row);
}

void KinesisWriter::CountAcknowledged(const RowRef& row) {
  // A row of an earlier run was handed to that run's sink; no other is sent before those are written.
  if (restored_epochs_ == 0) acknowledged_rows_ += row.count();
}

// Once for many rows: other workers count in the same place.
void KinesisWriter::ReportAcknowledged() {
  counts_.Rows(std::exchange(acknowledged_rows_, 0));
  counts_.Bytes(std::exchange(acknowledged_bytes_, 0));
}

void KinesisWriter::FreeSlot(Slot* slot) {
  slot->request.reset();
  slot->send_again_micros = kNever;
  active_--;
}

bool KinesisWriter::BatchDue(int64_t now_micros) const {
  // A full buffer is sent although no limit is reached: nothing more can come until some of it is gone.
  return batcher_.CanCut() &&
         (batcher_.Full() || finishing_ || held_bytes() >= buffer_bytes_ || batcher_.DueMicros() <= now_micros);
}

void KinesisWriter::SendDue(int64_t now_micros) {
  if (!sink_->Ready()) return;
  if (Aggregating() && AggregationDueMicros() <= now_micros) CloseAggregated();
  for (size_t i = 0; i < slots_.size(); i++) {
    Slot& slot = slots_[i];
    if (slot.request == nullptr) {
      if (now_micros < paused_until_micros_ || !BatchDue(now_micros)) continue;
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
  slots_[slot].sent_micros = sink_->context_.clock->SteadyMicros();
  if (unknown_) slots_[slot].generation = unknown_->BeginRequest();
  sink_->api_->PutRecords(slots_[slot].request->entries(),
                          [answers = answers_, slot, clock = sink_->context_.clock](Outcome<PutResult> outcome) {
                            answers->Put({slot, std::move(outcome), clock->SteadyMicros()});
                          });
}

// ---- what the worker asks

int64_t KinesisWriter::NextDeadline() const {
  if (!failure_.ok()) return 0;
  int64_t deadline = dead_letters_ == nullptr ? kNever : dead_letters_->NextDeadline();
  if (!sink_->Ready()) return std::min(deadline, sink_->NextDeadline());
  if (!early_.empty()) return 0;
  if (Aggregating()) deadline = std::min(deadline, AggregationDueMicros());
  for (const Slot& slot : slots_) deadline = std::min(deadline, slot.send_again_micros);
  if (batcher_.CanCut() && active_ < slots_.size()) {
    const bool now = batcher_.Full() || finishing_ || held_bytes() >= buffer_bytes_;
    deadline = std::min(deadline, std::max(paused_until_micros_, now ? 0 : batcher_.DueMicros()));
  }
  if (unknown_) deadline = std::min(deadline, unknown_->NextDeadline());
  return deadline;
}

void KinesisWriter::Finish() {
  finishing_ = true;
  if (dead_letters_ != nullptr) dead_letters_->Finish();
}

bool KinesisWriter::Drained() const {
  if (!early_.empty() || Aggregating() || restored_epochs_ > 0) return false;
  if (dead_letters_ != nullptr && !dead_letters_->Drained()) return false;
  return std::all_of(epochs_.begin(), epochs_.end(), [](const Held& held) { return held.rows->unacknowledged() == 0; });
}

void KinesisWriter::ReportHeldBytes() {
  sink_->context_.metrics->buffered_bytes.Add(held_bytes() - reported_bytes_);
  reported_bytes_ = held_bytes();
}

}  // namespace laminar::kinesis
