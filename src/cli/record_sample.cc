#include "cli/record_sample.h"

#include <deque>
#include <functional>
#include <mutex>

#include "base/check.h"
#include "base/log.h"
#include "cli/record_format.h"
#include "connectors/file/mapped_file.h"
#include "infer/sample_rows.h"

namespace laminar::cli {

namespace {

class FileSample final : public RecordSample {
 public:
  explicit FileSample(std::shared_ptr<file::MappedFile> file) : file_(std::move(file)) {}

  infer::Sample sample() const override {
    infer::Sample sample;
    const RecordView all = file_->record();
    sample.records = {all.size() <= kMostSampleBytes ? all : infer::WholeLines(all, kMostSampleBytes)};
    sample.is_file = true;
    sample.place = [what = file_->input().what](size_t) { return what; };
    return sample;
  }

 private:
  const std::shared_ptr<file::MappedFile> file_;
};

class StreamSample final : public RecordSample {
 public:
  explicit StreamSample(const StreamSampling& sampling) : most_(sampling.records) {}

  // False: there are enough. Any worker's thread.
  bool Add(std::string_view data, const std::function<std::string()>& place) {
    std::lock_guard lock(mutex_);
    if (records_.size() == most_ || bytes_ >= kMostSampleBytes) return false;
    std::string& record = records_.emplace_back();
    record.reserve(data.size() + kRecordPadding);
    record.append(data).append(kRecordPadding, '\0');
    places_.push_back(place());
    bytes_ += data.size();
    return records_.size() < most_ && bytes_ < kMostSampleBytes;
  }
  bool empty() const { return records_.empty(); }

  infer::Sample sample() const override {
    infer::Sample sample;
    for (const std::string& record : records_)
      sample.records.push_back(std::string_view(record).substr(0, record.size() - kRecordPadding));
    sample.place = [this](size_t record) { return places_[record]; };
    return sample;
  }

 private:
  const uint64_t most_;
  std::mutex mutex_;                 // guards what follows while a pipeline runs
  std::deque<std::string> records_;  // each with its padding
  std::vector<std::string> places_;
  size_t bytes_ = 0;
};

// Keeps the records; prints nothing.
class SamplingEncoder final : public Encoder {
 public:
  SamplingEncoder(StreamSample* sample, std::function<void()> on_enough)
      : sample_(sample), on_enough_(std::move(on_enough)) {}
  Status Encode(const Batch& batch, EncodedRows* /*out*/) override {
    bool wants_more = true;
    ForEachRecord(batch, [&](size_t row, std::string_view data) {
      wants_more = wants_more && sample_->Add(data, [&] { return batch.DescribeOrigin(row); });
    });
    if (!wants_more) on_enough_();
    return Status::Ok();
  }

 private:
  StreamSample* const sample_;
  const std::function<void()> on_enough_;
};

class SamplingFormat final : public Format {
 public:
  SamplingFormat(StreamSample* sample, std::function<void()> on_enough)
      : sample_(sample), on_enough_(std::move(on_enough)) {}
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return MakeRecordDecoder(RecordKind::kWhole);
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(std::make_unique<SamplingEncoder>(sample_, on_enough_));
  }

 private:
  StreamSample* const sample_;
  const std::function<void()> on_enough_;
};

}  // namespace

Result<std::unique_ptr<RecordSample>> SampleFile(const std::string& path) {
  auto opened = file::Input::Open(path, FileAccess::Any());
  if (!opened.ok())
    return Status::Environment(opened.status().message(),
                               "Check the name; one without a slash that no "
                               "file has is a stream");
  std::shared_ptr<const file::Input> input = std::move(opened).value();
  if (!input->seekable) {
    return Status::User(input->what + " is no regular file", "Write it to a file first: its table has to name one");
  }
  if (input->size == 0) return Status::Environment(input->what + " is empty", "Name a file that has data");
  ASSIGN_OR_RETURN(std::shared_ptr<file::MappedFile> mapped, file::MappedFile::Of(std::move(input)));
  return std::unique_ptr<RecordSample>(std::make_unique<FileSample>(std::move(mapped)));
}

Result<std::unique_ptr<RecordSample>> SampleStream(const StreamArguments& stream, const StreamSampling& sampling,
                                                   int64_t memory_bytes, PipelineRun* run, World* world, int* code) {
  auto sample = std::make_unique<StreamSample>(sampling);
  const SamplingFormat format(sample.get(), [run] { run->Stop(); });
  auto options = stream.Options();
  options.emplace_back("source.offset", sampling.latest ? "latest" : "earliest");
  ASSIGN_OR_RETURN(const auto pipe,
                   MakePipe(world->registry(), {"kinesis", std::move(options), &format}, {"stdout", {}, &format}));
  PipelineOptions pipeline;
  pipeline.memory_limit_bytes = memory_bytes;
  pipeline.until_caught_up = !sampling.latest;
  *code = run->Run({stream.stream, "", {}}, *pipe, pipeline, world, /*shows_progress=*/false);
  if (*code != 0) return std::unique_ptr<RecordSample>();
  if (sample->empty() && run->Stopping()) {
    LogInfo("stopped before a record was read: there is no table");
    return std::unique_ptr<RecordSample>();
  }
  if (sample->empty()) {
    return Status::Environment(
        "the stream " + stream.stream + " has no records",
        sampling.latest ? "Put some while it waits" : "Put some, or wait for new ones with --offset latest");
  }
  return std::unique_ptr<RecordSample>(std::move(sample));
}

}  // namespace laminar::cli
