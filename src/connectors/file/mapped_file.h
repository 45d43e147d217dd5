// MappedFile: a regular file as one record in memory. One that is made shorter while it is read ends the process
// (SIGBUS).
#pragma once

#include <cstddef>
#include <memory>

#include "base/status.h"
#include "connectors/file/line_blocks.h"
#include "formats/format.h"

namespace laminar::file {

class MappedFile {
 public:
  // Requires a regular file. Error: it cannot be mapped.
  static Result<std::shared_ptr<MappedFile>> Of(std::shared_ptr<const Input> input);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const Input& input() const { return *input_; }
  // Valid as long as this.
  RecordView record() const { return {static_cast<const char*>(base_), static_cast<size_t>(input_->size)}; }

 private:
  MappedFile(std::shared_ptr<const Input> input, void* base, size_t length)
      : input_(std::move(input)), base_(base), length_(length) {}

  const std::shared_ptr<const Input> input_;  // shared: with the origins of rows
  void* const base_;
  const size_t length_;
};

}  // namespace laminar::file
