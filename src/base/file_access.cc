// A path is resolved as a whole first, which tells where it leads, and is then opened one component after the other
// with O_NOFOLLOW: what somebody puts in its way in between is not followed.
#include "base/file_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace laminar {

namespace {

namespace fs = std::filesystem;

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

Result<FileAccess> FileAccess::Within(const std::string& folder, const std::string& option) {
  std::error_code error;
  const fs::path canonical = fs::canonical(folder, error);
  if (error || !fs::is_directory(canonical, error)) {
    return Status::User(option + " " + folder + ": " + (error ? error.message() : "it is no directory"),
                        "Name a directory that is there");
  }
  FileAccess access;
  access.kind_ = Kind::kFolder;
  access.folder_ = canonical.string();
  access.option_ = option;
  return access;
}

FileAccess FileAccess::None(const std::string& option) {
  FileAccess access;
  access.kind_ = Kind::kNone;
  access.option_ = option;
  return access;
}

Status FileAccess::Check(const std::string& path) const {
  return is_any() ? Status::Ok() : Resolve(path).status();
}

Result<std::string> FileAccess::Resolve(const std::string& path) const {
  if (kind_ == Kind::kNone) {
    return Status::User("the file " + path + " may not be used: the server was started without " + option_,
                        "Start it with " + option_ + " DIR, and name a file in that directory");
  }
  const auto refused = [&](const std::string& why) {
    return Status::User("the file " + path + " may not be used: " + why,
                        "Name a file in " + folder_ + " (" + option_ + "), at which a relative path starts");
  };
  if (path.empty() || path == "-" || path.find('\0') != path.npos) return refused("it is no path");
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(fs::path(folder_) / path, error);
  if (error) return refused(error.message());
  // A link that leads to nothing is left as it is.
  if (fs::is_symlink(fs::symlink_status(resolved, error)))
    return refused("it is outside of that directory, or nowhere");
  const fs::path below = resolved.lexically_relative(folder_);
  if (below.empty() || below == "." || *below.begin() == "..") return refused("it is outside of that directory");
  return below.string();
}

FileAccess::Opened FileAccess::OpenParent(const std::string& below) const {
  Descriptor at(open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const fs::path& name : fs::path(below).parent_path()) {
    if (at.get() < 0) break;
    at = Descriptor(openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  const int error = errno;
  return at.get() < 0 ? Opened{-1, error} : Opened{at.Release(), 0};
}

Result<FileAccess::Opened> FileAccess::OpenFolderOf(const std::string& path) const {
  if (!is_any()) {
    ASSIGN_OR_RETURN(const std::string below, Resolve(path));
    return OpenParent(below);
  }
  const fs::path folder = fs::path(path).parent_path();
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return Opened{fd, fd < 0 ? errno : 0};
}

Result<FileAccess::Opened> FileAccess::Open(const std::string& path, int flags, mode_t mode) const {
  if (is_any()) {
    const int fd = open(path.c_str(), flags, mode);
    return Opened{fd, fd < 0 ? errno : 0};
  }
  ASSIGN_OR_RETURN(const std::string below, Resolve(path));
  const Opened parent = OpenParent(below);
  if (parent.fd < 0) return parent;
  const Descriptor at(parent.fd);
  // O_NONBLOCK: a named pipe must not hold up who opens it, before it is refused.
  Descriptor file(openat(at.get(), fs::path(below).filename().c_str(), flags | O_NOFOLLOW | O_NONBLOCK, mode));
  const int open_error = errno;
  struct stat info {};
  const bool is_special = file.get() < 0
                              ? open_error == ENXIO
                              : fstat(file.get(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
  if (is_special) return Status::User("the file " + path + " may not be used: it is a pipe or a device");
  if (file.get() < 0) return Opened{-1, open_error};
  return Opened{file.Release(), 0};
}

Result<std::string> FileAccess::Read(const std::string& path, size_t most_bytes) const {
  // O_NONBLOCK: see above.
  ASSIGN_OR_RETURN(const Opened opened, Open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.fd < 0) return Status::Environment(std::strerror(opened.error));
  const Descriptor file(opened.fd);
  std::string text;
  char buffer[16 << 10];
  while (true) {
    const ssize_t bytes = read(file.get(), buffer, sizeof buffer);
    if (bytes == 0) return text;
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return Status::Environment(std::strerror(errno));
    text.append(buffer, static_cast<size_t>(bytes));
    if (text.size() > most_bytes)
      return Status::Environment("it has more than " + std::to_string(most_bytes) + " bytes");
  }
}

}  // namespace laminar
