// DirectoryStore: a BlobStore in a directory of a local file system. A blob is a file; it is written beside its place,
// flushed to the disk and then moved there, so that its name never stands for a part of it.
#pragma once

#include <memory>

#include "state/blob_store.h"

namespace laminar {

class DirectoryStore final : public BlobStore {
 public:
  // Makes the directory if need be, and removes what writers that were killed left unfinished. So the caller sees to it
  // that no other process writes there meanwhile. Error: it cannot be made, is a file, or may not be written.
  static Result<std::unique_ptr<DirectoryStore>> Open(const std::string& path);
  ~DirectoryStore() override;

  Status Put(const std::string& name, std::string_view bytes) override;
  Result<bool> Create(const std::string& name, std::string_view bytes) override;
  Result<std::optional<std::string>> Get(const std::string& name) override;
  Result<std::vector<Entry>> List(std::string_view prefix) override;
  Status Delete(const std::string& name) override;
  std::string Describe(const std::string& name) const override;

 private:
  DirectoryStore(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  // Writes the bytes, flushed, to a file of their own; its name.
  Result<std::string> WriteAside(const std::string& name, std::string_view bytes);
  // The directory's entries are on the disk.
  Status Flush(const std::string& name);

  const std::string path_;
  const int fd_;  // of the directory
};

}  // namespace laminar
