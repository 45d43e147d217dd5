#include "connectors/file/whole_file_source.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "connectors/bad_row.h"

namespace laminar::file {

struct WholeFileSource::Progress {
  DecodeCursor cursor;
  uint64_t rows = 0;  // given out or skipped
  bool used_up = false;
};

namespace {

// Rows are numbered as they were given out, skipped ones among them.
class NumberedRows final : public RowOrigins {
 public:
  NumberedRows(std::string file, uint64_t before) : file_(std::move(file)), before_(before) {}
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = file_ + ", row " + std::to_string(before_ + row + 1);
    return position;
  }
  int64_t ArrivalMicros(uint32_t /*row*/) const override { return 0; }

 private:
  const std::string file_;
  const uint64_t before_;
};

class NothingReader final : public SourceReader {
 public:
  Result<PollState> Poll(Batch* /*out*/) override { return PollState::kEnd; }
  int64_t NextDeadline() const override { return kNever; }
};

}  // namespace

class WholeFileSource::Reader final : public SourceReader, private BadRowHandler {
 public:
  Reader(const TableSpec& table, const ConnectorContext& context, std::shared_ptr<MappedFile> mapping,
         std::shared_ptr<Progress> progress, std::unique_ptr<Decoder> decoder, int worker)
      : context_(context),
        counts_(context.metrics, table.name),
        mapping_(std::move(mapping)),
        progress_(std::move(progress)),
        decoder_(std::move(decoder)),
        bad_rows_(table, context, worker) {
    decoder_->PushDown(table.predicates);
    counts_.Bytes(mapping_->record().size());
  }

  Result<PollState> Poll(Batch* out) override {
    if (progress_->used_up) return PollState::kEnd;
    if (out->columns() != decoder_->schema().size()) *out = Batch(decoder_->schema());
    out->Reset();
    const RecordView record = mapping_->record();
    ASSIGN_OR_RETURN(progress_->used_up, decoder_->Decode({&record, 1}, &progress_->cursor, this, out));
    deadline_ = context_.clock->SteadyMicros();
    const uint64_t skipped = decoder_->TakeSkippedRows();
    progress_->rows += skipped;
    counts_.Rows(skipped + out->rows());
    if (out->rows() == 0) return progress_->used_up ? PollState::kEnd : PollState::kIdle;
    out->origin_rows.clear();
    out->origins = std::make_shared<NumberedRows>(mapping_->input().what, progress_->rows);
    out->order_key = progress_->rows;
    progress_->rows += out->rows();
    return PollState::kBatch;
  }

  int64_t NextDeadline() const override { return progress_->used_up ? kNever : deadline_; }

 private:
  Status OnBadRow(const BadRow& row) override {
    RowPosition position;
    position.source = mapping_->input().what;
    position.line = row.line;
    if (row.line > 0) position.sequence_number = std::to_string(row.offset);
    return bad_rows_.Handle(position, row, /*record=*/"");  // which is the file
  }

  const ConnectorContext context_;
  const ReadCounts counts_;
  const std::shared_ptr<MappedFile> mapping_;
  const std::shared_ptr<Progress> progress_;
  const std::unique_ptr<Decoder> decoder_;
  BadRowPolicy bad_rows_;
  int64_t deadline_ = 0;
};

WholeFileSource::WholeFileSource(const TableSpec& table, const ConnectorContext& context, FileAccess files)
    : table_(table), context_(context), files_(std::move(files)), progress_(std::make_shared<Progress>()) {}
WholeFileSource::~WholeFileSource() = default;

Status WholeFileSource::Start(std::vector<Waker*> /*wakers*/) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Input> input, Input::Open(table_.options.String("path"), files_));
  if (!input->seekable) {
    return Status::User(input->what + " is no regular file, and this format is read from a whole file",
                        "Write it to a file first: of pipes only lines of json and raw_string are read")
        .At(table_.options.position("path"));
  }
  if (resumes_at_size_ >= 0 && resumes_at_size_ != input->size) {
    return Status::User(input->what + " has " + std::to_string(input->size) + " bytes, and had " +
                            std::to_string(resumes_at_size_) + " when the checkpoint was taken",
                        "Put it back, or begin anew with --fresh");
  }
  ASSIGN_OR_RETURN(mapping_, MappedFile::Of(std::move(input)));
  return Status::Ok();
}

// {"size":9000,"offset":1200,"line":17,"rows":16,"used_up":false}
Result<std::string> WholeFileSource::Position() const {
  const Progress& progress = *progress_;
  return nlohmann::json{{"size", mapping_->input().size},
                        {"offset", progress.cursor.offset},
                        {"line", progress.cursor.line},
                        {"rows", progress.rows},
                        {"used_up", progress.used_up}}
      .dump();
}

Status WholeFileSource::Resume(const std::string& position) {
  const auto json = nlohmann::json::parse(position, nullptr, /*allow_exceptions=*/false);
  for (const char* number : {"size", "offset", "line", "rows"}) {
    if (!json.is_object() || !json.contains(number) || !json[number].is_number_unsigned())
      return Status::Environment("the position of a file in the checkpoint cannot be read: " + position);
  }
  resumes_at_size_ = json["size"].get<int64_t>();
  progress_->cursor = {0, json["offset"].get<uint64_t>(), json["line"].get<uint64_t>()};
  progress_->rows = json["rows"].get<uint64_t>();
  progress_->used_up = json.value("used_up", false);
  return Status::Ok();
}

std::unique_ptr<SourceReader> WholeFileSource::CreateReader(int worker) {
  if (worker > 0) return std::make_unique<NothingReader>();
  auto decoder = table_.format->MakeDecoder(table_.schema, table_.options);  // MakeSource tried it
  return std::make_unique<Reader>(table_, context_, mapping_, progress_, std::move(decoder).value(), worker);
}

}  // namespace laminar::file
