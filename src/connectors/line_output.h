// LineOutput: whole lines from several writers into one file descriptor - a file, a pipe, a terminal - in the order
// they were handed in.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar {

// Thread-safe. Never blocks on a pipe or a terminal: what its reader has no room for is kept, and whoever comes next
// tries again. Writing to a file goes to the page cache at once. SIGPIPE must be ignored by the process; a reader that
// went away is then Status::Cancelled.
class LineOutput {
 public:
  // what: for messages, "stdout" or "file /data/out.jsonl". owned: closed by the destructor.
  LineOutput(int fd, std::string what, bool owned);
  ~LineOutput();
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // Takes all of `lines`, which ends with a newline, after what was kept before it.
  Status Write(std::string_view lines);
  // Writes what was kept, as far as there is room.
  Status Flush();
  size_t kept_bytes() const;
  // Of a regular file: the bytes before where the next line begins, and nothing is torn before them.
  int64_t end() const;
  // Cancelled if the reader of a pipe has gone: a quiet writer would not notice before its next line.
  Status CheckReader() const;
  // Forces a regular file onto its disk; nothing to do for others.
  Status Sync();
  const std::string& what() const { return what_; }

 private:
  // Writes from the front of `bytes` as far as there is room and removes it; mutex_ is held.
  Status WriteSome(std::string_view* bytes);
  Status ReaderGone() const;

  const int fd_;
  const std::string what_;
  const bool owned_;
  bool may_block_ = false;  // a pipe or a terminal
  bool is_regular_ = false;
  mutable std::mutex mutex_;
  std::string kept_;       // guarded by mutex_
  size_t kept_begin_ = 0;  // guarded by mutex_; what lies before it is written
};

}  // namespace laminar
