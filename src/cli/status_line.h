// The line at the bottom of the terminal that says how a pipeline is doing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"

namespace laminar::cli {

// By source table: Pipeline::source_metrics.
using EventTimeFigures = std::map<std::string, SourceMetrics>;

// What is counted at one moment.
struct Progress {
  int64_t steady_micros = 0;
  uint64_t rows_in = 0, bytes_in = 0, rows_out = 0, bytes_out = 0;
  static Progress Now(const PipelineMetrics& metrics, const Clock& clock);
};

// "reading  in 12,345 rows/s (3.4 MB/s)  out 1,200 rows/s (220.0 kB/s)  lag 1.2 s  watermark 6.3 s behind  late rows 2
// retries 3  bad rows 1": rates from `before` to `now`; the watermark of the source that is furthest behind.
std::string DescribeProgress(const std::string& state, const Progress& before, const Progress& now,
                             const PipelineMetrics& metrics, const EventTimeFigures& sources);
// At most `width` bytes of such a line: without the bytes a second, then without the last fields.
std::string FitLine(const std::string& line, size_t width);
// "12,345 rows in (3.4 MB), 1,200 rows out (220.0 kB), 3 retries, 1 bad row dropped, 2 late rows dropped, 12.3 s"
// failed: not all that was read has been dropped, kept or written by then.
std::string DescribeTotal(const PipelineMetrics& metrics, const EventTimeFigures& sources, int64_t elapsed_micros,
                          bool failed = false);
// Over all sources.
uint64_t LateRows(const EventTimeFigures& sources);
uint64_t AheadRows(const EventTimeFigures& sources);

// Draws on the terminal `fd` four times a second from a thread of its own, and makes way for log lines. One at a time
// in a process.
class StatusLine {
 public:
  // metrics, sources and clock: borrowed.
  StatusLine(int fd, const PipelineMetrics& metrics, const EventTimeFigures& sources, const Clock& clock);
  ~StatusLine();  // wipes the line
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void SetState(const std::string& state);  // thread-safe

 private:
  void Draw();
  void Wipe();
  void Put(const std::string& text);

  const int fd_;
  const PipelineMetrics& metrics_;
  const EventTimeFigures& sources_;
  const Clock& clock_;
  std::mutex mutex_;  // held while a log line is written
  std::condition_variable end_;
  bool ended_ = false;              // guarded by mutex_
  std::string state_ = "starting";  // guarded by mutex_
  std::deque<Progress> history_;    // guarded by mutex_; about the last second
  std::thread thread_;
};

}  // namespace laminar::cli
