#include "cli/metrics_text.h"

#include <algorithm>
#include <cstdio>

#include "base/clock.h"

namespace laminar::cli {

namespace {

struct Unit {
  std::string_view suffix;  // of our name
  std::string_view word;    // in our help
  int64_t per_second;
};
constexpr Unit kTimes[] = {{"_ms", "milliseconds", kMicrosPerSecond / kMicrosPerMilli},
                           {"_micros", "microseconds", kMicrosPerSecond}};

const Unit* TimeOf(std::string_view name) {
  const auto* unit =
      std::find_if(std::begin(kTimes), std::end(kTimes), [&](const Unit& u) { return name.ends_with(u.suffix); });
  return unit == std::end(kTimes) ? nullptr : unit;
}

// Exactly, without an exponent: 1234 of 1,000 a second is 1.234.
std::string Seconds(int64_t value, int64_t per_second) {
  const uint64_t size = value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const auto unit = static_cast<uint64_t>(per_second);
  char text[48];
  std::snprintf(text, sizeof text, "%s%llu.%0*llu", value < 0 ? "-" : "", static_cast<unsigned long long>(size / unit),
                per_second == kMicrosPerSecond ? 6 : 3, static_cast<unsigned long long>(size % unit));
  return text;
}

std::string Value(std::string_view name, int64_t value) {
  const Unit* const unit = TimeOf(name);
  return unit == nullptr ? std::to_string(value) : Seconds(value, unit->per_second);
}
std::string Value(std::string_view name, const Counter& counter) {
  return std::to_string(counter.Get());
}
std::string Value(std::string_view name, const Gauge& gauge) {
  return Value(name, gauge.Get());
}

constexpr bool IsCounter(const Counter&) {
  return true;
}
constexpr bool IsCounter(const Gauge&) {
  return false;
}

std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

void Head(const std::string& name, bool is_counter, const std::string& help, std::string* out) {
  *out += "# HELP " + name + " " + Escaped(help, false) + "\n# TYPE " + name + (is_counter ? " counter\n" : " gauge\n");
}

std::string HelpOf(std::string_view name, std::string_view help) {
  std::string text(help);
  const Unit* const unit = TimeOf(name);
  if (unit == nullptr) return text;
  if (const size_t at = text.find(unit->word); at != std::string::npos) text.replace(at, unit->word.size(), "seconds");
  return text;
}

void One(const std::string& name, bool is_counter, const std::string& help, const std::string& value,
         std::string* out) {
  Head(name, is_counter, help, out);
  *out += name + " " + value + "\n";
}

}  // namespace

std::string ExportedName(std::string_view name, bool is_counter) {
  const Unit* const unit = TimeOf(name);
  std::string out = "laminar_";
  out += unit == nullptr ? name : name.substr(0, name.size() - unit->suffix.size());
  if (unit != nullptr) out += "_seconds";
  if (is_counter) out += "_total";
  return out;
}

std::string MetricsText(const PipelineMetrics& metrics, const std::map<std::string, SourceMetrics>& sources,
                        const ProcessFigures& process) {
  std::string out;
#define X(name, type, help)                                                                       \
  One(ExportedName(#name, IsCounter(metrics.name)), IsCounter(metrics.name), HelpOf(#name, help), \
      Value(#name, metrics.name), &out);
  LAMINAR_PIPELINE_METRICS(X)
#undef X
#define X(name, type, help)                                                                             \
  if (!sources.empty()) {                                                                               \
    const bool is_counter = IsCounter(sources.begin()->second.name);                                    \
    const std::string exported = ExportedName(#name, is_counter);                                       \
    Head(exported, is_counter, HelpOf(#name, help), &out);                                              \
    for (const auto& [table, source] : sources) {                                                       \
      out += exported + "{table=\"" + Escaped(table, true) + "\"} " + Value(#name, source.name) + "\n"; \
    }                                                                                                   \
  }
  LAMINAR_SOURCE_METRICS(X)
#undef X
  One("laminar_healthy", false, "1 = /healthz says that all is well", process.healthy ? "1" : "0", &out);
  Head("laminar_build_info", false, "1; the version is a label", &out);
  out += "laminar_build_info{version=\"" + Escaped(process.version, true) + "\"} 1\n";
  One("process_resident_memory_bytes", false, "bytes of the process that lie in memory",
      std::to_string(process.resident_bytes), &out);
  One("process_cpu_seconds_total", true, "processor time that all threads have used, seconds",
      Seconds(process.cpu_micros, kMicrosPerSecond), &out);
  return out;
}

}  // namespace laminar::cli
