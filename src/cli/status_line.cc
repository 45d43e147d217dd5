#include "cli/status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/units.h"

namespace laminar::cli {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(250);
constexpr size_t kHistory = 5;  // rates are of the last second

// The one whose line the log hooks wipe and draw again.
StatusLine* g_line = nullptr;

size_t TerminalWidth(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

uint64_t PerSecond(uint64_t before, uint64_t now, double seconds) {
  return seconds <= 0 ? 0 : static_cast<uint64_t>(static_cast<double>(now - before) / seconds + 0.5);
}

// The sources that windows wait for although others have brought rows.
std::string WaitingSources(const EventTimeFigures& sources) {
  std::string tables;
  size_t waiting = 0;
  for (const auto& [table, source] : sources) {
    if (source.waits_for_rows.Get() == 0) continue;
    tables += (tables.empty() ? "" : ", ") + table;
    waiting++;
  }
  return waiting < sources.size() ? tables : "";
}

}  // namespace

Progress Progress::Now(const PipelineMetrics& metrics, const Clock& clock) {
  return {clock.SteadyMicros(), metrics.rows_in.Get(), metrics.bytes_in.Get(), metrics.rows_out.Get(),
          metrics.bytes_out.Get()};
}

std::string FitLine(const std::string& line, size_t width) {
  if (line.size() <= width) return line;
  std::string brief;  // the bytes a second are what a reader misses least
  for (size_t at = 0; at < line.size();) {
    const size_t open = line.find(" (", at), close = line.find(')', open);
    brief += line.substr(at, open - at);
    at = close == std::string::npos ? line.size() : close + 1;
  }
  while (brief.size() > width) {
    const size_t field = brief.rfind("  ");
    if (field == std::string::npos) return brief.substr(0, width);
    brief.resize(field);
  }
  return brief;
}

std::string DescribeProgress(const std::string& state, const Progress& before, const Progress& now,
                             const PipelineMetrics& metrics, const EventTimeFigures& sources) {
  const double seconds = static_cast<double>(now.steady_micros - before.steady_micros) / 1e6;
  std::string line = state + "  in " + FormatCount(PerSecond(before.rows_in, now.rows_in, seconds)) + " rows/s (" +
                     FormatBytes(PerSecond(before.bytes_in, now.bytes_in, seconds)) + "/s)  out " +
                     FormatCount(PerSecond(before.rows_out, now.rows_out, seconds)) + " rows/s (" +
                     FormatBytes(PerSecond(before.bytes_out, now.bytes_out, seconds)) + "/s)";
  if (const int64_t lag = metrics.lag_ms.Get(); lag > 0) line += "  lag " + FormatDuration(lag * kMicrosPerMilli);
  int64_t behind = 0;
  for (const auto& [table, source] : sources) behind = std::max(behind, source.event_lag_ms.Get());
  if (behind > 0) line += "  watermark " + FormatDuration(behind * kMicrosPerMilli) + " behind";
  if (const std::string waiting = WaitingSources(sources); !waiting.empty()) line += "  no row yet from " + waiting;
  if (const uint64_t late = LateRows(sources); late > 0) line += "  late rows " + FormatCount(late);
  if (const uint64_t retries = metrics.retries.Get(); retries > 0) line += "  retries " + FormatCount(retries);
  if (const uint64_t bad = metrics.bad_rows.Get(); bad > 0) line += "  bad rows " + FormatCount(bad);
  return line;
}

uint64_t LateRows(const EventTimeFigures& sources) {
  uint64_t rows = 0;
  for (const auto& [table, source] : sources) rows += source.late_rows.Get();
  return rows;
}

uint64_t AheadRows(const EventTimeFigures& sources) {
  uint64_t rows = 0;
  for (const auto& [table, source] : sources) rows += source.ahead_rows.Get();
  return rows;
}

std::string DescribeTotal(const PipelineMetrics& metrics, const EventTimeFigures& sources, int64_t elapsed_micros,
                          bool failed) {
  const auto rows = [](uint64_t n) { return FormatCount(n) + (n == 1 ? " row" : " rows"); };
  std::string line = rows(metrics.rows_in.Get()) + " in (" + FormatBytes(metrics.bytes_in.Get()) + "), " +
                     rows(metrics.rows_out.Get()) + " out (" + FormatBytes(metrics.bytes_out.Get()) + ")";
  if (const uint64_t bad = metrics.bad_rows.Get(); bad > 0) {
    line += ", " + FormatCount(bad) + (bad == 1 ? " bad row" : " bad rows");
    const uint64_t letters = metrics.dead_letters.Get();
    if (!failed) {
      line += letters > 0 ? " kept as dead letters (rows out, too)" : " dropped";
    } else if (letters > 0) {
      line += ", " + FormatCount(letters) + (letters == 1 ? " dead letter" : " dead letters") + " (rows out, too)";
    }
  }
  if (const uint64_t late = LateRows(sources); late > 0)
    line += ", " + FormatCount(late) + (late == 1 ? " late row dropped" : " late rows dropped");
  if (const uint64_t ahead = AheadRows(sources); ahead > 0)
    line += ", " + FormatCount(ahead) + (ahead == 1 ? " row" : " rows") + " ahead of the clock";
  if (const uint64_t retries = metrics.retries.Get(); retries > 0)
    line += ", " + FormatCount(retries) + (retries == 1 ? " retry" : " retries");
  return line + ", " + FormatDuration(elapsed_micros);
}

StatusLine::StatusLine(int fd, const PipelineMetrics& metrics, const EventTimeFigures& sources, const Clock& clock)
    : fd_(fd), metrics_(metrics), sources_(sources), clock_(clock) {
  history_.push_back(Progress::Now(metrics_, clock_));
  g_line = this;
  SetLogHook(
      [] {
        g_line->mutex_.lock();
        g_line->Wipe();
      },
      [] {
        g_line->Draw();
        g_line->mutex_.unlock();
      });
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, kInterval, [this] { return ended_; })) {
      history_.push_back(Progress::Now(metrics_, clock_));
      if (history_.size() > kHistory) history_.pop_front();
      Draw();
    }
  });
}

StatusLine::~StatusLine() {
  SetLogHook(nullptr, nullptr);
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_all();
  thread_.join();
  Wipe();
}

void StatusLine::SetState(const std::string& state) {
  std::lock_guard lock(mutex_);
  state_ = state;
  Draw();
}

void StatusLine::Draw() {
  const std::string line = DescribeProgress(state_, history_.front(), history_.back(), metrics_, sources_);
  Put("\r" + FitLine(line, TerminalWidth(fd_) - 1)  // never onto a second row
      + "\x1b[K");
}

void StatusLine::Wipe() {
  Put("\r\x1b[K");
}

void StatusLine::Put(const std::string& text) {
  if (write(fd_, text.data(), text.size()) < 0) return;  // a terminal that went away needs no line
}

}  // namespace laminar::cli
