#include "server/jobs/output_connector.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "duck/schema.h"

namespace laminar::server {

namespace {

// The columns of the batches that a sink gets: those of its records, and what goes beside them.
Schema AllColumns(const TableSpec& table) {
  Schema columns = table.schema;
  std::vector<SinkMetadata> metadata = table.metadata;
  std::sort(metadata.begin(), metadata.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  for (const SinkMetadata& each : metadata) {
    CHECK(each.index <= columns.size());
    columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(each.index), Column{each.column, MakeType("VARCHAR")});
  }
  return columns;
}

class OutputWriter final : public SinkWriter {
 public:
  OutputWriter(std::string table, std::unique_ptr<Encoder> encoder, JobOutput* output, const OutputPace& pace,
               const ConnectorContext& context)
      : table_(std::move(table)),
        encoder_(std::move(encoder)),
        output_(output),
        pace_(pace),
        context_(context),
        counts_(context.metrics, table_) {}

  Status Push(const Batch& batch) override {
    RETURN_IF_ERROR(encoder_->Encode(batch, &encoded_));
    for (size_t i = 0; i < encoded_.rows(); i++) output_->Add(table_, encoded_.row(i));
    counts_.Rows(batch.rows());
    counts_.Bytes(encoded_.bytes.size());
    if (pace_.rows_at_once > 0) {
      const int64_t now = context_.clock->SteadyMicros();
      const auto rows = static_cast<int64_t>(batch.rows());
      // What has been given out is paid off at the pace.
      paid_at_ = std::max(paid_at_, now - pace_.rows_at_once * kMicrosPerSecond / pace_.rows_per_second) +
                 rows * kMicrosPerSecond / pace_.rows_per_second;
    }
    encoded_.Clear();
    return Status::Ok();
  }
  bool CanAccept() const override { return finishing_ || paid_at_ <= context_.clock->SteadyMicros(); }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return CanAccept() ? kNever : paid_at_; }
  void Finish() override { finishing_ = true; }
  bool Drained() const override { return true; }
  void EndEpoch(int64_t /*epoch*/) override {}
  bool EpochReady(int64_t /*epoch*/) const override { return true; }

 private:
  const std::string table_;
  const std::unique_ptr<Encoder> encoder_;
  JobOutput* const output_;
  const OutputPace pace_;
  const ConnectorContext context_;
  const WriteCounts counts_;
  EncodedRows encoded_;
  int64_t paid_at_ = INT64_MIN / 2;  // SteadyMicros
  bool finishing_ = false;
};

class OutputSink final : public Sink {
 public:
  OutputSink(std::string table, Schema columns, const Format* format, OptionValues options, JobOutput* output,
             const OutputPace& pace, const ConnectorContext& context)
      : table_(std::move(table)),
        columns_(std::move(columns)),
        format_(format),
        options_(std::move(options)),
        output_(output),
        pace_(pace),
        context_(context) {}

  Status Start(std::vector<Waker*> /*wakers*/) override { return format_->MakeEncoder(columns_, options_).status(); }
  std::unique_ptr<SinkWriter> CreateWriter(int /*worker*/) override {
    auto encoder = format_->MakeEncoder(columns_, options_);  // Start tried it
    return std::make_unique<OutputWriter>(table_, std::move(encoder).value(), output_, pace_, context_);
  }
  bool Ready() const override { return true; }

 private:
  const std::string table_;
  const Schema columns_;
  const Format* const format_;
  const OptionValues options_;
  JobOutput* const output_;
  const OutputPace pace_;
  const ConnectorContext context_;
};

class OutputConnector final : public Connector {
 public:
  OutputConnector(JobOutput* output, const Registry* registry, const OutputPace& pace)
      : output_(output), registry_(registry), pace_(pace) {}
  std::string name() const override { return "output"; }
  std::string description() const override { return "Keeps rows for whoever asks for them"; }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kNone;
    return kNone;
  }
  std::vector<std::string> formats() const override { return {"json"}; }
  bool is_source() const override { return false; }
  bool is_sink() const override { return true; }

  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    const Format* const format = registry_->FindFormat("json");
    CHECK_MSG(format != nullptr, "this build has no JSON");
    std::vector<Status> problems;
    OptionValues defaults =
        ParseOptions(registry_->FormatOptions("json"), {}, OptionUse::kSink, "format 'json'", &problems);
    CHECK_MSG(problems.empty(), "JSON has an option that must be given");
    return std::unique_ptr<Sink>(std::make_unique<OutputSink>(table.name, AllColumns(table), format,
                                                              std::move(defaults), output_, pace_, context));
  }

 private:
  JobOutput* const output_;
  const Registry* const registry_;
  const OutputPace pace_;
};

}  // namespace

std::unique_ptr<Connector> MakeOutputConnector(JobOutput* output, const Registry* registry, const OutputPace& pace) {
  return std::make_unique<OutputConnector>(output, registry, pace);
}

}  // namespace laminar::server
