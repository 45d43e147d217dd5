#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "connectors/line_format_for_test.h"
#include "connectors/stdout/stdout_connector.h"

namespace laminar {
namespace {

class StdoutTest : public ::testing::Test {
 protected:
  StdoutTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as main() does
    CHECK(pipe(fds_) == 0);
    fcntl(fds_[0], F_SETFL, O_NONBLOCK);
    connector_ = MakeStdoutConnector(fds_[1]);
    auto sink = connector_->MakeSink(line_format::MakeTable(*connector_, OptionUse::kSink, {}, &format_), context_);
    sink_ = std::move(sink).value();
    CHECK(sink_->Start({}).ok());
  }
  ~StdoutTest() override {
    CloseReader();
    close(fds_[1]);
  }
  void CloseReader() {
    if (fds_[0] >= 0) close(fds_[0]);
    fds_[0] = -1;
  }
  // What is in the pipe now.
  std::string Read() {
    std::string out;
    char buffer[65536];
    for (ssize_t n; (n = read(fds_[0], buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(n));
    return out;
  }

  int fds_[2];
  line_format::LineFormat format_;
  ManualClock clock_;
  PipelineMetrics metrics_;
  ConnectorContext context_{.clock = &clock_, .metrics = &metrics_};
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Sink> sink_;
};

TEST_F(StdoutTest, RowsAreVisibleAtTheNextPollWithoutTimePassing) {
  const auto writer = sink_->CreateWriter(0);
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({"one", "two"})).ok());
  EXPECT_LE(writer->NextDeadline(), clock_.SteadyMicros());
  ASSERT_TRUE(writer->Poll().ok());
  EXPECT_EQ(Read(), "one\ntwo\n");
  EXPECT_EQ(writer->NextDeadline(), clock_.SteadyMicros() + 500'000);  // to see whether the reader is still there
  EXPECT_EQ(metrics_.rows_out.Get(), 2U);
  EXPECT_EQ(metrics_.bytes_out.Get(), 8U);
}

TEST_F(StdoutTest, TwoWritersNeverTearALine) {
  const auto a = sink_->CreateWriter(0), b = sink_->CreateWriter(1);
  const std::string long_a(1000, 'a'), long_b(1000, 'b');
  std::string all;
  size_t sent = 0;
  for (int round = 0; round < 200; round++) {
    for (const auto& [writer, line] : {std::pair{a.get(), &long_a}, std::pair{b.get(), &long_b}}) {
      ASSERT_TRUE(writer->Push(line_format::MakeBatch({*line, *line})).ok());
      ASSERT_TRUE(writer->Poll().ok());
      sent += 2;
    }
    if (round % 40 == 39) all += Read();  // meanwhile the pipe runs full
  }
  a->Finish();
  b->Finish();
  while (!a->Drained() || !b->Drained()) {
    ASSERT_TRUE(a->Poll().ok());
    ASSERT_TRUE(b->Poll().ok());
    all += Read();
  }
  all += Read();
  size_t lines = 0;
  for (size_t begin = 0; begin < all.size(); begin = all.find('\n', begin) + 1) {
    const std::string line = all.substr(begin, all.find('\n', begin) - begin);
    ASSERT_TRUE(line == long_a || line == long_b) << line;
    lines++;
  }
  EXPECT_EQ(lines, sent);
  EXPECT_EQ(metrics_.rows_out.Get(), sent);
}

TEST_F(StdoutTest, ASlowReaderHoldsTheWriterBackWithoutBlockingIt) {
  const auto writer = sink_->CreateWriter(0);
  const std::string line(1000, 'x');
  int pushed = 0;
  while (writer->CanAccept()) {
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({line})).ok());
    ASSERT_TRUE(writer->Poll().ok());
    ASSERT_LT(++pushed, 10'000);
  }
  EXPECT_LT(writer->NextDeadline(), kNever);
  std::string all = Read();
  ASSERT_TRUE(writer->Poll().ok());
  EXPECT_TRUE(writer->CanAccept());
  all += Read();
  writer->Finish();
  while (!writer->Drained()) {
    ASSERT_TRUE(writer->Poll().ok());
    all += Read();
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(pushed) * 1001);
}

TEST_F(StdoutTest, AReaderThatGoesAwayIsACancellation) {
  const auto writer = sink_->CreateWriter(0);
  CloseReader();
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({"one"})).ok());
  const Status status = writer->Poll();
  EXPECT_EQ(status.kind(), StatusKind::kCancelled);
  EXPECT_EQ(status.message(), "the reader of stdout went away");
  EXPECT_EQ(metrics_.rows_out.Get(), 0U);
}

TEST_F(StdoutTest, AQuietWriterNoticesIt) {
  const auto writer = sink_->CreateWriter(0);
  ASSERT_TRUE(writer->Poll().ok());
  CloseReader();
  ASSERT_TRUE(writer->Poll().ok());  // not looked at again yet
  clock_.Advance(500'000);
  EXPECT_EQ(writer->Poll().kind(), StatusKind::kCancelled);
}

}  // namespace
}  // namespace laminar
