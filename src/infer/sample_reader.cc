#include "infer/sample_reader.h"

#include <algorithm>

#include "base/check.h"
#include "duck/pch.h"
#include "formats/option.h"

namespace laminar::infer {

namespace {

class BadRowCounter final : public BadRowHandler {
 public:
  BadRowCounter(const Batch& batch, uint64_t most_rows, const std::function<Status(const BadRow&)>& on_bad)
      : batch_(batch), most_rows_(most_rows), on_bad_(on_bad) {}
  Status OnBadRow(const BadRow& row) override {
    // Some decoders say how many rows stand before it only when they are done with the batch.
    return rows_before + batch_.rows() >= most_rows_ ? Status::Ok() : on_bad_(row);
  }
  uint64_t rows_before = 0;  // this batch

 private:
  const Batch& batch_;
  const uint64_t most_rows_;
  const std::function<Status(const BadRow&)>& on_bad_;
};

}  // namespace

Status SampleReader::Read(const std::string& format, const FormatOptions& options, Schema columns,
                          const std::function<void(const Batch&)>& on_batch,
                          const std::function<Status(const BadRow&)>& on_bad) const {
  const Format* const found = registry_->FindFormat(format);
  CHECK_MSG(found != nullptr, format.c_str());
  std::vector<WrittenOption> written;
  for (const auto& [name, value] : options) written.push_back({name, value, {}});
  std::vector<Status> problems;
  OptionValues values =
      ParseOptions(registry_->FormatOptions(format), written, OptionUse::kSource, "format '" + format + "'", &problems);
  CHECK_MSG(problems.empty(), problems.empty() ? "" : problems.front().ToString().c_str());
  values.set_record_columns(columns.size());
  for (size_t i = 0; i < columns.size(); i++) columns[i].position = static_cast<uint32_t>(i);
  ASSIGN_OR_RETURN(const std::unique_ptr<Decoder> decoder, found->MakeDecoder(columns, values));
  Batch batch(decoder->schema());
  BadRowCounter handler(batch, sample_->most_rows, on_bad);
  DecodeCursor cursor;
  for (bool done = false; !done && handler.rows_before < sample_->most_rows;) {
    batch.Reset();
    ASSIGN_OR_RETURN(done, decoder->Decode(sample_->records, &cursor, &handler, &batch));
    const uint64_t rows = std::min<uint64_t>(batch.rows(), sample_->most_rows - handler.rows_before);
    batch.chunk().SetCardinality(rows);
    handler.rows_before += rows;
    if (rows > 0) on_batch(batch);
  }
  return Status::Ok();
}

std::string SampleReader::Describe(const BadRow& bad) const {
  return sample_->place(bad.record) + (bad.line > 0 ? ", line " + std::to_string(bad.line) : "") + ": " +
         (bad.column.empty() ? "" : "column " + bad.column + ": ") + bad.reason;
}

}  // namespace laminar::infer
