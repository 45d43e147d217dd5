// LogScope: whose lines a thread logs, where several pipelines run in one process. Their lines have the field
// `pipeline`, and are kept for those who ask for the pipeline's own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace laminar {

struct LogLine {
  struct Field {
    std::string key, value;
    bool number = false;  // as LogField
  };
  int64_t number = 0;     // from 1 on, without gaps
  int64_t at_micros = 0;  // since 1970
  LogLevel level = LogLevel::kInfo;
  std::string message;
  std::vector<Field> fields = {};  // without `pipeline`; UTF-8, as the message
};

std::string_view LogLevelName(LogLevel level);  // "debug", "info", "warning", "error"

// The last lines of a pipeline, from LogLevel::kInfo on whatever the log shows. Thread-safe.
class LogLines {
 public:
  static constexpr size_t kMostLines = 1'000;
  static constexpr size_t kMostBytes = 1 << 20;      // of all of them: older ones are forgotten
  static constexpr size_t kMostLineBytes = 8 << 10;  // what is longer is cut

  // Gives it its number.
  void Add(LogLine line);
  // Those behind that number, oldest first, `most` at most. 0: from the oldest that is kept.
  std::vector<LogLine> After(int64_t number, size_t most = kMostLines) const;
  int64_t last() const;  // the number of the newest; 0 = there was none
  // Waits until there is a line behind that number, for so long at most. False: there is none.
  bool WaitFor(int64_t number, int64_t timeout_millis) const;
  // No more lines come: nobody waits for them any longer.
  void Close();
  bool closed() const;
  // Called after each line and after Close, on the thread that logs, which may hold any lock: it only passes on that
  // there is something, and does not log. nullptr: nobody. Returns when the one before is not being called any more.
  void Tell(std::function<void()> on_line);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::deque<LogLine> lines_;  // guarded by mutex_
  size_t bytes_ = 0;           // guarded by mutex_; of lines_
  int64_t last_ = 0;           // guarded by mutex_
  bool closed_ = false;        // guarded by mutex_
  std::mutex tell_mutex_;
  std::function<void()> on_line_;  // guarded by tell_mutex_
};

struct LogOwner {
  std::string pipeline;             // what the field says; "" = no field
  std::shared_ptr<LogLines> lines;  // shared with whoever shows them; nullptr: nobody keeps them
};

// While it lives, what its thread logs is the owner's. A thread that is made for the owner's work, or a callback of it,
// gets Current() of the thread that made it. Scopes of a thread end in the reverse of their order.
class LogScope {
 public:
  explicit LogScope(std::shared_ptr<const LogOwner> owner);  // nullptr: nobody's; shared with other threads
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  // Of this thread; nullptr = nobody.
  static std::shared_ptr<const LogOwner> Current();

 private:
  std::shared_ptr<const LogOwner> before_;
};

}  // namespace laminar
