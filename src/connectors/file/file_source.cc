#include "connectors/file/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "connectors/bad_row.h"

namespace laminar::file {

namespace {

constexpr int64_t kPipePollMicros = 10'000;  // how often an idle pipe is looked at

RowPosition PositionAt(const Input& input, const Block& block, size_t offset) {
  RowPosition position;
  position.source = input.what;
  position.sequence_number = std::to_string(block.offset + static_cast<int64_t>(offset));
  const uint64_t before = input.seekable ? input.NewlinesBefore(block.offset) : block.lines_before;
  const std::string_view text = block.text().substr(0, offset);
  position.line = before + static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  return position;
}

// The line that has the byte at `offset`, without its end.
std::string_view LineAt(std::string_view text, size_t offset) {
  const size_t feed = text.substr(0, offset).rfind('\n');
  const size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
  std::string_view line = text.substr(begin, std::min(text.find('\n', offset), text.size()) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Rows are not given their offsets while they are decoded; who asks for one walks the block's lines again.
class LineOrigins final : public RowOrigins {
 public:
  // The rows decoded from `block` from byte `begin` on, but for the values at the offsets `refused`.
  LineOrigins(std::shared_ptr<const Input> input, std::shared_ptr<const Block> block, size_t begin,
              std::vector<uint64_t> refused)
      : input_(std::move(input)), block_(std::move(block)), begin_(begin), refused_(std::move(refused)) {}

  RowPosition Position(uint32_t row) const override { return PositionAt(*input_, *block_, OffsetOf(row)); }
  std::string_view RecordBytes(uint32_t row) const override { return LineAt(block_->text(), OffsetOf(row)); }
  int64_t ArrivalMicros(uint32_t /*row*/) const override { return 0; }  // no line says

 private:
  // Of its line.
  size_t OffsetOf(uint32_t row) const {
    const std::string_view text = block_->text();
    uint32_t seen = 0;
    for (size_t line = begin_; line < text.size();) {
      const size_t end = std::min(text.find('\n', line), text.size());
      const size_t value = text.find_first_not_of(" \t\r", line);
      const bool blank = value == std::string_view::npos || value >= end;
      const bool refused =
          std::any_of(refused_.begin(), refused_.end(), [&](uint64_t at) { return at >= line && at < end; });
      if (!blank && !refused && seen++ == row) return line;
      line = end + 1;
    }
    return begin_;
  }

  const std::shared_ptr<const Input> input_;
  const std::shared_ptr<const Block> block_;
  const size_t begin_;
  const std::vector<uint64_t> refused_;
};

// The same where each line, blank or not, is a record.
class LineRecordOrigins final : public RowOrigins {
 public:
  LineRecordOrigins(std::shared_ptr<const Input> input, std::shared_ptr<const Block> block)
      : input_(std::move(input)), block_(std::move(block)) {}

  RowPosition Position(uint32_t line) const override {
    size_t at = 0;
    for (; line > 0; line--) at = block_->text().find('\n', at) + 1;
    return PositionAt(*input_, *block_, at);
  }
  int64_t ArrivalMicros(uint32_t /*line*/) const override { return 0; }

 private:
  const std::shared_ptr<const Input> input_;
  const std::shared_ptr<const Block> block_;
};

void AppendLines(std::string_view text, std::vector<RecordView>* lines) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines->push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

class FileReader final : public SourceReader, private BadRowHandler {
 public:
  FileReader(const TableSpec& table, const ConnectorContext& context, std::shared_ptr<const Input> input,
             std::shared_ptr<DealtRanges> ranges, std::unique_ptr<Decoder> decoder, int worker)
      : context_(context),
        counts_(context.metrics, table.name),
        open_(ranges == nullptr ? nullptr : ranges->AddReader()),
        input_(input),
        blocks_(std::move(input), std::move(ranges)),
        line_is_row_(table.format->Layout(table.options) == FileLayout::kLineIsRow),
        decoder_(std::move(decoder)),
        bad_rows_(table, context, worker) {}

  Result<PollState> Poll(Batch* out) override {
    if (out->columns() != decoder_->schema().size()) *out = Batch(decoder_->schema());
    out->Reset();  // lets go of the block behind the last batch
    deadline_ = kNever;
    if (block_ == nullptr) {
      ASSIGN_OR_RETURN(const LineBlocks::State state, blocks_.Next());
      if (state == LineBlocks::State::kEnd) return PollState::kEnd;
      if (state == LineBlocks::State::kIdle) {
        deadline_ = context_.clock->SteadyMicros() + kPipePollMicros;
        return PollState::kIdle;
      }
      block_ = blocks_.block();
      records_.clear();
      if (line_is_row_) {
        AppendLines(block_->text(), &records_);
      } else {
        records_.push_back(block_->text());
      }
      cursor_ = {};
      counts_.Bytes(block_->length);
    }
    const size_t begin = OffsetOf(cursor_.record, cursor_.offset);
    refused_.clear();
    ASSIGN_OR_RETURN(const bool used_up, decoder_->Decode(records_, &cursor_, this, out));
    out->order_key = static_cast<uint64_t>(block_->offset) + begin;  // a value has a byte at least, or a line feed
    if (line_is_row_) {
      if (out->rows() > 0) out->origins = std::make_shared<LineRecordOrigins>(input_, block_);
    } else {
      out->origin_rows.clear();  // row i is the i-th value from `begin` on
      if (out->rows() > 0) out->origins = std::make_shared<LineOrigins>(input_, block_, begin, refused_);
    }
    if (open_ != nullptr) {
      const int64_t end = block_->offset + static_cast<int64_t>(block_->length);
      *open_ = {used_up ? end : block_->offset + static_cast<int64_t>(OffsetOf(cursor_.record, cursor_.offset)), end};
    }
    if (used_up) block_.reset();
    counts_.Rows(out->rows());
    if (out->rows() > 0) return PollState::kBatch;
    deadline_ = context_.clock->SteadyMicros();  // blank lines and refused rows only: go on after the others' turn
    return PollState::kIdle;
  }

  int64_t NextDeadline() const override { return deadline_; }
  bool HasRows() const override { return block_ != nullptr || deadline_ == kNever; }

 private:
  Status OnBadRow(const BadRow& row) override {
    const size_t offset = OffsetOf(row.record, row.offset);
    refused_.push_back(offset);
    const bool needs_position = bad_rows_.NeedsPosition(row);
    return bad_rows_.Handle(needs_position ? PositionAt(*input_, *block_, offset) : RowPosition(), row,
                            LineAt(block_->text(), offset));
  }

  // Within the block.
  size_t OffsetOf(uint32_t record, uint64_t offset) const {
    return static_cast<size_t>(records_[record].data() - block_->text().data()) + offset;
  }

  const ConnectorContext context_;
  const ReadCounts counts_;
  const std::shared_ptr<DealtRanges::Range> open_;  // shared with the ranges; nullptr: a pipe
  const std::shared_ptr<const Input> input_;
  LineBlocks blocks_;
  const bool line_is_row_;
  const std::unique_ptr<Decoder> decoder_;
  BadRowPolicy bad_rows_;
  std::shared_ptr<const Block> block_;  // nullptr: used up
  std::vector<RecordView> records_;     // the block, or its lines
  DecodeCursor cursor_;
  std::vector<uint64_t> refused_;  // offsets in block_, of this Poll
  int64_t deadline_ = kNever;
};

}  // namespace

Status FileSource::Start(std::vector<Waker*> /*wakers*/) {
  ASSIGN_OR_RETURN(input_, Input::Open(table_.options.String("path"), files_));
  if (!input_->seekable) {
    if (resumes_at_.empty()) return Status::Ok();
    return Status::User("the checkpoint has a position in a file, and " + input_->what + " is none",
                        "--fresh begins anew");
  }
  ranges_ = std::make_shared<DealtRanges>(input_->size);
  if (resumes_at_.empty()) return Status::Ok();
  return ranges_->Resume(resumes_at_).WithContext(input_->what);
}

// Looked at as it will be opened: where a relative path starts is the business of files_.
bool FileSource::HasPositions() const {
  const std::string& path = table_.options.String("path");
  if (path == "-") return false;
  const auto opened = files_.Open(path, O_PATH | O_CLOEXEC);  // a pipe sees no reader come and go
  if (!opened.ok() || opened->fd < 0) return false;
  struct stat info {};
  const bool known = fstat(opened->fd, &info) == 0;
  close(opened->fd);
  return known && S_ISREG(info.st_mode);
}

Status FileSource::Resume(const std::string& position) {
  resumes_at_ = position;
  return Status::Ok();
}

std::unique_ptr<SourceReader> FileSource::CreateReader(int worker) {
  auto decoder = table_.format->MakeDecoder(table_.schema, table_.options);  // MakeSource tried it
  if (!input_->seekable && worker > 0) {
    // A pipe can be read by one only. An empty file in its place: the reader ends at once.
    auto nothing = std::make_shared<const Input>(input_->fd, /*owned=*/false, input_->what, /*seekable=*/true, 0);
    return std::make_unique<FileReader>(table_, context_, std::move(nothing), std::make_shared<DealtRanges>(0),
                                        std::move(decoder).value(), worker);
  }
  return std::make_unique<FileReader>(table_, context_, input_, ranges_, std::move(decoder).value(), worker);
}

}  // namespace laminar::file
