#include "connectors/line_sink.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace laminar {

namespace {

constexpr int64_t kRetryMicros = 2'000;  // how soon to try again while a pipe is full

class LineWriter final : public SinkWriter {
 public:
  LineWriter(LineOutput* output, std::unique_ptr<Encoder> encoder, const std::string& table,
             const ConnectorContext& context, const LineSinkOptions& options)
      : output_(output),
        encoder_(std::move(encoder)),
        table_(table),
        context_(context),
        counts_(context.metrics, table),
        options_(options) {
    encoded_.newlines = true;
    if (options_.reader_check_micros != kNever) next_check_micros_ = context_.clock->SteadyMicros();
  }

  Status Push(const Batch& batch) override {
    if (batch.rows() == 0) return Status::Ok();
    const bool first = rows_ == 0;
    RETURN_IF_ERROR(encoder_->Encode(batch, &encoded_).WithContext("table " + table_));
    const int64_t now = context_.clock->SteadyMicros();
    if (first) oldest_micros_ = now;
    newest_micros_ = now;
    rows_ += batch.rows();  // an encoder may leave rows out
    if (encoded_.bytes.size() < options_.flush_bytes) return Status::Ok();
    return HandOn();
  }

  bool CanAccept() const override { return output_->kept_bytes() < options_.kept_bytes; }

  Status Poll() override {
    const bool epoch_waits = ended_epoch_ > synced_epoch_;
    if (rows_ > 0 && (finishing_ || epoch_waits || context_.clock->SteadyMicros() >= Due())) RETURN_IF_ERROR(HandOn());
    if (output_->kept_bytes() > 0) RETURN_IF_ERROR(output_->Flush());
    if (epoch_waits && output_->kept_bytes() == 0) {
      if (options_.sync_at_finish) RETURN_IF_ERROR(output_->Sync());
      synced_epoch_ = ended_epoch_;
    }
    if (options_.reader_check_micros != kNever && context_.clock->SteadyMicros() >= next_check_micros_) {
      RETURN_IF_ERROR(output_->CheckReader());
      next_check_micros_ = context_.clock->SteadyMicros() + options_.reader_check_micros;
    }
    if (finishing_ && !synced_ && output_->kept_bytes() == 0) {
      if (options_.sync_at_finish) RETURN_IF_ERROR(output_->Sync());
      synced_ = true;
    }
    return Status::Ok();
  }

  int64_t NextDeadline() const override {
    if (output_->kept_bytes() > 0) return context_.clock->SteadyMicros() + kRetryMicros;
    if (ended_epoch_ > synced_epoch_) return context_.clock->SteadyMicros();
    if (finishing_) return synced_ ? kNever : context_.clock->SteadyMicros();
    return std::min(rows_ == 0 ? kNever : Due(), next_check_micros_);
  }

  void Finish() override { finishing_ = true; }
  bool Drained() const override { return rows_ == 0 && synced_; }

  // What was pushed is written at the next Poll, without waiting for company, and forced onto the disk.
  void EndEpoch(int64_t epoch) override {
    ended_epoch_ = epoch;
    ended_.push_back({epoch, encoded_.bytes.size(), {}});
    if (rows_ == 0) ended_.back().output_bytes = output_->end();
  }
  bool EpochReady(int64_t epoch) const override { return synced_epoch_ >= epoch; }
  // How long the file was with the epoch's lines. Those of other writers' later epochs may stand before that: a restart
  // writes them once more.
  SinkState State(int64_t epoch) override {
    int64_t bytes = 0;
    while (!ended_.empty() && ended_.front().epoch <= epoch) {
      bytes = ended_.front().output_bytes.value();
      ended_.erase(ended_.begin());
    }
    return {nlohmann::json{{"bytes", bytes}}.dump(), {}};
  }

 private:
  struct EndedEpoch {
    int64_t epoch;
    size_t encoded_bytes;                 // of encoded_: its own, and of those before it
    std::optional<int64_t> output_bytes;  // once these are written: of the file
  };

  int64_t Due() const {
    return std::min(newest_micros_ + options_.quiet_micros, oldest_micros_ + options_.longest_micros);
  }

  Status HandOn() {
    size_t written = 0;
    const auto write_to = [&](size_t end) {
      const std::string_view bytes = std::string_view(encoded_.bytes).substr(written, end - written);
      written = end;
      return bytes.empty() ? Status::Ok() : output_->Write(bytes);
    };
    for (EndedEpoch& ended : ended_) {
      if (ended.output_bytes) continue;
      RETURN_IF_ERROR(write_to(ended.encoded_bytes));
      ended.output_bytes = output_->end();
    }
    RETURN_IF_ERROR(write_to(encoded_.bytes.size()));
    counts_.Rows(rows_);
    counts_.Bytes(encoded_.bytes.size());
    encoded_.Clear();
    rows_ = 0;
    return Status::Ok();
  }

  LineOutput* const output_;  // the sink's
  const std::unique_ptr<Encoder> encoder_;
  const std::string table_;
  const ConnectorContext context_;
  const WriteCounts counts_;
  const LineSinkOptions options_;
  EncodedRows encoded_;  // at most flush_bytes and one batch
  uint64_t rows_ = 0;    // pushed since the last HandOn
  int64_t oldest_micros_ = 0, newest_micros_ = 0;
  int64_t next_check_micros_ = kNever;  // of the reader
  bool finishing_ = false, synced_ = false;
  int64_t ended_epoch_ = 0, synced_epoch_ = 0;
  std::vector<EndedEpoch> ended_;  // in their order: whose State was not asked for
};

}  // namespace

Result<std::unique_ptr<Sink>> LineSink::Make(const TableSpec& table, const ConnectorContext& context,
                                             const LineSinkOptions& options, Open open) {
  RETURN_IF_ERROR(table.format->MakeEncoder(table.schema, table.options).status());
  return std::unique_ptr<Sink>(std::make_unique<LineSink>(table, context, options, std::move(open)));
}

LineSink::LineSink(const TableSpec& table, const ConnectorContext& context, const LineSinkOptions& options, Open open)
    : table_(table), context_(context), options_(options), open_(std::move(open)) {}

Status LineSink::Start(std::vector<Waker*> /*wakers*/) {
  ASSIGN_OR_RETURN(output_, open_(keep_));
  const std::string header = table_.format->FileHeader(table_.schema, table_.options);
  return output_->end() > 0 || header.empty() ? Status::Ok() : output_->Write(header);
}

Status LineSink::Resume(const std::string& /*state_id*/, std::vector<SinkState> states) {
  // Every worker told how long the file was when its own lines were in it: the longest holds those of all.
  for (const SinkState& state : states) {
    const auto json = nlohmann::json::parse(state.progress, nullptr, /*allow_exceptions=*/false);
    const auto bytes = json.is_object() ? json.find("bytes") : json.end();
    if (!json.is_object() || bytes == json.end() || !bytes->is_number_unsigned())
      return Status::Environment("the progress of a file in the checkpoint cannot be read: " + state.progress);
    keep_ = std::max(keep_.value_or(0), bytes->get<int64_t>());
  }
  return Status::Ok();
}

std::unique_ptr<SinkWriter> LineSink::CreateWriter(int /*worker*/) {
  CHECK_MSG(output_ != nullptr, "Start first");
  auto encoder = table_.format->MakeEncoder(table_.schema, table_.options);  // Make tried it
  return std::make_unique<LineWriter>(output_.get(), std::move(encoder).value(), table_.name, context_, options_);
}

}  // namespace laminar
