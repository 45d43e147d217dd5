#include "connectors/kinesis/kinesis_source.h"

#include <algorithm>
#include <bit>

#include "duckdb/common/types/data_chunk.hpp"

#include "base/check.h"
#include "base/log.h"

namespace laminar::kinesis {

namespace {

// However many shards share the buffer, each may hold that much, so that one request brings more than a few records.
constexpr int64_t kLeastShareBytes = 256 << 10;

ShardPosition StartOf(const SourceSettings& settings) {
  switch (settings.offset) {
    case SourceOffset::kEarliest:
      return ShardPosition::Oldest();
    case SourceOffset::kLatest:
      return ShardPosition::Latest();
    case SourceOffset::kTimestamp:
      return ShardPosition::Timestamp(settings.timestamp_micros);
  }
  return {};
}

void PrepareBatch(const Schema& schema, Batch* batch) {
  bool fits = batch->columns() == schema.size();
  for (size_t i = 0; fits && i < schema.size(); i++) fits = batch->chunk().data[i].GetType() == *schema[i].type;
  if (fits && !schema.empty()) {
    batch->Reset();
  } else {
    *batch = Batch(schema);
  }
}

}  // namespace

KinesisSource::KinesisSource(std::unique_ptr<KinesisApi> api, TableSpec table, const SourceSettings& settings,
                             const ConnectorContext& context)
    : table_(std::move(table)),
      settings_(settings),
      context_(context),
      counts_(context.metrics, table_.name),
      random_(context.random->Fork()),
      data_loss_(api->Describe(), settings.on_data_loss, context.metrics),
      released_(!context.hold_rows),
      service_clock_(context.clock),
      api_(std::move(api)) {}

Status KinesisSource::Start(std::vector<Waker*> wakers) {
  CHECK(!wakers.empty() && coordinator_ == nullptr);
  // Made once here for its errors: a format option that does not fit the schema shows before anything is read.
  auto decoder = table_.format->MakeDecoder(table_.schema, table_.options);
  if (!decoder.ok()) return decoder.status();
  wakers_ = std::move(wakers);
  ReadingStart start{StartOf(settings_), std::exchange(resume_, std::nullopt), context_.until_caught_up};
  coordinator_ = std::make_unique<ShardCoordinator>(api_.get(), std::move(start), wakers_, random_.Fork(), counts_,
                                                    context_.watermark, &service_clock_);
  return coordinator_->Drive(context_.clock->SteadyMicros());
}

std::unique_ptr<SourceReader> KinesisSource::CreateReader(int worker) {
  auto decoder = table_.format->MakeDecoder(table_.schema, table_.options);
  CHECK_MSG(decoder.ok(), "a decoder that Start made cannot be made again");
  return std::make_unique<KinesisReader>(this, worker, wakers_.at(static_cast<size_t>(worker)), random_.Fork(),
                                         std::move(decoder).value(),
                                         context_.source_buffer_bytes / static_cast<int64_t>(wakers_.size()));
}

Result<std::string> KinesisSource::Position() const {
  CHECK(Ready());
  SourcePosition position = coordinator_->Standing();
  std::map<std::string, ShardStanding> known;
  {
    std::lock_guard lock(readers_mutex_);
    for (const KinesisReader* reader : readers_) reader->AddStanding(&known);
  }
  for (ShardStanding& shard : position.shards) {
    const auto found = known.find(shard.id);
    if (found == known.end()) continue;
    const int64_t parents_through = shard.position.complete_through_micros;
    shard.state = found->second.state;
    shard.position = std::move(found->second.position);
    if (shard.position.complete_through_micros == 0) shard.position.complete_through_micros = parents_through;
  }
  return ToJson(position);
}

Status KinesisSource::Resume(const std::string& position) {
  CHECK(coordinator_ == nullptr);
  ASSIGN_OR_RETURN(resume_, ParseSourcePosition(position));
  if (resume_->stream != api_->stream_name()) {
    return Status::User("the checkpoint is one of the stream " + resume_->stream + ", and table " + table_.name +
                            " reads the stream " + api_->stream_name(),
                        "Let the table read that stream again, or start anew with --fresh");
  }
  return Status::Ok();
}

void KinesisSource::Release() {
  released_.store(true, std::memory_order_release);
  for (Waker* waker : wakers_) waker->Wake();
}

Status BadRecords::OnBadRow(const BadRow& row) {
  RowPosition position;
  if (policy_.NeedsPosition(row)) {
    position = origins_->Position(row.record);
    position.line = row.line;
    if (!row.data.empty()) position.offset = static_cast<int64_t>(row.offset);
  }
  return policy_.Handle(position, row, origins_->RecordBytes(row.record));
}

KinesisReader::KinesisReader(KinesisSource* source, int worker, Waker* waker, Random random,
                             std::unique_ptr<Decoder> decoder, int64_t buffer_bytes)
    : source_(source),
      worker_(worker),
      random_(random),
      decoder_(std::move(decoder)),
      buffer_bytes_(buffer_bytes),
      bad_records_(source->table_, source->context_, worker),
      retry_log_(&source->counts_.table()->failures),
      events_(std::make_shared<ShardEvents>(waker)) {
  decoder_->WakeWith(waker);
  decoder_->PushDown(source_->table_.predicates);
  std::lock_guard lock(source_->readers_mutex_);
  source_->readers_.push_back(this);
}

KinesisReader::~KinesisReader() {
  {
    std::lock_guard lock(source_->readers_mutex_);
    std::erase(source_->readers_, this);
  }
  source_->context_.metrics->buffered_bytes.Add(-reported_bytes_);
}

// That Poll is called at all acknowledges the batch before: every shard whose answers are used up is finished.
Result<PollState> KinesisReader::Poll(Batch* out) {
  const int64_t now = source_->context_.clock->SteadyMicros();
  ShardCoordinator& coordinator = *source_->coordinator_;
  do {
    RETURN_IF_ERROR(coordinator.Drive(now));
    TakeAssignments(now);
    RETURN_IF_ERROR(HandleEvents(now));
    UpdateTime();
    if (FinishShards()) TakeAssignments(now);
    RETURN_IF_ERROR(SendRequests(now));
    if (!source_->released_.load(std::memory_order_acquire)) break;
    ASSIGN_OR_RETURN(const bool has_rows, DecodeNext(out));
    RETURN_IF_ERROR(SendRequests(now));  // decoding made room, also where all rows were dropped
    if (has_rows) {
      ReportFigures();
      return PollState::kBatch;
    }
  } while (FinishShards());  // those whose last rows were all dropped
  ReportFigures();
  return coordinator.AllRead() ? PollState::kEnd : PollState::kIdle;
}

int64_t KinesisReader::NextDeadline() const {
  int64_t deadline = source_->coordinator_->NextDeadline();
  const bool released = source_->released_.load(std::memory_order_acquire);
  for (const auto& shard : shards_) {
    if (shard->held) continue;  // it is woken
    if (shard->reader.HasAnswer() && released && !shard->waits) return 0;
    int limit = 0;
    if (shard->reader.NextRequestMicros() < deadline && RoomFor(*shard, &limit))
      deadline = shard->reader.NextRequestMicros();
  }
  return deadline;
}

bool KinesisReader::HasRows() const {
  return !events_->Empty() || std::any_of(shards_.begin(), shards_.end(),
                                          [](const auto& shard) { return shard->reader.HasAnswer() && !shard->held; });
}

void KinesisReader::TakeAssignments(int64_t now_micros) {
  for (ReadableShard& assigned : source_->coordinator_->TakeAssignments(worker_)) {
    const bool pins = assigned.start.kind == ShardPosition::Kind::kLatest;
    const std::optional<HashKeyRange> range =
        source_->settings_.check_range ? ParseHashRange(assigned.range) : std::nullopt;
    const uint64_t rows = assigned.start.rows;
    const uint64_t number = next_number_++;
    const std::shared_ptr<ShardMetrics> figures = source_->counts_.table()->shards.OnReading(assigned.id);
    ShardReaderWorld world{
        .api = source_->api_.get(),
        .clock = source_->context_.clock,
        .random = &random_,
        .counts = &source_->counts_,
        .retry_log = &retry_log_,
        .service_clock = &source_->service_clock_,
        .tells_lag = &source_->tells_lag_,
        .events = events_,
        .figures = figures,
        .data_loss = &source_->data_loss_,
        .retention_micros = source_->coordinator_->RetentionMicros(),
        .is_listed = [source = source_](const std::string& id) { return source->coordinator_->IsListed(id); },
        .bounded = source_->context_.until_caught_up,
        .after_start_micros = source_->coordinator_->AfterStartMicros()};
    ShardReader reader(std::move(world), number, std::move(assigned), now_micros);
    shards_.push_back(std::make_unique<ActiveShard>(number, std::move(reader), range, rows, figures));
    shards_.back()->reported_pinned = !pins;
    by_number_.emplace(number, shards_.back().get());
  }
}

Status KinesisReader::HandleEvents(int64_t now_micros) {
  for (ShardEvent& event : events_->TakeAll()) {
    ActiveShard& shard = *by_number_.at(event.shard_number);  // a shard with a call in flight is not finished
    RETURN_IF_ERROR(shard.reader.OnEvent(std::move(event), now_micros));
    if (shard.reader.pinned() && !std::exchange(shard.reported_pinned, true)) source_->coordinator_->OnPinned();
    if (shard.reader.closed() && !std::exchange(shard.reported_closed, true)) {
      source_->coordinator_->OnClosed(shard.reader.shard_id(), shard.reader.child_shard_ids(), now_micros);
    }
  }
  return Status::Ok();
}

// Every batch handed out has passed downstream. Only a shard's own rows and its idleness can put it too far ahead.
void KinesisReader::UpdateTime() {
  SourceWatermark* const watermark = source_->context_.watermark;
  if (watermark == nullptr) return;
  for (const auto& shard : shards_) {
    const std::optional<int64_t> caught_up = shard->reader.TakeCaughtUp();
    if (!caught_up) continue;
    watermark->OnCaughtUp(shard->reader.split(), *caught_up);
    shard->decoded = true;
  }
  for (const auto& shard : shards_) {
    if (std::exchange(shard->decoded, false) || shard->held) shard->held = !watermark->MayRead(shard->reader.split());
  }
}

bool KinesisReader::FinishShards() {
  const auto finished = [this](const std::unique_ptr<ActiveShard>& shard) {
    const ShardReader& reader = shard->reader;
    if (!shard->over()) return false;
    if (reader.closed()) {
      source_->coordinator_->OnFinished(worker_, reader.shard_id(), reader.Consumed().complete_through_micros);
    } else {
      source_->coordinator_->OnStopped(worker_, reader.shard_id(), shard->Position());
    }
    by_number_.erase(shard->number);
    return true;
  };
  return std::erase_if(shards_, finished) > 0;
}

void KinesisReader::AddStanding(std::map<std::string, ShardStanding>* standing) const {
  for (const auto& shard : shards_) {
    const bool finished = shard->over() && shard->reader.closed();
    ShardStanding& known = (*standing)[shard->reader.shard_id()];
    known.state = finished ? ShardStanding::State::kFinished : ShardStanding::State::kReading;
    known.position = shard->Position();
  }
}

ShardPosition KinesisReader::ActiveShard::Position() const {
  ShardPosition position = reader.Consumed();
  if (origins != nullptr) {
    const std::vector<Record>& answer = reader.front().records;
    const AnswerRecords::Place place = origins->PlaceOf(cursor.record);
    const bool begun = place.sub_sequence_number > 0 || cursor.offset > 0;
    const int64_t through =
        place.record > 0 ? answer[place.record - 1].arrival_micros : position.complete_through_micros;
    if (begun) {
      position = ShardPosition::At(std::string(answer[place.record].sequence_number));
      position.sub_sequence_number = place.sub_sequence_number;
      position.offset = cursor.offset;
      position.line = cursor.line;
    } else if (place.record > 0) {
      position = ShardPosition::After(std::string(answer[place.record - 1].sequence_number));
    }
    position.complete_through_micros = through;
  }
  position.rows = rows;
  return position;
}

Status KinesisReader::SendRequests(int64_t now_micros) {
  buffered_bytes_ = reserved_bytes_ = held_bytes_ = 0;
  for (const auto& shard : shards_) {
    if (shard->held) held_bytes_ += shard->reader.buffered_bytes();
    buffered_bytes_ += shard->reader.buffered_bytes();
    reserved_bytes_ += shard->reader.reserved_bytes();
  }
  if (shards_.empty()) return Status::Ok();
  next_send_ = (next_send_ + 1) % shards_.size();  // another one is the first to find room
  for (size_t i = 0; i < shards_.size(); i++) {
    ActiveShard& shard = *shards_[(next_send_ + i) % shards_.size()];
    int limit = 0;
    if (shard.held || shard.reader.NextRequestMicros() > now_micros || !RoomFor(shard, &limit)) continue;
    RETURN_IF_ERROR(shard.reader.SendRequest(limit, now_micros));
    reserved_bytes_ += shard.reader.reserved_bytes();
  }
  return Status::Ok();
}

// A shard fetches while it is below its share and all together are below the buffer; one request may always be under
// way, also where all that is buffered is held: the shards that are behind must come on.
bool KinesisReader::RoomFor(const ActiveShard& shard, int* limit) const {
  const int64_t share = std::max(kLeastShareBytes, buffer_bytes_ / static_cast<int64_t>(shards_.size()));
  *limit = shard.reader.LimitFor(share / 2);
  const int64_t expected = shard.reader.ExpectedBytes(*limit);
  const int64_t buffered = shard.reader.buffered_bytes();
  if (buffered > 0 && buffered + expected > share) return false;
  return buffered_bytes_ - held_bytes_ + reserved_bytes_ == 0 ||
         buffered_bytes_ + reserved_bytes_ + expected <= buffer_bytes_;
}

Result<bool> KinesisReader::DecodeNext(Batch* out) {
  PrepareBatch(decoder_->schema(), out);
  for (size_t tried = 0; tried < shards_.size(); tried++) {
    next_decode_ = (next_decode_ + 1) % shards_.size();
    ActiveShard& shard = *shards_[next_decode_];
    while (shard.reader.HasAnswer() && !shard.held) {
      ASSIGN_OR_RETURN(const bool has_rows, DecodeFrom(&shard, out));
      if (has_rows) return true;
      if (shard.waits) break;
    }
  }
  return false;
}

void KinesisReader::OpenAnswer(ActiveShard* shard) {
  shard->origins =
      std::make_shared<AnswerRecords>(shard->reader.front(), source_->api_->stream_name(), shard->reader.shard_id(),
                                      shard->range ? &*shard->range : nullptr, &shard->records);
  shard->cursor = DecodeCursor{};
  if (const std::optional<ShardPosition> part = shard->reader.TakePart()) {
    shard->cursor.record = shard->origins->ViewInFirst(part->sub_sequence_number);
    if (shard->cursor.record < shard->records.size() && shard->origins->PlaceOf(shard->cursor.record).record == 0) {
      shard->cursor.offset = part->offset;
      shard->cursor.line = part->line;
    }
  }
  if (const size_t dropped = shard->origins->out_of_range(); dropped > 0) {
    source_->context_.metrics->out_of_range_records.Add(dropped);
    // The first and one at every doubling.
    if (std::bit_width(out_of_range_ + dropped) > std::bit_width(out_of_range_)) {
      LogWarning("aggregated record dropped: a record in it belongs to another shard",
                 {{"stream", source_->api_->stream_name()},
                  {"shard", shard->reader.shard_id()},
                  {"dropped", std::to_string(out_of_range_ + dropped), true}});
    }
    out_of_range_ += dropped;
  }
}

Result<bool> KinesisReader::DecodeFrom(ActiveShard* shard, Batch* out) {
  if (shard->origins == nullptr) OpenAnswer(shard);
  bad_records_.SetOrigins(shard->origins.get());
  ASSIGN_OR_RETURN(const bool used_up, decoder_->Decode(shard->records, &shard->cursor, &bad_records_, out));
  shard->waits = decoder_->Waiting();
  CHECK_MSG(used_up || out->rows() > 0 || shard->waits, "a decoder made no progress");
  out->origins = shard->origins;
  out->split = shard->reader.split();
  out->order_key = shard->reader.order_key() + shard->rows;
  shard->rows += out->rows();
  shard->decoded = true;
  if (used_up) {
    shard->origins.reset();
    shard->reader.PopAnswer();
  }
  const uint64_t rows = out->rows() + decoder_->TakeSkippedRows();
  source_->counts_.Rows(rows);
  shard->figures->rows.Add(rows);
  return out->rows() > 0;
}

void KinesisReader::ReportFigures() {
  PipelineMetrics& metrics = *source_->context_.metrics;
  int64_t buffered = 0, lag_ms = 0;
  for (const auto& shard : shards_) {
    buffered += shard->reader.buffered_bytes();
    lag_ms = std::max(lag_ms, shard->reader.lag_ms());
  }
  metrics.buffered_bytes.Add(buffered - std::exchange(reported_bytes_, buffered));
  if (std::exchange(reported_lag_ms_, lag_ms) != lag_ms) source_->coordinator_->ReportLag(worker_, lag_ms);
}

}  // namespace laminar::kinesis
