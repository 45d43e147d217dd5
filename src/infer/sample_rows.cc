#include "infer/sample_rows.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/cut_text.h"
#include "base/metrics.h"
#include "base/waker.h"
#include "duck/pch.h"
#include "infer/record_format.h"

namespace laminar::infer {

namespace {

constexpr size_t kMostTextBytes = 1'000;  // of a bad record

Schema AllColumns(const Schema& schema, const Schema& metadata) {
  Schema all = schema;
  all.insert(all.end(), metadata.begin(), metadata.end());
  return all;
}

// Rows on their way into SampleRows.
class Collector {
 public:
  static Result<std::unique_ptr<Collector>> Make(const Registry& registry, const Schema& schema,
                                                 const Schema& metadata_columns, std::vector<MetadataSpec> metadata,
                                                 size_t most) {
    const Format* const json = registry.FindFormat("json");
    CHECK_MSG(json != nullptr, "this build has no JSON");
    std::vector<Status> problems;
    const OptionValues defaults =
        ParseOptions(registry.FormatOptions("json"), {}, OptionUse::kSink, "format 'json'", &problems);
    CHECK_MSG(problems.empty(), "JSON has an option that must be given");
    Schema columns = AllColumns(schema, metadata_columns);
    for (Column& column : columns) column.not_null = false;
    ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder, json->MakeEncoder(columns, defaults));
    auto collector = std::unique_ptr<Collector>(new Collector(columns, std::move(metadata), std::move(encoder), most));
    collector->found.columns.resize(schema.size());
    return collector;
  }

  // batch: of the schema, with origins where there is metadata.
  Status Add(const Batch& batch) {
    auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
    for (size_t i = 0; i < found.columns.size(); i++) {
      duckdb::UnifiedVectorFormat values;
      chunk.data[i].ToUnifiedFormat(batch.rows(), values);
      for (size_t row = 0; row < batch.rows() && !values.validity.AllValid(); row++)
        found.columns[i].nulls += values.validity.RowIsValid(values.sel->get_index(row)) ? 0 : 1;
    }
    found.row_count += batch.rows();
    const size_t wanted = std::min<size_t>(batch.rows(), most_ - std::min(most_, found.rows.size()));
    if (wanted == 0) return Status::Ok();
    Batch shown(columns_);
    for (size_t i = 0; i < found.columns.size(); i++) shown.chunk().data[i].Reference(chunk.data[i]);
    std::vector<uint32_t> origins;
    for (size_t row = 0; row < wanted; row++) origins.push_back(batch.OriginRow(row));
    for (size_t i = 0; i < metadata_.size(); i++) {
      duckdb::Vector& column = shown.chunk().data[found.columns.size() + i];
      if (batch.origins) {
        batch.origins->FillMetadata(metadata_[i].name, origins, &column);
      } else {
        column.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(column, true);
      }
    }
    shown.chunk().SetCardinality(wanted);
    EncodedRows encoded;
    RETURN_IF_ERROR(encoder_->Encode(shown, &encoded));
    for (size_t row = 0; row < encoded.rows(); row++) found.rows.emplace_back(encoded.row(row));
    return Status::Ok();
  }

  void AddBad(BadSampleRow bad, const Schema& schema) {
    found.bad_count++;
    for (size_t i = 0; i < found.columns.size(); i++) {
      if (schema[i].name != bad.column) continue;
      if (found.columns[i].bad++ == 0) found.columns[i].first_bad = bad.reason;
    }
    if (found.bad.size() < most_) found.bad.push_back(std::move(bad));
  }

  SampleRows found;

 private:
  Collector(Schema columns, std::vector<MetadataSpec> metadata, std::unique_ptr<Encoder> encoder, size_t most)
      : columns_(std::move(columns)), metadata_(std::move(metadata)), encoder_(std::move(encoder)), most_(most) {}

  const Schema columns_;  // those of the schema, and the metadata behind them
  const std::vector<MetadataSpec> metadata_;
  const std::unique_ptr<Encoder> encoder_;
  const size_t most_;
};

// Bad rows of one sample.
class BadRecordCollector final : public BadRowHandler {
 public:
  BadRecordCollector(const SampledRecords& sample, const std::vector<RecordView>& records, const Schema& schema,
          Collector* collector)
      : sample_(sample), records_(records), schema_(schema), collector_(collector) {}

  Status OnBadRow(const BadRow& row) override {
    BadSampleRow bad;
    bad.column = row.column;
    bad.reason = row.reason;
    const uint64_t line = is_line ? row.record + 1 : row.line;
    if (sample_.origins) {
      RowPosition position = sample_.origins->Position(row.record);
      position.line = line;
      bad.place = position.ToString();
    } else {
      bad.place = sample_.file + (line > 0 ? ", line " + std::to_string(line) : "");
    }
    const std::string_view data = row.data.empty() ? records_[row.record] : row.data;
    bad.text = CutText(data, kMostTextBytes);
    collector_->AddBad(std::move(bad), schema_);
    return Status::Ok();
  }

