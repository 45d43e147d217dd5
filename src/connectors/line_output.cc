#include "connectors/line_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace laminar {

namespace {

// A pipe that poll() calls writable has room for this much without blocking (POSIX: PIPE_BUF; Linux: one page).
constexpr size_t kPipePiece = PIPE_BUF;
constexpr size_t kKeptCapacity = 1 << 20;  // memory kept for a reader that is slow now and then

}  // namespace

LineOutput::LineOutput(int fd, std::string what, bool owned) : fd_(fd), what_(std::move(what)), owned_(owned) {
  struct stat info {};
  if (fstat(fd_, &info) == 0) {
    is_regular_ = S_ISREG(info.st_mode);
    may_block_ = S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || isatty(fd_) == 1;
  }
}

LineOutput::~LineOutput() {
  if (owned_) close(fd_);
}

Status LineOutput::WriteSome(std::string_view* bytes) {
  while (!bytes->empty()) {
    if (may_block_) {
      pollfd poll_fd{fd_, POLLOUT, 0};
      if (poll(&poll_fd, 1, 0) <= 0) return Status::Ok();
    }
    const size_t piece = may_block_ ? std::min(bytes->size(), kPipePiece) : bytes->size();
    const ssize_t written = write(fd_, bytes->data(), piece);
    if (written >= 0) {
      bytes->remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      return Status::Ok();
    } else if (errno == EPIPE) {
      return ReaderGone();
    } else if (errno != EINTR) {
      const int error = errno;
      const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
      return Status::Environment("cannot write to " + what_ + ": " + std::strerror(error),
                                 full ? "Make room on the disk, or write elsewhere" : "");
    }
  }
  return Status::Ok();
}

Status LineOutput::Write(std::string_view lines) {
  std::lock_guard lock(mutex_);
  if (kept_begin_ < kept_.size()) {
    std::string_view kept = std::string_view(kept_).substr(kept_begin_);
    const Status status = WriteSome(&kept);
    kept_begin_ = kept_.size() - kept.size();
    RETURN_IF_ERROR(status);
  }
  if (kept_begin_ == kept_.size()) {
    RETURN_IF_ERROR(WriteSome(&lines));
    kept_.clear();
    kept_begin_ = 0;
  }
  if (!lines.empty()) {
    kept_.erase(0, kept_begin_);
    kept_begin_ = 0;
    kept_.append(lines);
  } else if (kept_.empty() && kept_.capacity() > kKeptCapacity) {
    kept_.shrink_to_fit();
  }
  return Status::Ok();
}

Status LineOutput::Flush() {
  return Write({});
}

Status LineOutput::ReaderGone() const {
  return Status::Cancelled("the reader of " + what_ + " went away");
}

Status LineOutput::CheckReader() const {
  if (!may_block_) return Status::Ok();
  pollfd poll_fd{fd_, 0, 0};
  return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLERR) != 0 ? ReaderGone() : Status::Ok();
}

size_t LineOutput::kept_bytes() const {
  std::lock_guard lock(mutex_);
  return kept_.size() - kept_begin_;
}

int64_t LineOutput::end() const {
  std::lock_guard lock(mutex_);
  return is_regular_ ? static_cast<int64_t>(lseek(fd_, 0, SEEK_CUR)) : 0;
}

Status LineOutput::Sync() {
  if (!is_regular_) return Status::Ok();
  if (fsync(fd_) == 0) return Status::Ok();
  return Status::Environment("cannot write to " + what_ + ": " + std::strerror(errno), "Check the disk");
}

}  // namespace laminar
