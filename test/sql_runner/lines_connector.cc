#include "lines_connector.h"

#include <algorithm>
#include <deque>
#include <span>
#include <sstream>

#include "connectors/bad_row.h"

namespace laminar::sqltest {

RecordReader::RecordReader(const std::vector<std::string>& lines, std::unique_ptr<Decoder> decoder)
    : decoder_(std::move(decoder)) {
  for (const std::string& line : lines) padded_.push_back(line + std::string(kRecordPadding, ' '));
  for (size_t i = 0; i < lines.size(); i++) records_.push_back(RecordView(padded_[i]).substr(0, lines[i].size()));
}

Result<bool> RecordReader::Next(size_t records, size_t end, BadRowHandler* bad_rows, Batch* out) {
  if (next_ >= std::min(end, records_.size())) return false;
  first_ = next_;
  const size_t count = std::min({records, end - first_, records_.size() - first_});
  ASSIGN_OR_RETURN(const bool used_up,
                   decoder_->Decode(std::span(records_).subspan(first_, count), &cursor_, bad_rows, out));
  if (used_up) {
    next_ += count;
    cursor_ = {};
  }
  return true;
}

namespace {

class LineOrigins final : public RowOrigins {
 public:
  // shard: 0 = the table has one only.
  LineOrigins(const std::string& table, int shard, size_t first, int64_t arrival_micros)
      : table_(table), shard_(shard), first_(first), arrival_micros_(arrival_micros) {}
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "input " + table_;
    if (shard_ != 0) position.shard = std::to_string(shard_);
    position.line = first_ + row + 1;
    position.arrival_micros = arrival_micros_;
    return position;
  }
  int64_t ArrivalMicros(uint32_t) const override { return arrival_micros_; }

 private:
  const std::string table_;
  const int shard_;
  const size_t first_;
  const int64_t arrival_micros_;
};

// How far a shard has been read.
struct ShardPosition {
  size_t next_record = 0, next_directive = 0;
  int64_t arrival_micros = 0;
  bool finished = false;
};

// A shard, as a split of its source.
struct OpenShard {
  int number;
  SourceWatermark::Split split;
  const Shard* shard;
  size_t next_directive = 0;
  int64_t arrival_micros = 0;
  bool finished = false;
  RecordReader records;

  size_t NextStop() const {
    return next_directive < shard->directives.size() ? shard->directives[next_directive].before : records.size();
  }
};

// Reads its shards in turn, a batch of each. Whether a shard is to be read is asked only when somebody wants event
// time.
class LinesReader final : public SourceReader, private BadRowHandler {
 public:
  // positions: of the source, by shard; written by this reader for its own.
  LinesReader(const TableSpec& table, const ConnectorContext& context, Lines* lines, bool one_shard,
              std::vector<OpenShard> shards, std::map<int, ShardPosition>* positions, int worker)
      : table_(table.name),
        context_(context),
        lines_(lines),
        positions_(positions),
        batch_rows_(lines->batch_rows),
        one_shard_(one_shard),
        shards_(std::move(shards)),
        policy_(table, context, worker) {}

  Result<PollState> Poll(Batch* out) override {
    ASSIGN_OR_RETURN(const PollState state, Next(out));
    for (const OpenShard& shard : shards_) {
      positions_->at(shard.number) = {shard.records.next(), shard.next_directive, shard.arrival_micros, shard.finished};
    }
    if (state == PollState::kBatch && ++lines_->batches == lines_->interrupt_after) lines_->interrupt();
    return state;
  }
  int64_t NextDeadline() const override { return due_ ? 0 : kNever; }

 private:
  Result<PollState> Next(Batch* out) {
    due_ = false;
    // The batch before has passed: what stands behind it happens now, and is seen before more rows are.
    for (OpenShard& shard : shards_) {
      if (Pass(&shard)) due_ = true;
    }
    if (due_) return PollState::kIdle;
    bool waits = false;
    for (size_t i = 0; i < shards_.size(); i++) {
      OpenShard& shard = shards_[(turn_ + i) % shards_.size()];
      if (shard.finished) continue;
      waits = true;
      if (context_.watermark != nullptr && !context_.watermark->MayRead(shard.split)) continue;
      turn_ = (turn_ + i + 1) % shards_.size();
      return Read(&shard, out);
    }
    return waits ? PollState::kIdle : PollState::kEnd;
  }
  // True: something has happened to the shard that may move the watermark.
  bool Pass(OpenShard* shard) {
    bool any = false;
    const auto& directives = shard->shard->directives;
    while (shard->next_directive < directives.size() &&
           directives[shard->next_directive].before == shard->records.next()) {
      const Directive& directive = directives[shard->next_directive++];
      if (directive.kind == Directive::Kind::kArrival) shard->arrival_micros = directive.micros;
      if (directive.kind == Directive::Kind::kArrival || context_.watermark == nullptr) continue;
      if (directive.kind == Directive::Kind::kWatermark) context_.watermark->Raise(shard->split, directive.micros);
      if (directive.kind == Directive::Kind::kIdle) context_.watermark->OnCaughtUp(shard->split, directive.micros);
      any = true;
    }
    if (!shard->finished && shard->records.next() == shard->records.size()) {
      shard->finished = true;
      if (context_.watermark != nullptr) context_.watermark->OnFinished(shard->split);
      any = true;
    }
    return any;
  }