  bool is_line = false;  // a record is a line of the file

 private:
  const SampledRecords& sample_;
  const std::vector<RecordView>& records_;
  const Schema& schema_;
  Collector* const collector_;
};

std::vector<RecordView> SplitLines(RecordView file) {
  std::vector<RecordView> lines;
  for (size_t begin = 0; begin < file.size();) {
    const size_t end = std::min(file.find('\n', begin), file.size());
    lines.push_back(file.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// False: the time is up.
Result<bool> DecodeOne(const SampleTable& table, const SampledRecords& sample, Decoder* decoder, const Clock& clock,
                       int64_t deadline_micros, Collector* collector) {
  std::vector<RecordView> records = sample.records;
  BadRecordCollector handler(sample, records, decoder->schema(), collector);
  if (!sample.file.empty()) {
    records[0] = sample.is_cut ? WholeLines(records[0], records[0].size()) : records[0];
    const FileLayout layout = table.spec.format->Layout(table.spec.options);
    if (layout == FileLayout::kLineIsRow) {
      records = SplitLines(records[0]);
      handler.is_line = true;
    } else if (sample.is_cut && records[0].size() == sample.records[0].size()) {
      return Status::User(sample.file + " is larger than what is read of a file without lines",
                          "It is read as a whole when a pipeline runs: name a smaller one to see its rows");
    }
  }
  ThreadWaker waker;
  decoder->WakeWith(&waker);
  Batch batch(decoder->schema());
  DecodeCursor cursor;
  bool done = false;
  while (!done && clock.SteadyMicros() < deadline_micros) {
    batch.Reset();
    ASSIGN_OR_RETURN(done, decoder->Decode(records, &cursor, &handler, &batch));
    batch.origins = sample.origins;
    if (batch.rows() > 0) RETURN_IF_ERROR(collector->Add(batch));
    if (!done && batch.rows() == 0 && decoder->Waiting()) waker.WaitUntil(clock, deadline_micros);
  }
  decoder->WakeWith(nullptr);
  return done;
}

}  // namespace

RecordView WholeLines(RecordView file, size_t most_bytes) {
  if (!IsLines(file)) return file;
  const size_t end = most_bytes >= file.size() ? file.rfind('\n') : file.rfind('\n', most_bytes);
  return end == file.npos ? file : file.substr(0, end + 1);
}

Result<SampleRows> ReadSample(const Registry& registry, const SampleTable& table,
                              const std::vector<SampledRecords>& samples, const Clock& clock,
                              const SampleLimits& limits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Collector> collector,
                   Collector::Make(registry, table.spec.schema, table.metadata_columns, table.metadata, limits.rows));
  for (const SampledRecords& sample : samples) {
    // A decoder of its own for each: one that comes behind a broken record may have lost its place.
    ASSIGN_OR_RETURN(const std::unique_ptr<Decoder> decoder,
                     table.spec.format->MakeDecoder(table.spec.schema, table.spec.options));
    ASSIGN_OR_RETURN(const bool done,
                     DecodeOne(table, sample, decoder.get(), clock, limits.deadline_micros, collector.get()));
    collector->found.is_complete = collector->found.is_complete && done;
  }
  return std::move(collector->found);
}

Result<SampleRows> ReadFirstRows(const Registry& registry, const Connector& connector, const TableSpec& table,
                                 const Clock& clock, Random* random, const SampleLimits& limits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Collector> collector,
                   Collector::Make(registry, table.schema, {}, {}, limits.rows));
  PipelineMetrics metrics;
  ConnectorContext context;
  context.clock = &clock;
  context.random = random;
  context.metrics = &metrics;
  ThreadWaker waker;
  ASSIGN_OR_RETURN(const std::unique_ptr<Source> source, connector.MakeSource(table, context));
  RETURN_IF_ERROR(source->Start({&waker}));
  const std::unique_ptr<SourceReader> reader = source->CreateReader(0);
  Batch batch(table.schema);
  SampleRows& found = collector->found;
  while (found.row_count < limits.rows) {
    if (clock.SteadyMicros() >= limits.deadline_micros) {
      found.is_complete = false;
      break;
    }
    ASSIGN_OR_RETURN(const PollState state, reader->Poll(&batch));
    if (state == PollState::kEnd) break;
    if (state == PollState::kBatch) RETURN_IF_ERROR(collector->Add(batch));
    if (state == PollState::kIdle) waker.WaitUntil(clock, std::min(reader->NextDeadline(), limits.deadline_micros));
  }
  return std::move(found);
}

}  // namespace laminar::infer
