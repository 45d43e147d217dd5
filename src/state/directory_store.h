// DirectoryStore: a BlobStore in a directory of a local file system. A blob is a file; it is written beside its place,
// flushed to the disk and then moved there, so that its name never stands for a part of it.
#pragma once

#include <memory>

#include "base/process_lock.h"
#include "state/blob_store.h"

namespace laminar {

class DirectoryStore final : public BlobStore {
 public:
  enum class Mode {
    kOwn,    // makes the directory if need be; nobody else owns it until this object or its process ends
    kShare,  // makes it too, and leaves alone what others are writing there
    kRead,   // it is there; it may have an owner. Nothing is written
  };
  // kOwn also removes what writers that were killed left unfinished. Error: it cannot be made, is a file, may not be
  // used, or has an owner already.
  static Result<std::unique_ptr<DirectoryStore>> Open(const std::string& path, Mode mode = Mode::kOwn);
  ~DirectoryStore() override;

  Status Put(const std::string& name, std::string_view bytes) override;
  Result<bool> Create(const std::string& name, std::string_view bytes) override;
  Result<std::optional<std::string>> Get(const std::string& name) override;
  Result<std::vector<Entry>> List(std::string_view prefix) override;
  Status Delete(const std::string& name) override;
  std::string Describe(const std::string& name) const override;

 private:
  DirectoryStore(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  Status TakeOwnership();
  // Writes the bytes, flushed, to a file of their own; its name.
  Result<std::string> WriteAside(const std::string& name, std::string_view bytes);
  // The directory's entries are on the disk.
  Status Flush(const std::string& name);

  const std::string path_;
  const int fd_;                       // of the directory
  std::unique_ptr<ProcessLock> lock_;  // of its owner
};

}  // namespace laminar
