// FileSource: the lines of a file or a pipe as rows. A regular file is split into byte ranges over the workers.
#pragma once

#include <memory>
#include <vector>

#include "connectors/connector.h"
#include "connectors/file/line_blocks.h"

namespace laminar::file {

class FileSource final : public Source {
 public:
  // What table and context name is borrowed.
  FileSource(const TableSpec& table, const ConnectorContext& context) : table_(table), context_(context) {}
  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SourceReader> CreateReader(int worker) override;
  bool Ready() const override { return true; }  // since Start: the file is open, its size known

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  std::shared_ptr<const Input> input_;  // shared: with the origins of rows
  std::vector<int64_t> bounds_;         // worker w reads the lines that begin in [bounds_[w], bounds_[w + 1])
};

}  // namespace laminar::file
