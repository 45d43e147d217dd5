#include "connectors/kinesis/read_back.h"

#include <algorithm>

#include "base/check.h"
#include "connectors/kinesis/shard_graph.h"

namespace laminar::kinesis {

namespace {

constexpr int kMostRecords = 10'000;
constexpr int64_t kReadBackPollMicros = 200'000;  // 5 GetRecords a second and shard are what the service allows
constexpr int64_t kListAgainMicros = 500'000;
// How much arrival times and the clock of the service's Date headers, whole seconds, may differ.
constexpr int64_t kArrivalMarginMicros = 6 * kMicrosPerSecond;

}  // namespace

bool SequenceLess(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

ReadBack::ReadBack(KinesisApi* api, Waker* waker, const Clock* clock, Random* random, const WriteCounts& counts,
                   RetryLog* log, ReadBackRange range)
    : api_(api),
      clock_(clock),
      random_(random),
      counts_(counts),
      log_(log),
      range_(std::move(range)),
      list_retry_("ListShards", random, counts.all(), log),
      list_micros_(range_.fence_micros),
      answers_(std::make_shared<Mailbox<Answer>>(waker)) {}

Status ReadBack::Drive(int64_t now_micros, const Take& take) {
  for (Answer& answer : answers_->TakeAll()) {
    if (auto* listing = std::get_if<Outcome<ListShardsResult>>(&answer.outcome)) {
      RETURN_IF_ERROR(OnListing(std::move(*listing), now_micros));
    } else if (auto* iterator = std::get_if<Outcome<std::string>>(&answer.outcome)) {
      RETURN_IF_ERROR(OnIterator(answer.shard, std::move(*iterator), now_micros));
    } else {
      RETURN_IF_ERROR(
          OnRecords(answer.shard, std::get<Outcome<GetRecordsResult>>(std::move(answer.outcome)), now_micros, take));
    }
  }
  SendDue(now_micros);
  return Status::Ok();
}

int64_t ReadBack::NextDeadline() const {
  if (done_) return kNever;
  int64_t deadline = list_micros_;
  for (const auto& [shard, reading] : reading_) deadline = std::min(deadline, reading.send_micros);
  return deadline;
}

Status ReadBack::OnListing(Outcome<ListShardsResult> outcome, int64_t now_micros) {
  if (!outcome.ok()) {
    if (outcome.error->error_class == ErrorClass::kFatal) return outcome.error->status;
    // A token may have expired: from the first page again.
    next_token_.clear();
    pages_.clear();
    list_micros_ = list_retry_.OnFailure(*outcome.error, api_->Describe(), now_micros);
    return Status::Ok();
  }
  list_retry_.OnSuccess();
  if (fence_arrival_micros_ == 0) {
    fence_arrival_micros_ =
        (outcome.service_micros > 0 ? outcome.service_micros : clock_->WallMicros()) + kArrivalMarginMicros;
  }
  pages_.insert(pages_.end(), std::make_move_iterator(outcome.value.shards.begin()),
                std::make_move_iterator(outcome.value.shards.end()));
  next_token_ = std::move(outcome.value.next_token);
  if (!next_token_.empty()) {
    list_micros_ = now_micros;
    return Status::Ok();
  }
  list_micros_ = kNever;
  OnWholeListing(now_micros);
  return Status::Ok();
}

void ReadBack::OnWholeListing(int64_t now_micros) {
  listing_ = false;
  const std::vector<Shard> shards = std::exchange(pages_, {});
  covered_ = CoversAllKeys(shards);
  for (const Shard& shard : shards) {
    expected_.erase(shard.id);
    if (shard.closed) {
      listed_closed_.insert(shard.id);
      closed_unlisted_.erase(shard.id);
    }
    if (known_.insert(shard.id).second) waiting_.push_back(shard.id);
  }
  if (!Complete()) list_micros_ = now_micros + kListAgainMicros;
  CheckDone();
}

// A listing that takes a shard for open which is not does not have its children either; one that knows that it is
// closed and not its children leaves hash keys uncovered.
bool ReadBack::Complete() const {
  return covered_ && closed_unlisted_.empty() && expected_.empty();
}

void ReadBack::CheckDone() {
  done_ = Complete() && !listing_ && list_micros_ == kNever && waiting_.empty() && reading_.empty();
}

IteratorRequest ReadBack::Position(const std::string& shard, const Reading& reading) const {
  IteratorRequest request;
  request.shard_id = shard;
  const auto after = range_.after.find(shard);
  if (!reading.last_sequence.empty() || (after != range_.after.end() && !reading.by_time)) {
    request.type = IteratorType::kAfterSequenceNumber;
    request.sequence_number = reading.last_sequence.empty() ? after->second : reading.last_sequence;
  } else {
    request.type = IteratorType::kAtTimestamp;
    request.timestamp_micros = range_.at_wall_micros;
  }
  return request;
}

Status ReadBack::OnIterator(const std::string& shard, Outcome<std::string> outcome, int64_t now_micros) {
  if (!outcome.ok()) {
    // A closed shard whose records are all past the retention goes away.
    if (outcome.error->status.code() == "ResourceNotFoundException" && listed_closed_.contains(shard)) {
      Finish(shard, false, now_micros);
      return Status::Ok();
    }
    Reading& refused = reading_.at(shard);
    if (outcome.error->status.code() == "InvalidArgumentException" && range_.after.contains(shard) &&
        refused.last_sequence.empty() && !std::exchange(refused.by_time, true)) {
      refused.send_micros = now_micros;
      return Status::Ok();
    }
    return OnFailure(shard, *outcome.error, now_micros);
  }
  Reading& reading = reading_.at(shard);
  reading.iterator = std::move(outcome.value);
  reading.send_micros = now_micros;
  return Status::Ok();
}

Status ReadBack::OnRecords(const std::string& shard, Outcome<GetRecordsResult> outcome, int64_t now_micros,
                           const Take& take) {
  Reading& reading = reading_.at(shard);
  if (!outcome.ok()) {
    if (outcome.error->error_class == ErrorClass::kExpiredIterator) reading.iterator.clear();
    return OnFailure(shard, *outcome.error, now_micros);
  }
  reading.retry.OnSuccess();
  counts_.all()->read_requests.Add(1);
  GetRecordsResult& result = outcome.value;
  for (const Record& record : result.records) take(record);
  if (!result.records.empty()) reading.last_sequence = result.records.back().sequence_number;
  if (result.millis_behind_latest > 0) tells_lag_ = true;
  bool tip = false;
  if (!result.records.empty()) {
    reading.empty_answers = 0;
    tip = result.records.back().arrival_micros >= fence_arrival_micros_;
  } else if (result.millis_behind_latest <= 0) {
    tip = ++reading.empty_answers >= (tells_lag_ ? 1 : 2);
  }
  if (result.next_iterator.empty()) {
    for (std::string& child : result.child_shard_ids) {
      if (!known_.contains(child)) expected_.insert(std::move(child));
    }
    Finish(shard, true, now_micros);
  } else if (tip) {
    Finish(shard, false, now_micros);
  } else {
    reading.iterator = std::move(result.next_iterator);
    reading.send_micros = now_micros + kReadBackPollMicros;
  }
  return Status::Ok();
}

Status ReadBack::OnFailure(const std::string& shard, const ApiError& error, int64_t now_micros) {
  if (error.error_class == ErrorClass::kFatal) {
    Status status = error.status;
    return std::move(status).WithContext("shard " + shard);
  }
  Reading& reading = reading_.at(shard);
  reading.send_micros = reading.retry.OnFailure(error, api_->Describe(), now_micros, shard);
  return Status::Ok();
}

void ReadBack::Finish(const std::string& shard, bool closed, int64_t now_micros) {
  reading_.erase(shard);
  if (closed && !listed_closed_.contains(shard)) closed_unlisted_.insert(shard);
  if (!Complete() && !listing_ && list_micros_ == kNever) list_micros_ = now_micros;
  CheckDone();
}

void ReadBack::Send(const std::string& shard, Reading* reading) {
  reading->send_micros = kNever;
  if (reading->iterator.empty()) {
    api_->GetShardIterator(Position(shard, *reading), [answers = answers_, shard](Outcome<std::string> outcome) {
      answers->Put({shard, std::move(outcome)});
    });
  } else {
    api_->GetRecords(reading->iterator, kMostRecords, [answers = answers_, shard](Outcome<GetRecordsResult> outcome) {
      answers->Put({shard, std::move(outcome)});
    });
  }
}

void ReadBack::SendDue(int64_t now_micros) {
  if (done_) return;
  if (list_micros_ <= now_micros) {
    list_micros_ = kNever;
    listing_ = true;
    api_->ListShards(next_token_, [answers = answers_](Outcome<ListShardsResult> outcome) {
      answers->Put({"", std::move(outcome)});
    });
  }
  while (reading_.size() < kShardsAtOnce && !waiting_.empty()) {
    reading_.emplace(waiting_.front(), Reading{.iterator = {},
                                               .last_sequence = {},
                                               .retry = Retry("GetRecords", random_, counts_.all(), log_),
                                               .send_micros = now_micros});
    waiting_.pop_front();
  }
  for (auto& [shard, reading] : reading_) {
    if (reading.send_micros <= now_micros) Send(shard, &reading);
  }
}

}  // namespace laminar::kinesis
