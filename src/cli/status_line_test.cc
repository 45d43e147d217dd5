#include "cli/status_line.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace laminar::cli {
namespace {

TEST(StatusLine, RatesAndWhatNeedsAttention) {
  PipelineMetrics metrics;
  const Progress before{1'000'000, 100, 1000, 0, 0};
  const Progress now{3'000'000, 20'100, 4'001'000, 2'000, 300'000};
  EXPECT_EQ(DescribeProgress("reading", before, now, metrics, {}),
            "reading  in 10,000 rows/s (2.0 MB/s)  out 1,000 rows/s (150.0 kB/s)");
  metrics.lag_ms.Set(1500);
  metrics.retries.Add(3);
  metrics.bad_rows.Add(1);
  EventTimeFigures sources;
  sources["a"].event_lag_ms.Set(2000);
  sources["b"].event_lag_ms.Set(6300);
  sources["a"].late_rows.Add(1);
  sources["b"].late_rows.Add(1);
  EXPECT_EQ(DescribeProgress("reading", before, before, metrics, sources),
            "reading  in 0 rows/s (0 B/s)  out 0 rows/s (0 B/s)  lag 1.5 s  watermark 6.3 s behind  late rows 2  "
            "retries 3  bad rows 1");
}

TEST(StatusLine, NamesTheSourceThatWindowsWaitFor) {
  PipelineMetrics metrics;
  EventTimeFigures sources;
  sources["a"].waits_for_rows.Set(1);
  sources["b"].waits_for_rows.Set(1);
  const auto line = [&] { return DescribeProgress("reading", Progress(), Progress(), metrics, sources); };
  EXPECT_EQ(line(), "reading  in 0 rows/s (0 B/s)  out 0 rows/s (0 B/s)");
  sources["a"].waits_for_rows.Set(0);
  EXPECT_EQ(line(), "reading  in 0 rows/s (0 B/s)  out 0 rows/s (0 B/s)  no row yet from b");
}

TEST(StatusLine, FitsTheTerminalByWholeFields) {
  const std::string line =
      "reading  in 10,000 rows/s (2.0 MB/s)  out 1,000 rows/s (150.0 kB/s)  lag 1.5 s  watermark 56 years behind";
  EXPECT_EQ(FitLine(line, 200), line);
  EXPECT_EQ(FitLine(line, 90), "reading  in 10,000 rows/s  out 1,000 rows/s  lag 1.5 s  watermark 56 years behind");
  EXPECT_EQ(FitLine(line, 79), "reading  in 10,000 rows/s  out 1,000 rows/s  lag 1.5 s");
  EXPECT_EQ(FitLine(line, 5), "readi");
}

TEST(StatusLine, Total) {
  PipelineMetrics metrics;
  metrics.rows_in.Add(1'234'567);
  metrics.bytes_in.Add(2'000'000);
  metrics.rows_out.Add(12);
  EXPECT_EQ(DescribeTotal(metrics, {}, 12'300'000), "1,234,567 rows in (2.0 MB), 12 rows out (0 B), 12.3 s");
  PipelineMetrics one;
  for (auto* count : {&one.rows_in, &one.rows_out, &one.bad_rows, &one.retries}) count->Add(1);
  EventTimeFigures sources;
  sources["a"].late_rows.Add(1);
  sources["b"].ahead_rows.Add(2);
  EXPECT_EQ(
      DescribeTotal(one, sources, 1'000'000),
      "1 row in (0 B), 1 row out (0 B), 1 bad row dropped, 1 late row dropped, 2 rows ahead of the clock, 1 retry, "
      "1.0 s");
  PipelineMetrics bad;
  bad.bad_rows.Add(6);
  EXPECT_EQ(DescribeTotal(bad, {}, 0), "0 rows in (0 B), 0 rows out (0 B), 6 bad rows dropped, 0 ms");
  EXPECT_EQ(DescribeTotal(bad, {}, 0, /*failed=*/true), "0 rows in (0 B), 0 rows out (0 B), 6 bad rows, 0 ms");
  bad.dead_letters.Add(4);
  EXPECT_EQ(DescribeTotal(bad, {}, 0, /*failed=*/true),
            "0 rows in (0 B), 0 rows out (0 B), 6 bad rows, 4 dead letters (rows out, too), 0 ms");
}

TEST(StatusLine, IsWipedAtTheEnd) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  PipelineMetrics metrics;
  const EventTimeFigures sources;
  const ManualClock clock;
  {
    StatusLine line(fds[1], metrics, sources, clock);
    line.SetState("reading");
  }
  char buffer[4096];
  const ssize_t n = read(fds[0], buffer, sizeof buffer);
  ASSERT_GT(n, 0);
  const std::string written(buffer, static_cast<size_t>(n));
  EXPECT_THAT(written, ::testing::StartsWith("\rreading  in 0 rows/s"));
  EXPECT_THAT(written, ::testing::EndsWith("\r\x1b[K"));
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace laminar::cli
