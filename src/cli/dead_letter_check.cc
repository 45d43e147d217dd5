#include "cli/dead_letter_check.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/units.h"
#include "cli/dead_letter_format.h"
#include "connectors/file/mapped_file.h"
#include "duck/batch.h"
#include "formats/json/json_decoder.h"

namespace laminar::cli {

namespace {

class Lines final : public BadRowHandler {
 public:
  // The next ones.
  Status Read(const std::vector<RecordView>& lines) {
    DecodeCursor cursor;
    for (bool used_up = false; !used_up;) {
      batch_.Reset();
      ASSIGN_OR_RETURN(used_up, letters_.Decode(lines, &cursor, this, &batch_));
    }
    read_ += lines.size();
    return Status::Ok();
  }
  Status OnBadRow(const BadRow& row) override {
    if (bad_++ > 0) return Status::Ok();
    first_ = "line " + std::to_string(read_ + row.record + 1) +
             " is no dead letter: " + (row.column.empty() ? "" : row.column + ": ") + row.reason;
    return Status::Ok();
  }
  // "" or what is wrong with those that were read.
  std::string Problem() const {
    if (bad_ < 2) return first_;
    return first_ + "; " + FormatCount(bad_ - 1) +
           (bad_ == 2 ? " more line is none either" : " more lines are none either");
  }

 private:
  JsonDecoder letters_{LetterSchema(), JsonOptions()};
  Batch batch_{LetterSchema()};
  uint64_t read_ = 0, bad_ = 0;
  std::string first_;
};

}  // namespace

Status CheckLetters(const std::string& path) {
  auto opened = file::Input::Open(path, FileAccess::Any());
  if (!opened.ok()) {
    return Status::Environment(opened.status().message(),
                               "Name the file, or the stream, that the table's dead_letter options name");
  }
  if (!(*opened)->seekable || (*opened)->size == 0) return Status::Ok();
  ASSIGN_OR_RETURN(const auto mapped, file::MappedFile::Of(std::move(opened).value()));
  const RecordView text = mapped->record();
  Lines checked;
  for (size_t begin = 0; begin < text.size();) {
    std::vector<RecordView> lines;
    while (begin < text.size() && lines.size() < kBatchRows) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    RETURN_IF_ERROR(checked.Read(lines));
  }
  const std::string problem = checked.Problem();
  if (problem.empty()) return Status::Ok();
  return Status::User(mapped->input().what + ", " + problem,
                      "Nothing was put back yet: correct such lines, or take them out");
}

}  // namespace laminar::cli
