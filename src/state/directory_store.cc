// What a crash may leave at any instant: nothing, a file that begins with kAside, or the whole blob. The order that
// gives this: write, fsync the file, rename or link it, fsync the directory.
#include "state/directory_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.h"

namespace laminar {

namespace {

constexpr std::string_view kAside = ".part-";
constexpr const char* kLock = ".lock";
std::atomic<uint64_t> g_aside{0};  // two stores of a process may stand for one directory

struct FileCloser {
  int fd;
  ~FileCloser() { close(fd); }
};

Status Failed(const std::string& what, const std::string& path, int error) {
  const char* hint = "";
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      hint = "Free space there, or name another directory with --state-dir";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      hint = "Give this user the right to read and write there, or name another directory with --state-dir";
      break;
    case ENOTDIR:
    case EEXIST:
      hint = "Name a directory with --state-dir";
      break;
    default:
      break;
  }
  return Status::Environment("cannot " + what + " " + path + ": " + std::strerror(error), hint);
}

// 0 or errno.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int ReadAll(int fd, std::string* bytes) {
  size_t at = 0;
  while (at < bytes->size()) {
    const ssize_t got = pread(fd, bytes->data() + at, bytes->size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  bytes->resize(at);
  return 0;
}

// Every name in the directory; 0 or errno.
int NamesIn(int directory, std::vector<std::string>* names) {
  const int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  DIR* const stream = fdopendir(fd);
  if (stream == nullptr) {
    const int error = errno;
    close(fd);
    return error;
  }
  errno = 0;
  while (const dirent* entry = readdir(stream)) names->emplace_back(entry->d_name);
  const int error = errno;
  closedir(stream);
  return error;
}

// 0 or errno.
int FlushDirectory(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const FileCloser closer{fd};
  return fsync(fd) == 0 ? 0 : errno;
}

// Those that are missing, each on the disk before what lies in it. 0 or errno.
int MakeDirectories(const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return 0;
  const std::filesystem::path parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  if (const int failed = MakeDirectories(parent)) return failed;
  std::filesystem::create_directory(path, error);
  return error ? error.value() : FlushDirectory(parent.empty() ? "." : parent);
}

}  // namespace

Status DirectoryStore::TakeOwnership() {
  ASSIGN_OR_RETURN(lock_, ProcessLock::Take(kLock, "the state directory " + path_,
                                            "This pipeline runs already: stop that one, or give this one a state of "
                                            "its own with --state-dir",
                                            fd_));
  return Status::Ok();
}

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::Open(const std::string& path, Mode mode) {
  const bool writes = mode != Mode::kRead;
  if (const int error = writes ? MakeDirectories(path) : 0) return Failed("open the state directory", path, error);
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("open the state directory", path, errno);
  std::unique_ptr<DirectoryStore> store(new DirectoryStore(path, fd));
  if (faccessat(fd, ".", writes ? R_OK | W_OK | X_OK : R_OK | X_OK, 0) != 0)
    return Failed("use the state directory", path, errno);
  if (mode != Mode::kOwn) return store;
  RETURN_IF_ERROR(store->TakeOwnership());
  std::vector<std::string> names;
  if (const int failed = NamesIn(fd, &names)) return Failed("list", path, failed);
  for (const std::string& name : names) {
    if (name.starts_with(kAside)) unlinkat(fd, name.c_str(), 0);
  }
  return store;
}

DirectoryStore::~DirectoryStore() {
  close(fd_);
}

std::string DirectoryStore::Describe(const std::string& name) const {
  return path_ + "/" + name;
}

Result<std::string> DirectoryStore::WriteAside(const std::string& name, std::string_view bytes) {
  CHECK_MSG(IsName(name), name.c_str());
  CHECK(bytes.size() <= kLargestBlob);
  std::string aside = std::string(kAside) + std::to_string(getpid()) + "-" + std::to_string(++g_aside);
  const int fd = openat(fd_, aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("write", Describe(name), errno);
  const FileCloser closer{fd};
  int error = WriteAll(fd, bytes);
  if (error == 0 && fsync(fd) != 0) error = errno;
  if (error == 0) return aside;
  unlinkat(fd_, aside.c_str(), 0);
  return Failed("write", Describe(name), error);
}

Status DirectoryStore::Flush(const std::string& name) {
  return fsync(fd_) == 0 ? Status::Ok() : Failed("write", Describe(name), errno);
}

Status DirectoryStore::Put(const std::string& name, std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string aside, WriteAside(name, bytes));
  if (renameat(fd_, aside.c_str(), fd_, name.c_str()) != 0) {
    const int error = errno;
    unlinkat(fd_, aside.c_str(), 0);
    return Failed("write", Describe(name), error);
  }
  return Flush(name);
}

Result<bool> DirectoryStore::Create(const std::string& name, std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string aside, WriteAside(name, bytes));
  const int error = linkat(fd_, aside.c_str(), fd_, name.c_str(), 0) == 0 ? 0 : errno;
  unlinkat(fd_, aside.c_str(), 0);
  if (error == EEXIST) return false;
  if (error != 0) return Failed("write", Describe(name), error);
  RETURN_IF_ERROR(Flush(name));
  return true;
}

Result<std::optional<std::string>> DirectoryStore::Get(const std::string& name) {
  CHECK_MSG(IsName(name), name.c_str());
  const int fd = openat(fd_, name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::optional<std::string>();
  if (fd < 0) return Failed("read", Describe(name), errno);
  const FileCloser closer{fd};
  struct stat about {};
  if (fstat(fd, &about) != 0) return Failed("read", Describe(name), errno);
  if (about.st_size > static_cast<off_t>(kLargestBlob)) {
    return Status::Environment(
        Describe(name) + " has " + std::to_string(about.st_size) + " bytes, more than any file of a checkpoint",
        "It was not written by Laminar: move it away");
  }
  std::string bytes(static_cast<size_t>(about.st_size), '\0');
  if (const int error = ReadAll(fd, &bytes)) return Failed("read", Describe(name), error);
  return std::optional(std::move(bytes));
}

Result<std::vector<BlobStore::Entry>> DirectoryStore::List(std::string_view prefix) {
  std::vector<std::string> names;
  if (const int error = NamesIn(fd_, &names)) return Failed("list", path_, error);
  std::sort(names.begin(), names.end());
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    if (!IsName(name) || !name.starts_with(prefix)) continue;
    struct stat about {};
    if (fstatat(fd_, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // deleted meanwhile
      return Failed("list", Describe(name), errno);
    }
    if (S_ISREG(about.st_mode)) entries.push_back({name, about.st_size});
  }
  return entries;
}

Status DirectoryStore::Delete(const std::string& name) {
  CHECK_MSG(IsName(name), name.c_str());
  if (unlinkat(fd_, name.c_str(), 0) == 0 || errno == ENOENT) return Status::Ok();
  return Failed("delete", Describe(name), errno);
}

}  // namespace laminar
