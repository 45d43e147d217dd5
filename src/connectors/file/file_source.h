// FileSource: the lines of a file or a pipe as rows. The workers read a regular file block by block, each the next one
// that nobody has taken. Its position in a checkpoint: the bytes that were dealt out, but for those still in blocks.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "connectors/file/line_blocks.h"

namespace laminar::file {

class FileSource final : public Source {
 public:
  // What table and context name is borrowed.
  FileSource(const TableSpec& table, const ConnectorContext& context, FileAccess files)
      : table_(table), context_(context), files_(std::move(files)) {}
  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SourceReader> CreateReader(int worker) override;
  bool HasPositions() const override;
  Result<std::string> Position() const override { return ranges_->Position(); }
  Status Resume(const std::string& position) override;
  bool Ready() const override { return true; }  // since Start: the file is open, its size known

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  const FileAccess files_;
  std::string resumes_at_;               // a position; "" = the beginning
  std::shared_ptr<const Input> input_;   // shared: with the origins of rows
  std::shared_ptr<DealtRanges> ranges_;  // shared: by the readers; nullptr: a pipe
};

}  // namespace laminar::file
