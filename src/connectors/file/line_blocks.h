// LineBlocks: the bytes of a file or a pipe as blocks of whole lines, in memory that is used again and again.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_access.h"
#include "base/status.h"
#include "connectors/dealt_ranges.h"

namespace laminar::file {

// What is read. Opened once, shared by the readers of all workers and by the origins of their rows; immutable to them.
class Input {
 public:
  // path: "-" and "/dev/stdin" are the standard input. Error: kUser = `files` does not let it be used; kEnvironment =
  // it does not exist, is a directory, may not be read.
  static Result<std::shared_ptr<const Input>> Open(const std::string& path, const FileAccess& files);
  Input(int fd, bool owned, std::string what, bool seekable, int64_t size)
      : fd(fd), what(std::move(what)), seekable(seekable), size(size), owned_(owned) {}
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Bytes read from `offset` of a regular file; fewer than `length` only at its end.
  Result<size_t> ReadAt(int64_t offset, char* to, size_t length) const;
  Status Failed(int error) const;
  // Newlines in the first `offset` bytes of a regular file; a failure to read counts as none. Each byte is looked at
  // about once, however often this is asked for. Any thread.
  uint64_t NewlinesBefore(int64_t offset) const;

  const int fd;
  const std::string what;  // "file /data/x.jsonl", "stdin": for messages
  const bool seekable;     // a regular file: read by position, in ranges; else from front to back, by one reader
  const int64_t size;      // of a regular file, when it was opened: what is appended later is not read

 private:
  const bool owned_;
  mutable std::mutex lines_mutex_;
  mutable std::map<int64_t, uint64_t> lines_;  // guarded by lines_mutex_: by offset, where somebody asked before
};

// Whole lines (the last one of the input may lack its newline), with kRecordPadding readable bytes behind them.
struct Block {
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;        // without the padding
  size_t begin = 0;           // of the first line in the buffer
  size_t length = 0;          // bytes of whole lines
  int64_t offset = 0;         // of the first byte in the input
  uint64_t lines_before = 0;  // pipe: lines before the first one. File: not known here, count them
  std::string_view text() const { return {buffer.get() + begin, length}; }
};

// The lines that begin in ranges of a regular file, a range a block, or all of a pipe. Not thread-safe.
class LineBlocks {
 public:
  static constexpr size_t kBlockBytes = 128 << 10;
  static constexpr size_t kLongestLine = 256 << 20;

  // ranges: of the file's bytes, shared with the other readers; nullptr for a pipe.
  LineBlocks(std::shared_ptr<const Input> input, std::shared_ptr<DealtRanges> ranges);

  enum class State { kBlock, kIdle, kEnd };
  // kBlock: block() is the next one. kIdle: the pipe has nothing now. Error: reading failed, or a line is too long.
  Result<State> Next();
  // Shared with the origins of the rows decoded from it: a block that somebody still holds is not overwritten.
  std::shared_ptr<const Block> block() const { return block_; }

 private:
  Result<State> NextOfFile();
  Result<State> NextOfPipe();
  // The lines that begin in the range become block_; none: it stays nullptr.
  Status ReadRange(const DealtRanges::Range& range);
  // A block that nobody holds, with room for `bytes`.
  std::shared_ptr<Block> Take(size_t bytes);
  Status TooLong(int64_t offset) const;

  const std::shared_ptr<const Input> input_;
  const std::shared_ptr<DealtRanges> ranges_;  // shared: by all readers of the file; nullptr: a pipe
  int64_t next_ = 0;                           // pipe: where the next block begins
  bool ended_ = false;
  std::shared_ptr<Block> filling_;  // pipe: an unfinished line and what follows it
  size_t filled_ = 0;               // bytes in filling_
  uint64_t lines_ = 0;              // pipe: lines handed out
  std::shared_ptr<Block> block_;
  std::array<std::shared_ptr<Block>, 4> pool_;
};

}  // namespace laminar::file
