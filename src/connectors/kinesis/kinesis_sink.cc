#include "connectors/kinesis/kinesis_sink.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/units.h"
#include "connectors/kinesis/key_columns.h"
#include "connectors/kinesis/kinesis_writer.h"
#include "connectors/kinesis/record_id.h"
#include "connectors/kinesis/unknown_rows.h"

namespace laminar::kinesis {

namespace {

// Fewer make the shards' shares of the rows differ by more than a quarter or so.
constexpr int64_t kFewestGroupsOfAShard = 4;
constexpr int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;

// The sink of dead letters: as they come, at least once, with generated keys; what its stream does not take either
// stops the pipeline.
SinkSettings DeadLetterSettings() {
  SinkSettings settings;
  settings.requests_in_flight = 2;
  return settings;
}

}  // namespace

KinesisSink::KinesisSink(std::unique_ptr<KinesisApi> api, TableSpec table, const SinkSettings& settings,
                         const ConnectorContext& context, DeadLetters dead_letters)
    : table_(std::move(table)),
      settings_(settings),
      context_(context),
      random_(context.random->Fork()),
      probe_random_(random_.Fork()),
      dead_letter_file_(std::move(dead_letters.file)),
      api_(std::move(api)) {
  if (dead_letters.stream != nullptr) {
    ConnectorContext of_dead_letters = context;
    of_dead_letters.metrics = &dead_letter_metrics_;
    TableSpec keyless = table_;
    keyless.metadata.clear();
    dead_letter_sink_ = std::make_unique<KinesisSink>(std::move(dead_letters.stream), std::move(keyless),
                                                      DeadLetterSettings(), of_dead_letters);
  }
}

KinesisSink::~KinesisSink() = default;

Status KinesisSink::Resume(const std::string& state_id, std::vector<SinkState> states) {
  if (settings_.exactly_once) id_prefix_ = IdPrefix(state_id, table_.name);
  ASSIGN_OR_RETURN(restored_, ReadSinkStates(api_->stream_name(), std::move(states), &restored_bytes_,
                                             context_.clock->SteadyMicros()));
  for (const auto& epoch : restored_.epochs) {
    // Rows of another state may be written twice: that is what another state is taken for.
    if (epoch->prefix() == IdPrefix(state_id, table_.name))
      read_back_from_ = std::min(read_back_from_, epoch->sealed_wall_micros());
  }
  recovered_ = restored_.epochs.empty();
  return Status::Ok();
}

Status KinesisSink::Start(std::vector<Waker*> wakers) {
  CHECK(!wakers.empty());
  if (settings_.exactly_once && id_prefix_.empty())
    return Status::Bug("an exactly-once sink was started without the state that it belongs to");
  // Made once here for its errors: a format option that does not fit the schema shows before the first row.
  auto encoder = table_.format->MakeEncoder(table_.schema, table_.options);
  if (!encoder.ok()) return encoder.status();
  wakers_ = std::move(wakers);
  all_wakers_ = std::make_unique<BroadcastWaker>(wakers_);
  {
    std::lock_guard lock(mutex_);
    probe_.emplace(api_.get(), all_wakers_.get(), &probe_random_, context_.metrics,
                   &context_.metrics->writes.Of(table_.name).failures);
  }
  if (dead_letter_sink_ != nullptr) RETURN_IF_ERROR(dead_letter_sink_->Start(wakers_));
  return Drive(context_.clock->SteadyMicros());
}

std::unique_ptr<SinkWriter> KinesisSink::CreateWriter(int worker) {
  std::unique_ptr<KinesisWriter> dead_letters;
  if (dead_letter_sink_ != nullptr) {
    dead_letters = std::make_unique<KinesisWriter>(
        dead_letter_sink_.get(), worker, wakers_.at(static_cast<size_t>(worker)), random_.Fork(), 8 << 20, nullptr);
  }
  return std::make_unique<KinesisWriter>(this, worker, wakers_.at(static_cast<size_t>(worker)), random_.Fork(),
                                         context_.sink_buffer_bytes / static_cast<int64_t>(wakers_.size()),
                                         std::move(dead_letters));
}

Status KinesisSink::Drive(int64_t now_micros) {
  if (ready_.load(std::memory_order_acquire)) return Status::Ok();
  std::lock_guard lock(mutex_);
  if (ready_ || !failure_.ok()) return failure_;
  failure_ = probe_->Drive(now_micros);
  if (probe_->ready()) {
    summary_ = probe_->summary();
    failure_ = OnSummary();
    if (failure_.ok()) failure_ = CheckRetention();
    ready_.store(failure_.ok(), std::memory_order_release);
  }
  if (!failure_.ok() || ready_) all_wakers_->Wake();
  return failure_;
}

Status KinesisSink::OnSummary() const {
  if (summary_.ignores_keys && settings_.aggregation) {
    return Status::User(api_->Describe() +
                            " distributes its records itself (record distribution strategy AUTO): consumers drop "
                            "aggregated records that do not lie in the shard of their keys",
                        "Leave sink.aggregation out, or set the stream's strategy to UNIFORM_BY_KEY");
  }
  const bool has_hash_key = KeyColumns(table_).has_hash_key();
  if (summary_.ignores_keys && (keyed() || has_hash_key)) {
    LogWarning("the stream distributes its records itself: the table's keys decide neither their shard nor their order",
               {{"stream", api_->stream_name()}, {"strategy", "AUTO"}});
  }
  if (!keyed()) return Status::Ok();
  if (settings_.aggregation && settings_.aggregation->key_groups < kFewestGroupsOfAShard * summary_.open_shards) {
    LogWarning("sink.aggregation_key_groups is low for the stream's shards: some of them get far more rows than others",
               {{"stream", api_->stream_name()},
                {"key_groups", std::to_string(settings_.aggregation->key_groups), true},
                {"shards", std::to_string(summary_.open_shards), true}});
  }
  return Status::Ok();
}

Status KinesisSink::CheckRetention() const {
  if (read_back_from_ == INT64_MAX) return Status::Ok();
  const int64_t age = context_.clock->WallMicros() - read_back_from_;
  if (age < summary_.retention_hours * kMicrosPerHour - kReadBackMarginMicros) return Status::Ok();
  return Status::Environment(api_->Describe() + " keeps records for " + std::to_string(summary_.retention_hours) +
                                 " hours, and the last checkpoint is " + FormatDuration(age) +
                                 " old: which of its rows were written cannot be read back",
                             "Start with --accept-duplicates to write them once more, or with --fresh; a longer "
                             "retention of the stream "
                             "avoids this")
      .WithCode("ReadBackImpossible");
}

bool KinesisSink::keyed() const {
  return !settings_.partition_key.empty() || KeyColumns(table_).has_partition_key();
}

int64_t KinesisSink::NextDeadline() const {
  if (ready_.load(std::memory_order_acquire)) return kNever;
  std::lock_guard lock(mutex_);
  return failure_.ok() ? probe_->NextDeadline() : 0;
}

void KinesisSink::OnRecovered() {
  recovered_.store(true, std::memory_order_release);
  all_wakers_->Wake();
}

}  // namespace laminar::kinesis
