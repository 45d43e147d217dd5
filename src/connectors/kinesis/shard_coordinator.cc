#include "connectors/kinesis/shard_coordinator.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "connectors/kinesis/start_time.h"

namespace laminar::kinesis {

namespace {

// New shards are found when their parents end; the regular listing is for those that have no parents.
constexpr int64_t kListEveryMicros = 30 * kMicrosPerSecond;
constexpr int64_t kListJitterMicros = 30 * kMicrosPerSecond;
constexpr int64_t kChildrenBackoffBaseMicros = 100'000;
constexpr int64_t kChildrenBackoffCapMicros = 10'000'000;
constexpr int kMostPartialListings = 8;
// The Date header has whole seconds, and the service's clocks may differ a little.
constexpr int64_t kEndMarginMicros = 5 * kMicrosPerSecond;

}  // namespace

ShardCoordinator::ShardCoordinator(KinesisApi* api, ReadingStart start, std::vector<Waker*> wakers, Random random,
                                   const ReadCounts& counts, SourceWatermark* watermark, ServiceClock* service_clock)
    : api_(api),
      start_(std::move(start)),
      wakers_(std::move(wakers)),
      all_wakers_(wakers_),
      counts_(counts),
      board_(&counts.table()->shards),
      service_clock_(service_clock),
      watermark_(watermark),
      pages_(std::make_shared<Mailbox<Outcome<ListShardsResult>>>(&all_wakers_)),
      random_(random),
      probe_(api, &all_wakers_, &random_, counts.all(), &counts.table()->failures),
      retry_log_(&counts.table()->failures),
      retry_("ListShards", &random_, counts.all(), &retry_log_),
      children_backoff_(&random_, kChildrenBackoffBaseMicros, kChildrenBackoffCapMicros),
      workers_(wakers_.size()) {
  if (start_.resume) graph_.Resume(start_.resume->shards);
}

Status ShardCoordinator::Drive(int64_t now_micros) {
  std::lock_guard lock(mutex_);
  if (failure_.ok()) {
    failure_ = DriveLocked(now_micros);
    if (!failure_.ok()) all_wakers_.Wake();
  }
  return failure_;
}

Status ShardCoordinator::DriveLocked(int64_t now_micros) {
  if (!probe_.ready()) {
    RETURN_IF_ERROR(probe_.Drive(now_micros));
    if (!probe_.ready()) return Status::Ok();
    RETURN_IF_ERROR(OnSummary());
    next_list_micros_ = now_micros;
  }
  for (Outcome<ListShardsResult>& page : pages_->TakeAll()) RETURN_IF_ERROR(OnPage(&page, now_micros));
  if (!page_in_flight_ && next_list_micros_ <= now_micros) {
    page_in_flight_ = true;
    next_list_micros_ = kNever;
    api_->ListShards(next_token_, [pages = pages_](Outcome<ListShardsResult> page) { pages->Put(std::move(page)); });
  }
  return Status::Ok();
}

Status ShardCoordinator::OnSummary() {
  const StreamSummary& summary = probe_.summary();
  retention_micros_ = summary.retention_hours * 3600 * kMicrosPerSecond;
  const std::string& expected = start_.resume ? start_.resume->arn : summary.arn;
  if (!expected.empty() && !summary.arn.empty() && expected != summary.arn) {
    return Status::User("the checkpoint is one of the stream " + expected + ", and the table reads " + summary.arn,
                        "Let the table read that stream again, or start anew with --fresh");
  }
  return Status::Ok();
}

Status ShardCoordinator::OnPage(Outcome<ListShardsResult>* page, int64_t now_micros) {
  page_in_flight_ = false;
  if (!page->ok()) {
    if (page->error->error_class == ErrorClass::kFatal) return page->error->status;
    if (page->error->error_class == ErrorClass::kExpiredIterator) {  // of the paging token
      next_token_.clear();
      listing_.clear();
    }
    next_list_micros_ = retry_.OnFailure(*page->error, api_->Describe(), now_micros);
    return Status::Ok();
  }
  retry_.OnSuccess();
  service_micros_ = page->service_micros;
  service_clock_->Observe(page->service_micros, now_micros);
  if (!listed_ && page->service_micros > 0) {
    after_start_micros_ = page->service_micros + kMicrosPerSecond + kEndMarginMicros;
  }
  listing_.insert(listing_.end(), std::make_move_iterator(page->value.shards.begin()),
                  std::make_move_iterator(page->value.shards.end()));
  next_token_ = std::move(page->value.next_token);
  if (next_token_.empty()) {
    OnListing(now_micros);
  } else {
    next_list_micros_ = now_micros;
  }
  return Status::Ok();
}

void ShardCoordinator::OnListing(int64_t now_micros) {
  const std::vector<Shard> shards = std::exchange(listing_, {});
  // Children that show up later are read from their oldest record. That is wrong for those that were there at the
  // start, and too late for a bounded read, so the first listing must be whole.
  const bool must_be_whole =
      !listed_ && (start_.bounded || (!start_.resume && start_.position.kind == ShardPosition::Kind::kLatest));
  if (must_be_whole && !CoversAllKeys(shards) && partial_listings_++ < kMostPartialListings) {
    next_list_micros_ = now_micros + children_backoff_.NextDelayMicros();
    return;
  }
  if (listed_) {
    graph_.ApplyListing(shards);
  } else {
    graph_.ApplyFirstListing(shards, start_.position);
    const int64_t held_from = service_micros_ - RetentionMicros();
    if (!start_.resume && start_.position.kind == ShardPosition::Kind::kTimestamp && service_micros_ > 0 &&
        start_.position.timestamp_micros < held_from) {
      LogWarning("source.timestamp is before the oldest record that the stream holds: reading begins with that",
                 {{"stream", api_->stream_name()},
                  {"timestamp", FormatTime(start_.position.timestamp_micros)},
                  {"held_from", FormatTime(held_from)}});
    }
  }
  const bool first = !std::exchange(listed_, true);
  std::erase_if(finished_, [this](const auto& shard) { return !graph_.IsListed(shard.first); });
  AssignReadable();
  PlanListing(now_micros);
  if (first) UpdateReady();
  UpdateAllRead();
}

void ShardCoordinator::PlanListing(int64_t now_micros) {
  if (graph_.AwaitsChildren()) {
    next_list_micros_ = now_micros + children_backoff_.NextDelayMicros();
    return;
  }
  children_backoff_.Reset();
  next_list_micros_ = start_.bounded
                          ? kNever
                          : now_micros + kListEveryMicros + static_cast<int64_t>(random_.Uniform(kListJitterMicros));
}

// Before the shards are assigned, so that each has its split, and new ones before those that are over: a child takes
// over from its parent.
void ShardCoordinator::ReportSplits() {
  const std::vector<KnownShard> known = graph_.TakeKnown();
  const std::vector<std::string> over = graph_.TakeOver();
  for (const KnownShard& shard : known) {
    if (!shard.parents.empty()) parents_[shard.id] = shard.parents;
    if (watermark_ == nullptr) {
      board_->OnKnown(shard.id, std::nullopt);
      continue;
    }
    std::vector<SourceWatermark::Split> parents;
    for (const std::string& parent : shard.parents) parents.push_back(splits_.at(parent));
    board_->OnKnown(shard.id, splits_[shard.id] = watermark_->AddSplit(parents));
  }
  for (const std::string& id : over) {
    board_->OnFinished(id);
    if (watermark_ != nullptr) watermark_->OnFinished(splits_.at(id));
  }
}

void ShardCoordinator::AssignReadable() {
  ReportSplits();
  for (ReadableShard& shard : graph_.TakeReadable()) {
    if (watermark_ != nullptr) shard.split = splits_.at(shard.id);
    const size_t worker = WorkerFor(shard.id);
    parents_.erase(shard.id);
    workers_[worker].reading++;
    if (shard.start.kind == ShardPosition::Kind::kLatest) unpinned_++;
    workers_[worker].assigned.push_back(std::move(shard));
    wakers_[worker]->Wake();
  }
}

size_t ShardCoordinator::WorkerFor(const std::string& shard_id) const {
  if (const auto parents = parents_.find(shard_id); parents != parents_.end()) {
    const auto last = std::find_if(finished_.rbegin(), finished_.rend(), [&](const auto& shard) {
      return std::find(parents->second.begin(), parents->second.end(), shard.first) != parents->second.end();
    });
    if (last != finished_.rend()) return last->second;
  }
  return static_cast<size_t>(
      std::min_element(workers_.begin(), workers_.end(),
                       [](const WorkerShards& a, const WorkerShards& b) { return a.reading < b.reading; }) -
      workers_.begin());
}

std::vector<ReadableShard> ShardCoordinator::TakeAssignments(int worker) {
  std::lock_guard lock(mutex_);
  return std::exchange(workers_[static_cast<size_t>(worker)].assigned, {});
}

int64_t ShardCoordinator::NextDeadline() const {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return 0;
  return probe_.ready() ? next_list_micros_ : probe_.NextDeadline();
}

void ShardCoordinator::OnPinned() {
  std::lock_guard lock(mutex_);
  CHECK(unpinned_ > 0);
  unpinned_--;
  UpdateReady();
}

void ShardCoordinator::OnClosed(const std::string& shard_id, const std::vector<std::string>& child_ids,
                                int64_t now_micros) {
  std::lock_guard lock(mutex_);
  LogInfo("a shard is read to its end", {{"stream", api_->stream_name()}, {"shard", shard_id}});
  // A bounded read needs no children of a shard that was open at its start: what they hold came later.
  graph_.OnClosed(shard_id, child_ids, !start_.bounded || graph_.WasClosedAtStart(shard_id));
  if (graph_.AwaitsChildren() && !page_in_flight_) next_list_micros_ = std::min(next_list_micros_, now_micros);
}

void ShardCoordinator::OnFinished(int worker, const std::string& shard_id, int64_t complete_through_micros) {
  std::lock_guard lock(mutex_);
  board_->OnFinished(shard_id);
  graph_.OnFinished(shard_id, complete_through_micros);
  finished_.emplace_back(shard_id, static_cast<size_t>(worker));
  Done(worker);
}

void ShardCoordinator::OnStopped(int worker, const std::string& shard_id, ShardPosition at) {
  std::lock_guard lock(mutex_);
  board_->OnFinished(shard_id);
  graph_.OnStopped(shard_id, std::move(at));
  Done(worker);
}

void ShardCoordinator::Done(int worker) {
  workers_[static_cast<size_t>(worker)].reading--;
  AssignReadable();
  UpdateAllRead();
}

void ShardCoordinator::ReportLag(int worker, int64_t lag_ms) {
  std::lock_guard lock(mutex_);
  workers_[static_cast<size_t>(worker)].lag_ms = lag_ms;
  int64_t largest = 0;
  for (const WorkerShards& each : workers_) largest = std::max(largest, each.lag_ms);
  counts_.LagMillis(largest);
}

SourcePosition ShardCoordinator::Standing() const {
  std::lock_guard lock(mutex_);
  CHECK(Ready());
  return {api_->stream_name(), probe_.summary().arn, graph_.Standing()};
}

bool ShardCoordinator::IsListed(const std::string& shard_id) const {
  std::lock_guard lock(mutex_);
  return graph_.IsListed(shard_id);
}

void ShardCoordinator::UpdateReady() {
  if (!listed_ || unpinned_ > 0 || Ready()) return;
  ready_.store(true, std::memory_order_release);
  all_wakers_.Wake();
}

void ShardCoordinator::UpdateAllRead() {
  if (!start_.bounded || !listed_ || graph_.reading() > 0 || graph_.AwaitsChildren() || AllRead()) return;
  if (watermark_ != nullptr) watermark_->NoMoreSplits();
  all_read_.store(true, std::memory_order_release);
  all_wakers_.Wake();
}

}  // namespace laminar::kinesis
