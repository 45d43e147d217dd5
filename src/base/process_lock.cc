#include "base/process_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace laminar {

Result<std::unique_ptr<ProcessLock>> ProcessLock::Take(const std::string& file, const std::string& what,
                                                       const std::string& hint, int folder) {
  const int fd = openat(folder, file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Status::Environment(
        what + " cannot be opened: its lock " + file + ": " + std::error_code(errno, std::generic_category()).message(),
        "See that its folder is there and may be written");
  }
  std::unique_ptr<ProcessLock> lock(new ProcessLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) {
      return Status::Environment(what + " cannot be locked: " + file + ": " +
                                 std::error_code(error, std::generic_category()).message());
    }
    char owner[16];
    const ssize_t size = pread(fd, owner, sizeof owner, 0);
    std::string number(owner, size > 0 ? static_cast<size_t>(size) : 0);
    while (!number.empty() && number.back() == '\n') number.pop_back();
    return Status::Environment(what + " is in use by another process" + (number.empty() ? "" : ", " + number), hint);
  }
  const std::string owner = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, owner.data(), owner.size(), 0) < 0) {
    // A full disk: only the message to a second process is poorer.
  }
  return lock;
}

ProcessLock::~ProcessLock() {
  close(fd_);
}

}  // namespace laminar
