#include "connectors/kinesis/unknown_rows.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/units.h"

namespace laminar::kinesis {

UnknownRows::UnknownRows(const ReadBackWorld& world) : world_(world), retry_log_(&world.counts.table()->failures) {
  floors_[0] = {};
}

uint64_t UnknownRows::BeginRequest() {
  outstanding_[generation_]++;
  return generation_;
}

void UnknownRows::EndRequest(uint64_t generation) {
  const auto found = outstanding_.find(generation);
  CHECK(found != outstanding_.end());
  if (--found->second == 0) outstanding_.erase(found);
}

void UnknownRows::OnAcknowledged(const PutResult::Entry& entry) {
  if (entry.shard_id.empty() || entry.sequence_number.empty()) return;
  std::string& last = acknowledged_[entry.shard_id];
  if (SequenceLess(last, entry.sequence_number)) last = entry.sequence_number;
  acknowledged_any_ = true;
}

const ShardPositions& UnknownRows::BeginGeneration() {
  if (acknowledged_any_) {
    floors_[++generation_] = acknowledged_;
    acknowledged_any_ = false;
  }
  Prune();
  return floors_.begin()->second;
}

void UnknownRows::Prune() {
  // While restored rows are sought, the restored positions, which are generation 0's, hold.
  const uint64_t oldest = !restored_.empty() ? 0 : outstanding_.empty() ? generation_ : outstanding_.begin()->first;
  while (floors_.size() > 1 && std::next(floors_.begin())->first <= oldest) floors_.erase(floors_.begin());
}

void UnknownRows::Add(const RowRef& row, uint64_t generation, int64_t now_micros) {
  const RecordId id = row.segment->epoch->Id(row);
  const bool added = rows_.emplace(Key{id.worker, id.epoch, id.number}, Row{row, generation, now_micros, false}).second;
  CHECK(added);
  outstanding_[generation]++;
}

void UnknownRows::Restore(std::vector<EpochRows*> epochs, ShardPositions after, int64_t now_micros) {
  CHECK(generation_ == 0 && restored_.empty() && rows_.empty());
  restored_ = std::move(epochs);
  restored_micros_ = now_micros;
  floors_[0] = after;
  acknowledged_ = std::move(after);
}

int64_t UnknownRows::NextDeadline() const {
  if (read_back_) return read_back_->NextDeadline();
  return empty() ? kNever : 0;
}

Status UnknownRows::Drive(int64_t now_micros, const Outcome& outcome) {
  if (!read_back_) {
    if (empty()) return Status::Ok();
    BeginReadBack(now_micros);
  }
  RETURN_IF_ERROR(read_back_->Drive(now_micros, [&](const Record& record) { OnRecord(record, outcome); }));
  if (read_back_->done()) FinishReadBack(outcome);
  return Status::Ok();
}

void UnknownRows::BeginReadBack(int64_t now_micros) {
  ReadBackRange range;
  int64_t since = INT64_MIN, written_after = INT64_MAX;
  uint64_t count = rows_.size();
  for (auto& [key, row] : rows_) {
    row.sought = true;
    since = std::max(since, row.since_micros);
    written_after = std::min(written_after, row.row.segment->epoch->sealed_wall_micros());
  }
  for (const EpochRows* epoch : restored_) {
    since = std::max(since, restored_micros_);
    written_after = std::min(written_after, epoch->sealed_wall_micros());
    count += epoch->unacknowledged();
  }
  Prune();
  range.after = floors_.begin()->second;
  range.at_wall_micros = written_after - kReadBackMarginMicros;
  range.fence_micros = since + world_.fence_wait_micros;
  const int64_t wait = std::max<int64_t>(0, range.fence_micros - now_micros);
  LogWarning(restored_.empty() ? "rows were sent without an answer: the stream is read back before they are sent again"
                               : "the last run may have sent rows after its last checkpoint: the stream is read back",
             {{"stream", world_.api->stream_name()},
              {"rows", std::to_string(count), true},
              {"waits_ms", std::to_string(wait / kMicrosPerMilli), true}});
  found_ = 0;
  read_back_ = std::make_unique<ReadBack>(world_.api, world_.waker, world_.clock, world_.random, world_.counts,
                                          &retry_log_, std::move(range));
}

void UnknownRows::OnRecord(const Record& record, const Outcome& outcome) {
  for (EpochRows* epoch : restored_) {
    const std::optional<RecordId> id = FindId(record.partition_key, epoch->prefix());
    if (!id || id->worker != epoch->worker() || id->epoch != epoch->epoch()) continue;
    if (const RowRef row = epoch->Find(id->number); row.segment != nullptr) {
      found_++;
      outcome.found(row, true);
    }
    return;
  }
  if (rows_.empty()) return;
  const std::optional<RecordId> id = FindId(record.partition_key, rows_.begin()->second.row.segment->epoch->prefix());
  if (!id) return;
  const auto found = rows_.find({id->worker, id->epoch, id->number});
  if (found == rows_.end()) return;
  const Row row = found->second;
  rows_.erase(found);
  EndRequest(row.generation);
  found_++;
  outcome.found(row.row, false);
}

void UnknownRows::FinishReadBack(const Outcome& outcome) {
  read_back_.reset();
  uint64_t missing = 0;
  const bool restored = !restored_.empty();
  for (const EpochRows* epoch : restored_) missing += epoch->unacknowledged();
  restored_.clear();
  for (auto row = rows_.begin(); row != rows_.end();) {
    if (!row->second.sought) {
      ++row;
      continue;
    }
    missing++;
    EndRequest(row->second.generation);
    outcome.not_found(row->second.row);
    row = rows_.erase(row);
  }
  LogInfo("the stream was read back", {{"stream", world_.api->stream_name()},
                                       {"rows_found", std::to_string(found_), true},
                                       {"rows_sent_again", std::to_string(missing), true}});
  if (restored) outcome.restored();
}

}  // namespace laminar::kinesis
