#include "lines_connector.h"

#include <algorithm>
#include <span>

#include "connectors/bad_row.h"

namespace laminar::sqltest {

RecordReader::RecordReader(const std::vector<std::string>& lines, std::unique_ptr<Decoder> decoder)
    : decoder_(std::move(decoder)) {
  for (const std::string& line : lines) padded_.push_back(line + std::string(kRecordPadding, ' '));
  for (size_t i = 0; i < lines.size(); i++) records_.push_back(RecordView(padded_[i]).substr(0, lines[i].size()));
}

Result<bool> RecordReader::Next(BadRowHandler* bad_rows, Batch* out) {
  if (next_ >= records_.size()) return false;
  first_ = next_;
  const size_t count = std::min(kRecordsOfABatch, records_.size() - first_);
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
  LineOrigins(std::string table, size_t first) : table_(std::move(table)), first_(first) {}
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = "input " + table_;
    position.line = first_ + row + 1;
    return position;
  }

 private:
  const std::string table_;
  const size_t first_;
};

class LinesReader final : public SourceReader, private BadRowHandler {
 public:
  LinesReader(const TableSpec& table, PipelineMetrics* metrics, RecordReader records)
      : table_(table.name), records_(std::move(records)), policy_(table.name, table.bad_data, metrics) {}

  Result<PollState> Poll(Batch* out) override {
    *out = Batch(records_.schema());
    ASSIGN_OR_RETURN(const bool more, records_.Next(this, out));
    if (!more) return PollState::kEnd;
    out->origins = std::make_shared<LineOrigins>(table_, records_.first());
    return PollState::kBatch;
  }
  int64_t NextDeadline() const override { return kNever; }

 private:
  Status OnBadRow(const BadRow& row) override {
    return policy_.Handle(LineOrigins(table_, records_.first()).Position(row.record), row);
  }
  const std::string table_;
  RecordReader records_;
  BadRowPolicy policy_;
};

class LinesSource final : public Source {
 public:
  LinesSource(TableSpec table, ConnectorContext context, std::vector<std::string> lines)
      : table_(std::move(table)), context_(context), lines_(std::move(lines)) {}
  Status Start(std::vector<Waker*>) override { return Status::Ok(); }
  std::unique_ptr<SourceReader> CreateReader(int) override {
    return std::make_unique<LinesReader>(
        table_, context_.metrics,
        RecordReader(lines_, table_.format->MakeDecoder(table_.schema, table_.options).value()));
  }
  bool Ready() const override { return true; }

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  const std::vector<std::string> lines_;
};

class LinesWriter final : public SinkWriter {
 public:
  LinesWriter(std::unique_ptr<Encoder> encoder, std::vector<std::string>* lines, PipelineMetrics* metrics)
      : encoder_(std::move(encoder)), lines_(lines), metrics_(metrics) {}
  Status Push(const Batch& batch) override {
    EncodedRows rows;
    RETURN_IF_ERROR(encoder_->Encode(batch, &rows));
    for (size_t i = 0; i < rows.rows(); i++) lines_->emplace_back(rows.row(i));
    metrics_->rows_out.Add(rows.rows());
    return Status::Ok();
  }
  bool CanAccept() const override { return true; }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return kNever; }
  void Finish() override {}
  bool Drained() const override { return true; }

 private:
  const std::unique_ptr<Encoder> encoder_;
  std::vector<std::string>* const lines_;
  PipelineMetrics* const metrics_;
};

class LinesSink final : public Sink {
 public:
  LinesSink(TableSpec table, std::vector<std::string>* lines, PipelineMetrics* metrics)
      : table_(std::move(table)), lines_(lines), metrics_(metrics) {}
  Status Start(std::vector<Waker*>) override { return Status::Ok(); }
  std::unique_ptr<SinkWriter> CreateWriter(int) override {
    return std::make_unique<LinesWriter>(table_.format->MakeEncoder(table_.schema, table_.options).value(), lines_,
                                         metrics_);
  }
  bool Ready() const override { return true; }

 private:
  const TableSpec table_;
  std::vector<std::string>* const lines_;
  PipelineMetrics* const metrics_;
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
    return std::unique_ptr<Source>(std::make_unique<LinesSource>(table, context, lines_->inputs[table.name]));
  }
  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    return std::unique_ptr<Sink>(std::make_unique<LinesSink>(table, &lines_->outputs[table.name], context.metrics));
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
