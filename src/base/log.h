// Logging to stderr: text for people, JSON lines for machines (--log-format json). Structured fields go into both.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace laminar {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// A field without a value is left out.
struct LogField {
  std::string_view key;
  std::string value;
  bool number = false;  // in JSON, not in quotes; also an array of numbers
};

// Call once, before threads start. Until then: text, level info.
void InitLogging(LogFormat format, LogLevel least);

// Where the status line is drawn, a log line must clear it first: the terminal sets a hook that is called before and
// after each line. Thread-safe for callers of Log; set it before threads start, nullptr removes it.
void SetLogHook(void (*before)(), void (*after)());

// message: a constant sentence in lower case; what varies goes into fields. Thread-safe.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void LogDebug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace laminar