  Result<PollState> Read(OpenShard* shard, Batch* out) {
    *out = Batch(shard->records.schema());
    reading_ = shard;
    ASSIGN_OR_RETURN(const bool more, shard->records.Next(batch_rows_, shard->NextStop(), this, out));
    CHECK(more);
    out->origins = OriginsOf(*shard);
    out->split = shard->split;
    out->order_key = (static_cast<uint64_t>(shard->number) << 40) + shard->records.first();
    context_.metrics->rows_in.Add(out->rows());
    return PollState::kBatch;
  }

  std::shared_ptr<LineOrigins> OriginsOf(const OpenShard& shard) const {
    return std::make_shared<LineOrigins>(table_, one_shard_ ? 0 : shard.number, shard.records.first(),
                                         shard.arrival_micros);
  }
  Status OnBadRow(const BadRow& row) override {
    return policy_.Handle(OriginsOf(*reading_)->Position(row.record), row, {});
  }

  const std::string table_;
  const ConnectorContext context_;
  Lines* const lines_;
  std::map<int, ShardPosition>* const positions_;
  const size_t batch_rows_;
  const bool one_shard_;
  std::vector<OpenShard> shards_;
  size_t turn_ = 0;               // the shard that is asked first
  OpenShard* reading_ = nullptr;  // while it is decoded
  bool due_ = false;
  BadRowPolicy policy_;
};

class LinesSource final : public Source {
 public:
  LinesSource(TableSpec table, ConnectorContext context, Lines* lines)
      : table_(std::move(table)), context_(context), lines_(lines) {
    const auto input = lines->inputs.find(table_.name);
    if (input != lines->inputs.end()) shards_ = input->second;
    if (shards_.empty()) shards_[1];
    for (const auto& shard : shards_) positions_[shard.first];
  }
  Status Start(std::vector<Waker*> wakers) override {
    workers_ = static_cast<int>(wakers.size());
    if (context_.watermark == nullptr) return Status::Ok();
    for (const auto& [number, position] : positions_) {
      if (!position.finished) splits_[number] = context_.watermark->AddSplit();
    }
    context_.watermark->NoMoreSplits();
    return Status::Ok();
  }
  std::unique_ptr<SourceReader> CreateReader(int worker) override {
    std::vector<OpenShard> shards;
    for (const auto& [number, shard] : shards_) {
      if (number % workers_ != worker) continue;
      RecordReader records(shard.lines, table_.format->MakeDecoder(table_.schema, table_.options).value());
      const ShardPosition& position = positions_.at(number);
      records.SkipTo(position.next_record);
      shards.push_back({.number = number,
                        .split = splits_[number],
                        .shard = &shard,
                        .next_directive = position.next_directive,
                        .arrival_micros = position.arrival_micros,
                        .finished = position.finished,
                        .records = std::move(records)});
    }
    return std::make_unique<LinesReader>(table_, context_, lines_, shards_.size() == 1, std::move(shards), &positions_,
                                         worker);
  }
  bool HasPositions() const override { return true; }
  Result<std::string> Position() const override {
    std::string text;
    for (const auto& [number, at] : positions_) {
      text += std::to_string(number) + " " + std::to_string(at.next_record) + " " + std::to_string(at.next_directive) +
              " " + std::to_string(at.arrival_micros) + " " + std::to_string(at.finished) + "\n";
    }
    return text;
  }
  Status Resume(const std::string& position) override {
    std::istringstream text(position);
    int number = 0;
    for (ShardPosition at; text >> number >> at.next_record >> at.next_directive >> at.arrival_micros >> at.finished;)
      positions_.at(number) = at;
    return Status::Ok();
  }
  bool Ready() const override { return true; }
  bool ReportsSplits() const override { return true; }

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  Lines* const lines_;
  std::map<int, Shard> shards_;             // by number
  std::map<int, ShardPosition> positions_;  // by number; each written by the shard's reader
  std::map<int, SourceWatermark::Split> splits_;
  int workers_ = 1;
};

// A row that was not given out yet.
struct HeldLine {
  int64_t epoch;
  std::string id, line;
};

void GiveOut(const HeldLine& held, const std::string& table, Lines* lines) {
  std::lock_guard lock(lines->mutex);
  if (lines->holds_output && !lines->given_out.insert(held.id).second) return;
  lines->outputs[table].push_back(held.line);
}

class LinesWriter final : public SinkWriter {
 public:
  LinesWriter(std::unique_ptr<Encoder> encoder, std::string table, std::string id, Lines* lines,
              PipelineMetrics* metrics)
      : encoder_(std::move(encoder)), table_(std::move(table)), id_(std::move(id)), lines_(lines), metrics_(metrics) {}
  Status Push(const Batch& batch) override {
    EncodedRows rows;
    RETURN_IF_ERROR(encoder_->Encode(batch, &rows));
    for (size_t i = 0; i < rows.rows(); i++)
      held_.push_back({kNever, id_ + "." + std::to_string(number_++), std::string(rows.row(i))});
    if (!lines_->holds_output) GiveOutUpTo(kNever);
    return Status::Ok();
  }
  bool CanAccept() const override { return true; }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return kNever; }
  void Finish() override {}
  bool Drained() const override { return held_.empty(); }

