// A regular file is read with pread into buffers that stay in the cache, not mapped: as fast for one pass, memory stays
// flat whatever the file's size, a file that is cut short while it is read is no SIGBUS, and the padding behind the
// last line is there.
#include "connectors/file/line_blocks.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <vector>

#include "base/units.h"
#include "formats/format.h"

namespace laminar::file {

namespace {

constexpr size_t kBehindRange = 4 << 10;
constexpr size_t kMostBytes = LineBlocks::kLongestLine + LineBlocks::kBlockBytes + kBehindRange;

// Position after the last newline in [begin, begin + length); 0: none.
size_t AfterLastNewline(const char* begin, size_t length) {
  const void* found = memrchr(begin, '\n', length);
  return found == nullptr ? 0 : static_cast<size_t>(static_cast<const char*>(found) - begin) + 1;
}

}  // namespace

Result<std::shared_ptr<const Input>> Input::Open(const std::string& path, const FileAccess& files) {
  const bool is_stdin = files.is_any() && (path == "-" || path == "/dev/stdin");
  std::string what = is_stdin ? "stdin" : "file " + path;
  // O_NONBLOCK: a named pipe opens before its writer is there.
  FileAccess::Opened opened{STDIN_FILENO, 0};
  if (!is_stdin) {
    ASSIGN_OR_RETURN(opened, files.Open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  }
  const int fd = opened.fd, open_error = opened.error;
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) {
    const int error = fd < 0 ? open_error : errno;
    return Status::Environment(
        "cannot read " + what + ": " + std::strerror(error),
        error == ENOENT
            ? files.is_any() ? "Check its name; a relative path starts at the current directory" : "Check its name"
        : error == EACCES ? "Give this user the right to read it"
                          : "");
  }
  auto input = std::make_shared<const Input>(fd, !is_stdin, std::move(what), S_ISREG(info.st_mode), info.st_size);
  if (S_ISDIR(info.st_mode)) {
    return Status::Environment("cannot read " + input->what + ": it is a directory", "Name a file in that directory");
  }
  // Against a sink of this script, or of another process, that writes the same file: it would cut off what is being
  // read.
  if (input->seekable && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Status::Environment("cannot read " + input->what + ": a pipeline is writing it",
                               "Name another file in one of the two tables");
  }
  if (input->seekable) (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return input;
}

Input::~Input() {
  if (owned_) close(fd);
}

Status Input::Failed(int error) const {
  return Status::Environment("cannot read " + what + ": " + std::strerror(error));
}

Result<size_t> Input::ReadAt(int64_t offset, char* to, size_t length) const {
  size_t got = 0;
  while (got < length) {
    const ssize_t n = pread(fd, to + got, length - got, offset + static_cast<int64_t>(got));
    if (n == 0) break;
    if (n > 0) {
      got += static_cast<size_t>(n);
    } else if (errno != EINTR) {
      return Failed(errno);
    }
  }
  return got;
}

uint64_t Input::NewlinesBefore(int64_t offset) const {
  const std::lock_guard lock(lines_mutex_);
  const auto behind = lines_.upper_bound(offset);
  int64_t at = behind == lines_.begin() ? 0 : std::prev(behind)->first;
  uint64_t lines = behind == lines_.begin() ? 0 : std::prev(behind)->second;
  std::vector<char> buffer(LineBlocks::kBlockBytes);
  while (at < offset) {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(offset - at, static_cast<int64_t>(buffer.size())));
    const Result<size_t> got = ReadAt(at, buffer.data(), wanted);
    if (!got.ok() || *got == 0) return lines;
    lines +=
        static_cast<uint64_t>(std::count(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got), '\n'));
    at += static_cast<int64_t>(*got);
  }
  lines_[offset] = lines;
  return lines;
}

LineBlocks::LineBlocks(std::shared_ptr<const Input> input, std::shared_ptr<DealtRanges> ranges)
    : input_(std::move(input)), ranges_(std::move(ranges)) {}

Result<LineBlocks::State> LineBlocks::Next() {
  block_.reset();
  if (ended_) return State::kEnd;
  return input_->seekable ? NextOfFile() : NextOfPipe();
}

