#include "base/log_scope.h"

#include <chrono>
#include <utility>

#include "base/cut_text.h"

namespace laminar {

namespace {

thread_local std::shared_ptr<const LogOwner> current_owner;

size_t BytesOf(const LogLine& line) {
  size_t bytes = line.message.size();
  for (const LogLine::Field& field : line.fields) bytes += field.key.size() + field.value.size();
  return bytes;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

void LogLines::Add(LogLine line) {
  {
    std::lock_guard lock(mutex_);
    line.number = ++last_;
    bytes_ += BytesOf(line);
    lines_.push_back(std::move(line));
    while (lines_.size() > kMostLines || (bytes_ > kMostBytes && lines_.size() > 1)) {
      bytes_ -= BytesOf(lines_.front());
      lines_.pop_front();
    }
  }
  more_.notify_all();
  std::lock_guard lock(tell_mutex_);
  if (on_line_) on_line_();
}

std::vector<LogLine> LogLines::After(int64_t number, size_t most) const {
  std::lock_guard lock(mutex_);
  std::vector<LogLine> lines;
  if (lines_.empty()) return lines;
  const int64_t oldest = lines_.front().number;
  for (auto i = static_cast<size_t>(number < oldest ? 0 : number - oldest + 1); i < lines_.size(); i++) {
    if (lines.size() == most) break;
    lines.push_back(lines_[i]);
  }
  return lines;
}

int64_t LogLines::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

bool LogLines::WaitFor(int64_t number, int64_t timeout_millis) const {
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, std::chrono::milliseconds(timeout_millis), [&] { return last_ > number || closed_; });
  return last_ > number;
}

void LogLines::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  more_.notify_all();
  std::lock_guard lock(tell_mutex_);
  if (on_line_) on_line_();
}

bool LogLines::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

void LogLines::Tell(std::function<void()> on_line) {
  std::lock_guard lock(tell_mutex_);
  on_line_ = std::move(on_line);
}

LogScope::LogScope(std::shared_ptr<const LogOwner> owner) : before_(std::exchange(current_owner, std::move(owner))) {}

LogScope::~LogScope() {
  current_owner = std::move(before_);
}

std::shared_ptr<const LogOwner> LogScope::Current() {
  return current_owner;
}

}  // namespace laminar
