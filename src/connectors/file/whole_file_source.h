// WholeFileSource: a regular file that is one record of its format (CSV, Parquet, anything compressed), read by one
// worker. Its position in a checkpoint: how far the decoder is.
//
// The file is mapped into memory: reading takes none of the pipeline's memory limit, and a file that is made shorter
// while it is read ends the process (SIGBUS).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/file/mapped_file.h"

namespace laminar::file {

class WholeFileSource final : public Source {
 public:
  // What table and context name is borrowed.
  WholeFileSource(const TableSpec& table, const ConnectorContext& context, FileAccess files);
  ~WholeFileSource() override;
  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SourceReader> CreateReader(int worker) override;
  bool HasPositions() const override { return true; }
  Result<std::string> Position() const override;
  Status Resume(const std::string& position) override;
  bool Ready() const override { return true; }  // since Start

 private:
  struct Progress;
  class Reader;

  const TableSpec table_;
  const ConnectorContext context_;
  const FileAccess files_;
  std::shared_ptr<MappedFile> mapping_;  // shared: with the reader, whose rows point into it
  // Shared: with the reader, the only one to write it.
  const std::shared_ptr<Progress> progress_;
  int64_t resumes_at_size_ = -1;  // of the file when the position was taken; -1: the beginning
};

}  // namespace laminar::file
