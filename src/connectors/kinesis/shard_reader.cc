#include "connectors/kinesis/shard_reader.h"

#include <algorithm>
#include <charconv>

#include "aws/http_client.h"
#include "base/check.h"

namespace laminar::kinesis {

namespace {

constexpr int64_t kPollMicros = 200'000;  // 5 GetRecords a second and shard are what the service allows
constexpr int64_t kSilentPollMicros = kMicrosPerSecond;
constexpr int64_t kSilentPollJitterMicros = 200'000;
constexpr int64_t kSilentAfterMicros = 60 * kMicrosPerSecond;
constexpr int64_t kPacedAfterThrottleMicros = 60 * kMicrosPerSecond;
constexpr int64_t kEmptyForMicros = kMicrosPerSecond;
// How much the clocks of the service's Date headers and arrival times may differ.
constexpr int64_t kServiceClockMarginMicros = 5 * kMicrosPerSecond;

using Kind = ShardPosition::Kind;
// Some servers always say that a reader is caught up. An answer this large says otherwise.
constexpr size_t kLargeAnswerBytes = 1 << 20;
// What records are, at least, where an answer was too large: three quarters of it, in base64.
constexpr int64_t kTooLargeBytes = static_cast<int64_t>(aws::HttpClient::kMaxResponseBytes) / 4 * 3;

}  // namespace

int64_t MemoryOf(const GetRecordsResult& answer) {
  return static_cast<int64_t>(answer.bytes + answer.records.size() * (sizeof(Record) + sizeof(std::string_view)));
}

// Rows of a shard, over all restarts, in Batch::order_key: four trillion; leaves four million shards.
constexpr int kRowBits = 42;

uint64_t ShardNumber(const std::string& shard_id) {
  const size_t digits = shard_id.find_last_not_of("0123456789") + 1;  // npos + 1 = 0
  uint64_t number = 0;
  const char* end = shard_id.data() + shard_id.size();
  const auto [rest, error] = std::from_chars(shard_id.data() + digits, end, number);
  return error == std::errc() && rest == end ? number : 0;
}

ShardReader::ShardReader(ShardReaderWorld world, uint64_t number, ReadableShard shard, int64_t now_micros)
    : world_(std::move(world)),
      number_(number),
      shard_(std::move(shard)),
      order_key_(ShardNumber(shard_.id) << kRowBits),
      iterator_retry_("GetShardIterator", world_.random, world_.counts->all(), world_.retry_log),
      records_retry_("GetRecords", world_.random, world_.counts->all(), world_.retry_log),
      received_(shard_.start),
      consumed_(shard_.start),
      pinned_(shard_.start.kind != Kind::kLatest),
      next_request_micros_(now_micros),
      last_records_micros_(now_micros) {
  if (shard_.start.within_record()) part_ = shard_.start;
}

int ShardReader::LimitFor(int64_t bytes) const {
  return static_cast<int>(std::clamp<int64_t>(bytes / average_record_bytes_, 1, kMostRecords));
}

Status ShardReader::SendRequest(int limit, int64_t now_micros) {
  CHECK(next_request_micros_ <= now_micros && limit >= 1 && limit <= kMostRecords);
  if (iterator_.empty()) RETURN_IF_ERROR(CheckRetention(now_micros));
  next_request_micros_ = kNever;
  request_sent_micros_ = now_micros;
  if (iterator_.empty()) {
    world_.api->GetShardIterator(NextIterator(),
                                 [events = world_.events, number = number_](Outcome<std::string> outcome) {
                                   events->Put({number, std::move(outcome)});
                                 });
    return Status::Ok();
  }
  limit_ = limit;
  reserved_bytes_ = ExpectedBytes(limit);
  world_.api->GetRecords(iterator_, limit,
                         [events = world_.events, number = number_](Outcome<GetRecordsResult> outcome) {
                           events->Put({number, std::move(outcome)});
                         });
  return Status::Ok();
}

IteratorRequest ShardReader::NextIterator() const {
  IteratorRequest request;
  request.shard_id = shard_.id;
  switch (received_.kind) {
    case Kind::kOldest:
      request.type = IteratorType::kTrimHorizon;
      break;
    case Kind::kLatest:
      request.type = IteratorType::kLatest;
      break;
    case Kind::kTimestamp:
      request.type = IteratorType::kAtTimestamp;
      request.timestamp_micros = std::max(received_.timestamp_micros, empty_until_micros_ - kServiceClockMarginMicros);
      break;
    case Kind::kAfter:
      request.type = IteratorType::kAfterSequenceNumber;
      request.sequence_number = received_.sequence_number;
      break;
    case Kind::kAt:
      request.type = IteratorType::kAtSequenceNumber;
      request.sequence_number = received_.sequence_number;
      break;
  }
  return request;
}

ShardPosition ShardReader::Consumed() const {
  CHECK(pinned_);
  ShardPosition position = consumed_;
  if (position.kind != Kind::kTimestamp) return position;
  if (HasAnswer()) {
    position.kind = Kind::kAt;
    position.sequence_number = front().records.front().sequence_number;
  }
  position.timestamp_micros = HasAnswer() ? 0 : NextIterator().timestamp_micros;
  return position;
}

DataGap ShardReader::Gap(int64_t held_from_micros, std::string reason) const {
  return {.shard_id = shard_.id,
          .sequence_number = received_.sequence_number,
          .complete_through_micros = received_.complete_through_micros,
          .held_from_micros = held_from_micros,
          .reason = std::move(reason)};
}

Status ShardReader::CheckRetention(int64_t now_micros) {
  const int64_t held_from = world_.service_clock->At(now_micros) - world_.retention_micros;
  const int64_t through = received_.complete_through_micros;
  if (world_.retention_micros == 0 || through == 0 || through >= held_from) return Status::Ok();
  RETURN_IF_ERROR(world_.data_loss->OnGap(Gap(held_from, "the stream's retention is shorter than reading has paused")));
  CompleteThrough(held_from);
  return Status::Ok();
}

// The record of which a part was read must be the first that comes.
Status ShardReader::CheckPart(const GetRecordsResult& result) {
  if (!part_ || received_.kind != Kind::kAt || result.records.front().sequence_number == part_->sequence_number)
    return Status::Ok();
  RETURN_IF_ERROR(world_.data_loss->OnGap(
      Gap(result.records.front().arrival_micros, "the rest of the record that was read in part is gone")));
  part_.reset();
  return Status::Ok();
}

// The service may no longer take the position: the sequence number is gone, or the whole shard.
Status ShardReader::OnFatal(const ApiError& error, bool of_iterator, int64_t now_micros) {
  const bool by_number = received_.kind == Kind::kAfter || received_.kind == Kind::kAt;
  if (error.status.code() == "InvalidArgumentException" && of_iterator && by_number) {
    RETURN_IF_ERROR(
        world_.data_loss->OnGap(Gap(0, "the service refuses the sequence number (" + error.status.message() +
                                           "): the stream dropped the record, or is another one of the same name")));
    const int64_t through = received_.complete_through_micros;
    received_ = ShardPosition::Oldest();
    received_.complete_through_micros = through;
    if (!HasAnswer()) consumed_ = received_;
    part_.reset();
    next_request_micros_ = now_micros;
    return Status::Ok();
  }
  if (error.status.code() == "ResourceNotFoundException" && pinned_ && !world_.is_listed(shard_.id)) {
    RETURN_IF_ERROR(world_.data_loss->OnGap(Gap(0, "the stream no longer has this shard")));
    End();
    return Status::Ok();
  }
  Status status = error.status;
  return std::move(status).WithContext("shard " + shard_.id);
}

void ShardReader::CompleteThrough(int64_t micros) {
  received_.complete_through_micros = std::max(received_.complete_through_micros, micros);
  if (!HasAnswer()) consumed_.complete_through_micros = received_.complete_through_micros;
}

Status ShardReader::OnEvent(ShardEvent event, int64_t now_micros) {
  reserved_bytes_ = 0;
  if (auto* iterator = std::get_if<Outcome<std::string>>(&event.outcome))
    return OnIterator(std::move(*iterator), now_micros);
  return OnRecords(std::get<Outcome<GetRecordsResult>>(std::move(event.outcome)), now_micros);
}

Status ShardReader::OnIterator(Outcome<std::string> outcome, int64_t now_micros) {
  if (!outcome.ok()) return OnFailure(*outcome.error, &iterator_retry_, now_micros);
  iterator_retry_.OnSuccess();
  iterator_ = std::move(outcome.value);
  next_request_micros_ = now_micros;
  return Status::Ok();
}

Status ShardReader::OnRecords(Outcome<GetRecordsResult> outcome, int64_t now_micros) {
  if (!outcome.ok()) {
    // AWS gives no such answers, other servers do: records are larger than those so far.
    if (outcome.error->status.code() == kAnswerTooLarge)
      average_record_bytes_ = std::max(2 * average_record_bytes_, kTooLargeBytes / limit_);
    if (outcome.error->error_class != ErrorClass::kExpiredIterator)
      return OnFailure(*outcome.error, &records_retry_, now_micros);
    // Usual after a long back-pressure: no reason to wait, unless the new one has expired too.
    world_.counts->all()->retries.Add(1);
    world_.retry_log->Count("GetRecords", outcome.error->status.code(), 1, 0);
    iterator_.clear();
    next_request_micros_ = expired_in_a_row_++ == 0 ? now_micros : now_micros + kPollMicros;
    return Status::Ok();
  }
  records_retry_.OnSuccess();
  expired_in_a_row_ = 0;
  world_.counts->Request();
  GetRecordsResult& result = outcome.value;
  world_.service_clock->Observe(outcome.service_micros, now_micros);
  const int64_t service_micros = outcome.service_micros > 0
                                     ? outcome.service_micros
                                     : world_.clock->WallMicros() / kMicrosPerSecond * kMicrosPerSecond;
  PlanRequest(result, now_micros);
  return OnProgress(&result, service_micros, now_micros);
}

Status ShardReader::OnFailure(const ApiError& error, Retry* retry, int64_t now_micros) {
  if (error.error_class == ErrorClass::kFatal) return OnFatal(error, retry == &iterator_retry_, now_micros);
  if (error.error_class == ErrorClass::kThrottled) last_throttle_micros_ = now_micros;
  // What has come since the last answer is not known, and not read.
  if (answered_micros_ >= 0) TellLag(lag_ms_ + (now_micros - answered_micros_) / kMicrosPerMilli);
  next_request_micros_ = retry->OnFailure(error, world_.api->Describe(), now_micros, shard_.id);
  return Status::Ok();
}

// When to ask again: see the top of the header.
void ShardReader::PlanRequest(const GetRecordsResult& result, int64_t now_micros) {
  const bool behind = result.millis_behind_latest > 0;
  int64_t pace = kPollMicros;
  if (!result.records.empty()) {
    last_records_micros_ = now_micros;
    const bool filled = result.records.size() * 2 >= static_cast<size_t>(limit_) || result.bytes >= kLargeAnswerBytes;
    const bool paced = last_throttle_micros_ >= 0 && now_micros - last_throttle_micros_ < kPacedAfterThrottleMicros;
    if ((behind || filled) && !paced) pace = 0;
  } else if (!behind && now_micros - last_records_micros_ >= kSilentAfterMicros) {
    pace = kSilentPollMicros - static_cast<int64_t>(world_.random->Uniform(kSilentPollJitterMicros));
  }
  next_request_micros_ = std::max(now_micros, request_sent_micros_ + pace);
}

Status ShardReader::OnProgress(GetRecordsResult* result, int64_t service_micros, int64_t now_micros) {
  if (!result->records.empty()) RETURN_IF_ERROR(CheckPart(*result));
  lag_ms_ = std::max<int64_t>(0, result->millis_behind_latest);
  answered_micros_ = now_micros;
  TellLag(lag_ms_);
  iterator_ = std::move(result->next_iterator);
  if (!pinned_) {
    pinned_ = true;
    received_ = consumed_ = ShardPosition::Timestamp(service_micros);
  }
  const bool caught_up = result->records.empty() && result->millis_behind_latest <= 0;
  if (caught_up) empty_until_micros_ = service_micros;
  // Not by the end of a closed shard: it says nothing of what lies in the children.
  if (result->records.empty() && !iterator_.empty()) CompleteThrough(service_micros - lag_ms_ * kMicrosPerMilli);
  if (result->millis_behind_latest > 0) world_.tells_lag->store(true, std::memory_order_relaxed);
  // What arrived before the end of a closed shard may lie in its children.
  if (caught_up && !iterator_.empty()) {
    empty_since_micros_ = std::min(empty_since_micros_, request_sent_micros_);
    if (world_.tells_lag->load(std::memory_order_relaxed) ||
        request_sent_micros_ - empty_since_micros_ >= kEmptyForMicros) {
      caught_up_micros_ = world_.service_clock->At(request_sent_micros_);
    }
  } else {
    empty_since_micros_ = kNever;
    caught_up_micros_.reset();
  }
  if (world_.bounded && !iterator_.empty()) {
    stopped_ =
        caught_up || (!result->records.empty() && result->records.back().arrival_micros >= world_.after_start_micros);
  }
  if (iterator_.empty()) child_shard_ids_ = std::move(result->child_shard_ids);
  if (iterator_.empty() || stopped_) End();
  if (result->records.empty()) return Status::Ok();
  const Record& last = result->records.back();
  received_ = ShardPosition::After(std::string(last.sequence_number));
  received_.complete_through_micros = last.arrival_micros;
  average_record_bytes_ = std::max<int64_t>(1, static_cast<int64_t>(result->bytes / result->records.size()));
  buffered_bytes_ += MemoryOf(*result);
  world_.counts->Bytes(result->bytes);
  world_.figures->bytes.Add(result->bytes);
  answers_.push_back(std::move(*result));
  return Status::Ok();
}

// No more answers will come.
void ShardReader::End() {
  closed_ = !stopped_;
  next_request_micros_ = kNever;
  lag_ms_ = 0;
  TellLag(0);
}

void ShardReader::TellLag(int64_t lag_ms) {
  known_lag_ms_ = lag_ms;
  world_.figures->lag_ms.Set(lag_ms);
}

void ShardReader::PopAnswer() {
  const GetRecordsResult& answer = answers_.front();
  const Record& last = answer.records.back();
  consumed_ = ShardPosition::After(std::string(last.sequence_number));
  consumed_.complete_through_micros = last.arrival_micros;
  buffered_bytes_ -= MemoryOf(answer);
  answers_.pop_front();
  if (answers_.empty()) consumed_.complete_through_micros = received_.complete_through_micros;
}

}  // namespace laminar::kinesis
