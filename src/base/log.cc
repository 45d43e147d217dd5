#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "base/cut_text.h"
#include "base/log_scope.h"

namespace laminar {

namespace {

struct State {
  std::mutex mutex;
  LogFormat format = LogFormat::kText;                                           // guarded by mutex
  void (*before)() = nullptr;                                                    // guarded by mutex
  void (*after)() = nullptr;                                                     // guarded by mutex
  std::shared_ptr<spdlog::logger> logger = spdlog::stderr_logger_mt("laminar");  // spdlog's own registry shares it
};

State& GetState() {
  static State* state = new State();  // never destroyed: threads may log while the process ends
  return *state;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void AppendJsonString(std::string* out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20) {
      *out += "\\u00";
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

// How many bytes the character of UTF-8 has that `text` begins with; 0: it begins with none (RFC 3629, section 4).
size_t CharacterAt(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool in_range = (first != 0xE0 || second >= 0xA0) && (first != 0xED || second < 0xA0);
    return in_range && follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool in_range = (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second < 0x90);
    return in_range && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// What is no UTF-8 in it (a message may quote a user's bytes) as U+FFFD.
std::string AsUtf8(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = CharacterAt(std::string_view(text).substr(i));
    out += length == 0 ? "\xEF\xBF\xBD" : text.substr(i, length);
    i += std::max<size_t>(length, 1);
  }
  return out;
}

void ApplyPattern(State& state) {
  // In JSON, the pattern opens the object and Log() writes the rest of it.
  state.logger->set_pattern(state.format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})"
                                                             : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
                            spdlog::pattern_time_type::utc);
}

}  // namespace

void InitLogging(LogFormat format, LogLevel least) {
  State& state = GetState();
  std::lock_guard lock(state.mutex);
  state.format = format;
  ApplyPattern(state);
  state.logger->set_level(ToSpdlog(least));
}

void SetLogHook(void (*before)(), void (*after)()) {
  State& state = GetState();
  std::lock_guard lock(state.mutex);
  state.before = before;
  state.after = after;
}

namespace {

void AppendJsonField(std::string_view key, std::string_view value, bool number, std::string* line) {
  line->push_back(',');
  AppendJsonString(line, key);
  line->push_back(':');
  if (number) {
    *line += value;
  } else {
    AppendJsonString(line, value);
  }
}

void AppendTextField(std::string_view key, std::string_view value, std::string* line) {
  line->push_back(' ');
  *line += key;
  line->push_back('=');
  const bool quote = value.find_first_of(" \"\n\t=") != std::string_view::npos;
  if (quote) {
    AppendJsonString(line, value);
  } else {
    *line += value;
  }
}

void Keep(LogLines* lines, LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  LogLine line;
  line.at_micros = SystemClock().WallMicros();
  line.level = level;
  line.message = AsUtf8(CutText(message, LogLines::kMostLineBytes));
  size_t room = LogLines::kMostLineBytes - std::min(line.message.size(), LogLines::kMostLineBytes);
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    line.fields.push_back({std::string(field.key), AsUtf8(CutText(field.value, room)), field.number});
    room -= std::min(line.fields.back().value.size(), room);
  }
  lines->Add(std::move(line));
}

}  // namespace

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  State& state = GetState();
  const std::shared_ptr<const LogOwner> owner = LogScope::Current();
  if (owner != nullptr && owner->lines != nullptr && level >= LogLevel::kInfo)
    Keep(owner->lines.get(), level, message, fields);
  if (!state.logger->should_log(ToSpdlog(level))) return;
  const std::string_view pipeline = owner == nullptr ? std::string_view() : std::string_view(owner->pipeline);
  std::lock_guard lock(state.mutex);
  static const bool initialised = [&] {
    ApplyPattern(state);
    return true;
  }();
  (void)initialised;
  const bool json = state.format == LogFormat::kJson;
  std::string line;
  if (json) {
    line = "\"message\":";
    AppendJsonString(&line, message);
  } else {
    line = message;
  }
  if (json && !pipeline.empty()) AppendJsonField("pipeline", pipeline, false, &line);
  if (!json && !pipeline.empty()) AppendTextField("pipeline", pipeline, &line);
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    if (json) {
      AppendJsonField(field.key, field.value, field.number, &line);
    } else {
      AppendTextField(field.key, field.value, &line);
    }
  }
  if (state.before) state.before();
  state.logger->log(ToSpdlog(level), "{}", AsUtf8(line));
  state.logger->flush();
  if (state.after) state.after();
}

}  // namespace laminar
