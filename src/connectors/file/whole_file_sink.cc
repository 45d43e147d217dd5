#include "connectors/file/whole_file_sink.h"

namespace laminar::file {

class WholeFileSink::Writer final : public SinkWriter {
 public:
  explicit Writer(WholeFileSink* sink) : sink_(sink) {}

  Status Push(const Batch& batch) override { return batch.rows() == 0 ? Status::Ok() : sink_->Write(batch); }
  bool CanAccept() const override { return true; }  // a file takes all at once
  Status Poll() override {
    if (!finishing_ || finished_) return Status::Ok();
    finished_ = true;
    return sink_->FinishWriter();
  }
  int64_t NextDeadline() const override {
    return finishing_ && !finished_ ? sink_->context_.clock->SteadyMicros() : kNever;
  }
  void Finish() override { finishing_ = true; }
  bool Drained() const override { return finished_; }

  void EndEpoch(int64_t /*epoch*/) override {}  // Resume has refused checkpoints
  bool EpochReady(int64_t /*epoch*/) const override { return false; }

 private:
  WholeFileSink* const sink_;
  bool finishing_ = false, finished_ = false;
};

WholeFileSink::WholeFileSink(std::unique_ptr<FileEncoder> encoder, const std::string& table,
                             const ConnectorContext& context, Open open)
    : table_(table),
      context_(context),
      counts_(context.metrics, table),
      open_(std::move(open)),
      encoder_(std::move(encoder)) {}
WholeFileSink::~WholeFileSink() = default;

Status WholeFileSink::Start(std::vector<Waker*> /*wakers*/) {
  ASSIGN_OR_RETURN(output_, open_());
  return Status::Ok();
}

Status WholeFileSink::Resume(const std::string& /*state_id*/, std::vector<SinkState> /*states*/) {
  return Status::User(
      "a file of this format is written as a whole when the pipeline ends, and cannot be gone on "
      "with from a checkpoint",
      "Run it with --until-caught-up and without --state-dir, or write a file of lines (json, csv)");
}

std::unique_ptr<SinkWriter> WholeFileSink::CreateWriter(int /*worker*/) {
  std::lock_guard lock(mutex_);
  writers_++;
  return std::make_unique<Writer>(this);
}

Status WholeFileSink::Write(const Batch& batch) {
  std::lock_guard lock(mutex_);
  bytes_.clear();
  RETURN_IF_ERROR(encoder_->Encode(batch, &bytes_).WithContext("table " + table_));
  counts_.Rows(batch.rows());
  counts_.Bytes(bytes_.size());
  return bytes_.empty() ? Status::Ok() : output_->Write(bytes_);
}

Status WholeFileSink::FinishWriter() {
  std::lock_guard lock(mutex_);
  if (--writers_ > 0) return Status::Ok();
  bytes_.clear();
  RETURN_IF_ERROR(encoder_->Finish(&bytes_).WithContext("table " + table_));
  counts_.Bytes(bytes_.size());
  RETURN_IF_ERROR(output_->Write(bytes_));
  return output_->Sync();
}

}  // namespace laminar::file
