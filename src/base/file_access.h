// FileAccess: which files of this machine may be used by those who name paths: all of them by who started the process,
// those of one folder by the clients of a server.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace laminar {

// Immutable; thread-safe.
class FileAccess {
 public:
  // Any file; a relative path starts at the current directory.
  static FileAccess Any() { return {}; }
  // Those below `folder`, at which a relative path starts. option: of the command, for messages: "--files-dir".
  // Error (kUser): there is no such folder.
  static Result<FileAccess> Within(const std::string& folder, const std::string& option);
  // None at all: the option is not given.
  static FileAccess None(const std::string& option);

  bool is_any() const { return kind_ == Kind::kAny; }
  // Whether the path may be used, whether or not there is a file. Error (kUser): it leads out of the folder, by "..",
  // as an absolute path or through a symbolic link; or no folder is allowed.
  Status Check(const std::string& path) const;

  struct Opened {
    int fd = -1;    // the caller's; -1: `error` says why
    int error = 0;  // errno
  };
  // open(2). Of a folder only regular files, and directories for who wants to refuse those himself; no component is a
  // symbolic link that was not there when it was checked. Error: as Check, or it is a pipe or a device.
  Result<Opened> Open(const std::string& path, int flags, mode_t mode = 0) const;
  // The directory of a file, as O_PATH opens it, for openat.
  Result<Opened> OpenFolderOf(const std::string& path) const;
  // All of a file. Error: kUser as Open; kEnvironment = it cannot be read, or has more bytes; the message says only
  // why.
  Result<std::string> Read(const std::string& path, size_t most_bytes) const;

 private:
  enum class Kind { kAny, kFolder, kNone };
  FileAccess() = default;
  // Below folder_, without symbolic links and "..".
  Result<std::string> Resolve(const std::string& path) const;
  // Of a resolved path.
  Opened OpenParent(const std::string& below) const;

  Kind kind_ = Kind::kAny;
  std::string folder_;  // canonical
  std::string option_;
};

}  // namespace laminar