  void EndEpoch(int64_t epoch) override {
    for (HeldLine& held : held_) held.epoch = std::min(held.epoch, epoch);
  }
  bool EpochReady(int64_t /*epoch*/) const override { return true; }
  SinkState State(int64_t epoch) override {
    SinkState state;
    auto part = std::make_shared<CheckpointPart>();
    for (const HeldLine& held : held_) {
      if (held.epoch <= epoch) part->bytes += held.id + "\t" + held.line + "\n";
    }
    if (!part->bytes.empty()) state.parts.push_back(std::move(part));
    return state;
  }
  void EpochCommitted(int64_t epoch) override { GiveOutUpTo(epoch); }

 private:
  void GiveOutUpTo(int64_t epoch) {
    for (; !held_.empty() && held_.front().epoch <= epoch; held_.pop_front()) {
      GiveOut(held_.front(), table_, lines_);
      metrics_->rows_out.Add(1);
    }
  }

  std::deque<HeldLine> held_;
  uint64_t number_ = 0;
  const std::unique_ptr<Encoder> encoder_;
  const std::string table_, id_;
  Lines* const lines_;
  PipelineMetrics* const metrics_;
};

class LinesSink final : public Sink {
 public:
  LinesSink(TableSpec table, Lines* lines, const ConnectorContext& context)
      : table_(std::move(table)), lines_(lines), metrics_(context.metrics), run_(context.random->Next()) {}
  Status Start(std::vector<Waker*>) override { return Status::Ok(); }
  std::unique_ptr<SinkWriter> CreateWriter(int worker) override {
    return std::make_unique<LinesWriter>(table_.format->MakeEncoder(table_.schema, table_.options).value(), table_.name,
                                         std::to_string(run_) + "." + std::to_string(worker), lines_, metrics_);
  }
  bool Ready() const override { return true; }
  Status Resume(const std::string& /*state_id*/, std::vector<SinkState> states) override {
    for (const SinkState& state : states) {
      for (const auto& part : state.parts) {
        std::istringstream text(part->bytes);
        HeldLine held{0, "", ""};
        while (std::getline(text, held.id, '\t') && std::getline(text, held.line)) GiveOut(held, table_.name, lines_);
      }
    }
    return Status::Ok();
  }

 private:
  const TableSpec table_;
  Lines* const lines_;
  PipelineMetrics* const metrics_;
  const uint64_t run_;
};

class LinesConnector final : public Connector {
 public:
  LinesConnector(std::string name, Lines* lines) : name_(std::move(name)), lines_(lines) {}
  std::string name() const override { return name_; }
  std::string description() const override { return "the records of a text test"; }
  const std::vector<OptionSpec>& options() const override { return options_; }
  std::vector<std::string> formats() const override { return {"json"}; }
  bool is_source() const override { return name_ == "lines"; }
  bool is_sink() const override { return true; }
  bool IsBounded(const TableSpec& table) const override { return table.options.Boolean("bounded"); }
  Result<std::unique_ptr<Source>> MakeSource(const TableSpec& table, const ConnectorContext& context) const override {
    return std::unique_ptr<Source>(std::make_unique<LinesSource>(table, context, lines_));
  }
  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    return std::unique_ptr<Sink>(std::make_unique<LinesSink>(table, lines_, context));
  }

 private:
  const std::string name_;
  Lines* const lines_;
  const std::vector<OptionSpec> options_ = {{.name = "bounded",
                                             .type = OptionType::kBoolean,
                                             .default_value = "false",
                                             .help = "a stream may be joined with it"}};
};

}  // namespace

std::unique_ptr<Connector> MakeLinesConnector(std::string name, Lines* lines) {
  return std::make_unique<LinesConnector>(std::move(name), lines);
}

}  // namespace laminar::sqltest