std::shared_ptr<Block> LineBlocks::Take(size_t bytes) {
  std::shared_ptr<Block>* free = nullptr;
  for (auto& candidate : pool_) {
    if (candidate == nullptr || candidate.use_count() == 1) {
      free = &candidate;
      if (candidate != nullptr && candidate->capacity >= bytes) break;
    }
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // with the release of whoever held it last
  std::shared_ptr<Block> block = free != nullptr && *free != nullptr && (*free)->capacity >= bytes ? *free : nullptr;
  if (block == nullptr) {
    block = std::make_shared<Block>();
    block->buffer = std::make_unique_for_overwrite<char[]>(bytes + kRecordPadding);
    std::memset(block->buffer.get() + bytes, 0, kRecordPadding);
    block->capacity = bytes;
    if (free != nullptr) *free = block;
  }
  return block;
}

Status LineBlocks::TooLong(int64_t offset) const {
  return Status::User("the line at byte " + std::to_string(offset) + " of " + input_->what + " is longer than " +
                          FormatBytes(kLongestLine),
                      "Each row must be a line of its own");
}

Result<LineBlocks::State> LineBlocks::NextOfFile() {
  while (const std::optional<DealtRanges::Range> range = ranges_->Take(kBlockBytes)) {
    RETURN_IF_ERROR(ReadRange(*range));
    if (block_ != nullptr) return State::kBlock;
  }
  ended_ = true;
  return State::kEnd;
}

// Read from one byte before the range, which says whether a line begins with it, to a little behind it, where its last
// line most likely ends.
Status LineBlocks::ReadRange(const DealtRanges::Range& range) {
  const int64_t from = std::max<int64_t>(0, range.begin - 1);
  const auto to_last = static_cast<size_t>(range.end - 1 - from);  // where the range's last byte is in the buffer
  for (size_t capacity = kBlockBytes + kBehindRange;; capacity = std::min(2 * capacity, kMostBytes)) {
    const std::shared_ptr<Block> block = Take(capacity);
    char* const bytes = block->buffer.get();
    const size_t wanted = std::min(block->capacity, static_cast<size_t>(input_->size - from));
    ASSIGN_OR_RETURN(const size_t got, input_->ReadAt(from, bytes, wanted));
    const bool at_end_of_file = got < wanted || from + static_cast<int64_t>(got) == input_->size;
    size_t first = 0;
    if (range.begin > 0) {
      const void* newline = std::memchr(bytes, '\n', std::min(got, to_last));
      if (newline == nullptr) return Status::Ok();  // no line begins here
      first = static_cast<size_t>(static_cast<const char*>(newline) - bytes) + 1;
    }
    size_t end = 0;
    if (got > to_last) {
      const void* newline = std::memchr(bytes + to_last, '\n', got - to_last);
      if (newline != nullptr) end = static_cast<size_t>(static_cast<const char*>(newline) - bytes) + 1;
    }
    if (end == 0) {
      if (!at_end_of_file) {
        if (capacity < kMostBytes) continue;
        return TooLong(from + static_cast<int64_t>(first + AfterLastNewline(bytes + first, to_last - first)));
      }
      end = got;
    }
    if (end <= first) return Status::Ok();  // cut short while it is read
    block->begin = first;
    block->length = end - first;
    block->offset = from + static_cast<int64_t>(first);
    block_ = block;
    return Status::Ok();
  }
}

Result<LineBlocks::State> LineBlocks::NextOfPipe() {
  if (filling_ == nullptr) filling_ = Take(kBlockBytes);
  size_t whole = 0;  // bytes of whole lines in filling_
  bool nothing_now = false;
  while (!nothing_now && !ended_) {
    if (filled_ == filling_->capacity) {
      whole = AfterLastNewline(filling_->buffer.get(), filled_);
      if (whole > 0) break;
      if (filled_ * 2 > kLongestLine) return TooLong(next_);
      const std::shared_ptr<Block> larger = Take(filled_ * 2);
      std::memcpy(larger->buffer.get(), filling_->buffer.get(), filled_);
      filling_ = larger;
    }
    pollfd poll_fd{input_->fd, POLLIN, 0};
    if (poll(&poll_fd, 1, 0) <= 0) {
      nothing_now = true;
      break;
    }
    const ssize_t n = read(input_->fd, filling_->buffer.get() + filled_, filling_->capacity - filled_);
    if (n > 0) {
      filled_ += static_cast<size_t>(n);
    } else if (n == 0) {
      ended_ = true;
    } else if (errno == EAGAIN) {
      nothing_now = true;
    } else if (errno != EINTR) {
      return input_->Failed(errno);
    }
  }
  if (whole == 0) whole = ended_ ? filled_ : AfterLastNewline(filling_->buffer.get(), filled_);
  if (whole == 0) return ended_ ? State::kEnd : State::kIdle;

  const std::shared_ptr<Block> block = std::move(filling_);
  block->begin = 0;
  block->length = whole;
  block->offset = next_;
  block->lines_before = lines_;
  next_ += static_cast<int64_t>(whole);
  lines_ += static_cast<uint64_t>(std::count(block->buffer.get(), block->buffer.get() + whole, '\n'));
  const size_t tail = filled_ - whole;
  if (!ended_) {
    filling_ = Take(std::max(kBlockBytes, tail));
    std::memcpy(filling_->buffer.get(), block->buffer.get() + whole, tail);
  }
  filled_ = tail;
  block_ = block;
  return State::kBlock;
}

}  // namespace laminar::file
