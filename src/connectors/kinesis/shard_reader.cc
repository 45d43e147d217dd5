#include "connectors/kinesis/shard_reader.h"

#include <algorithm>
#include <charconv>

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
// Some servers always say that a reader is caught up. An answer this large says otherwise.
constexpr size_t kLargeAnswerBytes = 1 << 20;

}  // namespace

int64_t MemoryOf(const GetRecordsResult& answer) {
  return static_cast<int64_t>(answer.bytes + answer.records.size() * (sizeof(Record) + sizeof(std::string_view)));
}

// Rows of a shard, while this process reads it, in Batch::order_key: a trillion; leaves 16 million shards.
constexpr int kRowBits = 40;

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
      where_(world_.api->Describe() + ", shard " + shard_.id),
      order_key_(ShardNumber(shard_.id) << kRowBits),
      iterator_retry_("GetShardIterator", world_.random, world_.metrics, world_.retry_log),
      records_retry_("GetRecords", world_.random, world_.metrics, world_.retry_log),
      pinned_(shard_.start != SourceOffset::kLatest),
      next_request_micros_(now_micros),
      last_records_micros_(now_micros) {}

int ShardReader::LimitFor(int64_t bytes) const {
  return static_cast<int>(std::clamp<int64_t>(bytes / average_record_bytes_, 1, kMostRecords));
}

void ShardReader::SendRequest(int limit, int64_t now_micros) {
  CHECK(next_request_micros_ <= now_micros && limit >= 1 && limit <= kMostRecords);
  next_request_micros_ = kNever;
  request_sent_micros_ = now_micros;
  if (iterator_.empty()) {
    world_.api->GetShardIterator(Position(), [events = world_.events, number = number_](Outcome<std::string> outcome) {
      events->Put({number, std::move(outcome)});
    });
    return;
  }
  limit_ = limit;
  reserved_bytes_ = ExpectedBytes(limit);
  world_.api->GetRecords(iterator_, limit,
                         [events = world_.events, number = number_](Outcome<GetRecordsResult> outcome) {
                           events->Put({number, std::move(outcome)});
                         });
}

IteratorRequest ShardReader::Position() const {
  IteratorRequest request;
  request.shard_id = shard_.id;
  if (!last_sequence_.empty()) {
    request.type = IteratorType::kAfterSequenceNumber;
    request.sequence_number = last_sequence_;
  } else if (shard_.start == SourceOffset::kEarliest) {
    request.type = IteratorType::kTrimHorizon;
  } else if (!pinned_) {
    request.type = IteratorType::kLatest;
  } else {
    request.type = IteratorType::kAtTimestamp;
    request.timestamp_micros = std::max(pin_micros_, empty_until_micros_ - kServiceClockMarginMicros);
  }
  return request;
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
    if (outcome.error->error_class != ErrorClass::kExpiredIterator)
      return OnFailure(*outcome.error, &records_retry_, now_micros);
    // Usual after a long back-pressure: no reason to wait, unless the new one has expired too.
    world_.metrics->retries.Add(1);
    iterator_.clear();
    next_request_micros_ = expired_in_a_row_++ == 0 ? now_micros : now_micros + kPollMicros;
    return Status::Ok();
  }
  records_retry_.OnSuccess();
  expired_in_a_row_ = 0;
  world_.metrics->read_requests.Add(1);
  GetRecordsResult& result = outcome.value;
  world_.service_clock->Observe(outcome.service_micros, now_micros);
  const int64_t service_micros = outcome.service_micros > 0
                                     ? outcome.service_micros
                                     : world_.clock->WallMicros() / kMicrosPerSecond * kMicrosPerSecond;
  PlanRequest(result, now_micros);
  OnProgress(&result, service_micros, now_micros);
  return Status::Ok();
}

Status ShardReader::OnFailure(const ApiError& error, Retry* retry, int64_t now_micros) {
  if (error.error_class == ErrorClass::kFatal) {
    Status status = error.status;
    return std::move(status).WithContext("shard " + shard_.id);
  }
  if (error.error_class == ErrorClass::kThrottled) last_throttle_micros_ = now_micros;
  next_request_micros_ = retry->OnFailure(error, where_, now_micros);
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

void ShardReader::OnProgress(GetRecordsResult* result, int64_t service_micros, int64_t now_micros) {
  lag_ms_ = std::max<int64_t>(0, result->millis_behind_latest);
  iterator_ = std::move(result->next_iterator);
  if (!pinned_) {
    pinned_ = true;
    pin_micros_ = service_micros;
  }
  const bool caught_up = result->records.empty() && result->millis_behind_latest <= 0;
  if (caught_up) empty_until_micros_ = service_micros;
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
  closed_ = iterator_.empty();
  if (closed_) child_shard_ids_ = std::move(result->child_shard_ids);
  if (world_.bounded && !closed_) {
    stopped_ =
        caught_up || (!result->records.empty() && result->records.back().arrival_micros >= world_.after_start_micros);
  }
  if (closed_ || stopped_) {
    next_request_micros_ = kNever;
    lag_ms_ = 0;
  }
  if (result->records.empty()) return;
  last_sequence_ = result->records.back().sequence_number;
  average_record_bytes_ = std::max<int64_t>(1, static_cast<int64_t>(result->bytes / result->records.size()));
  buffered_bytes_ += MemoryOf(*result);
  world_.metrics->bytes_in.Add(result->bytes);
  answers_.push_back(std::move(*result));
}

void ShardReader::PopAnswer() {
  buffered_bytes_ -= MemoryOf(answers_.front());
  answers_.pop_front();
}

}  // namespace laminar::kinesis
