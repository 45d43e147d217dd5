#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/random.h"
#include "connectors/file/file_connector.h"
#include "connectors/file/line_blocks.h"
#include "connectors/line_format_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string pattern = ::testing::TempDir() + "laminar_file_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  ~FileTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }
  static std::string Content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::unique_ptr<Source> MakeSource(const std::string& path, BadDataPolicy bad_data = BadDataPolicy::kFail) {
    TableSpec table = line_format::MakeTable(*connector_, OptionUse::kSource, {{"path", path, {}}}, &format_);
    table.bad_data = bad_data;
    return connector_->MakeSource(table, context_).value();
  }
  std::unique_ptr<Sink> MakeSink(const std::string& path) {
    return connector_
        ->MakeSink(line_format::MakeTable(*connector_, OptionUse::kSink, {{"path", path, {}}}, &format_), context_)
        .value();
  }
  // All lines that a reader has at hand until it is idle or ends; *state = how it stopped.
  std::vector<std::string> ReadAll(SourceReader* reader, PollState* state) {
    std::vector<std::string> all;
    Batch batch;
    while (true) {
      *state = reader->Poll(&batch).value();
      if (*state != PollState::kBatch && reader->NextDeadline() > clock_.SteadyMicros()) return all;
      for (std::string& line : line_format::Lines(batch)) all.push_back(std::move(line));
    }
  }
  std::vector<std::string> ReadAll(const std::string& path, int workers) {
    const auto source = MakeSource(path);
    ThreadWaker waker;
    CHECK(source->Start(std::vector<Waker*>(static_cast<size_t>(workers), &waker)).ok());
    std::vector<std::unique_ptr<SourceReader>> readers;
    for (int w = 0; w < workers; w++) readers.push_back(source->CreateReader(w));
    // In a random order, as threads might; then the lines by what says their order.
    Random random(static_cast<uint64_t>(workers));
    std::vector<std::pair<uint64_t, std::string>> all;
    Batch batch;
    while (!readers.empty()) {
      const auto reader = readers.begin() + static_cast<std::ptrdiff_t>(random.Uniform(readers.size()));
      const PollState state = (*reader)->Poll(&batch).value();
      if (state == PollState::kEnd) readers.erase(reader);
      if (state != PollState::kBatch) continue;
      for (std::string& line : line_format::Lines(batch)) all.emplace_back(batch.order_key, std::move(line));
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> lines;
    for (auto& [key, line] : all) lines.push_back(std::move(line));
    return lines;
  }

  std::string directory_;
  line_format::LineFormat format_;
  ManualClock clock_;
  PipelineMetrics metrics_;
  ConnectorContext context_{.clock = &clock_, .metrics = &metrics_};
  const std::unique_ptr<Connector> connector_ = MakeFileConnector();
};

TEST_F(FileTest, ReadsLinesToTheEnd) {
  EXPECT_THAT(ReadAll(Write("a", "one\ntwo\n\nthree\n"), 1), ElementsAre("one", "two", "three"));
  EXPECT_EQ(metrics_.rows_in.Get(), 3U);
  EXPECT_EQ(metrics_.bytes_in.Get(), 15U);
  EXPECT_THAT(ReadAll(Write("b", "one\nlast without newline"), 1), ElementsAre("one", "last without newline"));
  EXPECT_THAT(ReadAll(Write("empty", ""), 2), ElementsAre());
}

// Every line once, and in its place by the order key, however the file is cut: lines of all lengths around the block's
// size.
TEST_F(FileTest, BlocksOfWorkersCoverTheFileOnce) {
  Random random(7);
  std::string content;
  std::vector<std::string> lines;
  while (content.size() < 5 * file::LineBlocks::kBlockBytes) {
    const size_t length = random.Uniform(50) == 0 ? random.Uniform(3 << 20) : 1 + random.Uniform(400);
    std::string line = std::to_string(lines.size()) + std::string(length, 'x');
    content += line + "\n";
    lines.push_back(std::move(line));
  }
  const std::string path = Write("big", content);
  for (const int workers : {1, 2, 3, 4, 7}) EXPECT_EQ(ReadAll(path, workers), lines) << workers;
  content.pop_back();
  EXPECT_EQ(ReadAll(Write("unfinished", content), 3), lines);
}

TEST_F(FileTest, ALineOverManyBlocksIsReadOnceAndALongerOneRefused) {
  const std::string longest(20 << 20, 'x');
  EXPECT_THAT(ReadAll(Write("long", "one\n" + longest + "\ntwo\n"), 3), ElementsAre("one", longest, "two"));

  // Sparse: a hole is a line without an end.
  const std::string path = Write("longer", "one\n");
  std::filesystem::resize_file(path, file::LineBlocks::kLongestLine + (3 << 20));
  const auto source = MakeSource(path);
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker}).ok());
  Batch batch;
  const auto state = source->CreateReader(0)->Poll(&batch);
  ASSERT_FALSE(state.ok());
  EXPECT_THAT(state.status().message(), HasSubstr("the line at byte 4 of file " + path + " is longer than"));
}

TEST_F(FileTest, OriginsNameFileByteAndLine) {
  const auto source = MakeSource(Write("a", "one\n\nbad\n\nfour\nfive\n"), BadDataPolicy::kDrop);
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker}).ok());
  const auto reader = source->CreateReader(0);
  Batch batch;
  ASSERT_EQ(reader->Poll(&batch).value(), PollState::kBatch);
  EXPECT_EQ(batch.DescribeOrigin(0), "file " + Path("a") + ", byte 0, line 1");
  EXPECT_EQ(batch.DescribeOrigin(1), "file " + Path("a") + ", byte 10, line 5");
  EXPECT_EQ(batch.DescribeOrigin(2), "file " + Path("a") + ", byte 15, line 6");
  EXPECT_EQ(metrics_.bad_rows.Get(), 1U);
}

TEST_F(FileTest, LineNumbersInALaterBlock) {
  std::string content;
  for (int i = 0; i < 50'000; i++) content += "abcdef\n";  // 350 kB: three blocks
  const auto source = MakeSource(Write("a", content));
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker, &waker}).ok());
  const auto first = source->CreateReader(0), second = source->CreateReader(1);
  Batch batch;
  ASSERT_EQ(first->Poll(&batch).value(), PollState::kBatch);
  EXPECT_EQ(batch.order_key, 0U);
  ASSERT_EQ(second->Poll(&batch).value(), PollState::kBatch);
  EXPECT_EQ(batch.order_key, 131075U);  // the first line that begins behind 128 KiB
  EXPECT_EQ(batch.DescribeOrigin(0), "file " + Path("a") + ", byte 131075, line 18726");
  EXPECT_EQ(batch.DescribeOrigin(10), "file " + Path("a") + ", byte 131145, line 18736");
}

TEST_F(FileTest, NewlinesAreCountedFromWhereverSomebodyAskedBefore) {
  std::string content;
  for (int i = 0; i < 20'000; i++) content += std::string(static_cast<size_t>(i % 40), 'x') + "\n";  // 410 kB
  const auto input = file::Input::Open(Write("a", content), FileAccess::Any()).value();
  Random random(1);
  std::vector<int64_t> offsets = {0, 1, input->size, input->size - 1, 200'000, 199'999};
  for (int i = 0; i < 50; i++) offsets.push_back(static_cast<int64_t>(random.Next() % content.size()));
  for (const int64_t offset : offsets) {
    EXPECT_EQ(input->NewlinesBefore(offset),
              static_cast<uint64_t>(std::count(content.begin(), content.begin() + offset, '\n')))
        << offset;
    EXPECT_EQ(input->NewlinesBefore(offset), input->NewlinesBefore(offset));
  }
}

TEST_F(FileTest, OnlyARegularFileHasPositionsWhereverItsPathStarts) {
  Write("lines", "one\n");
  CHECK(mkfifo(Path("pipe").c_str(), 0600) == 0);
  EXPECT_TRUE(MakeSource(Path("lines"))->HasPositions());
  for (const std::string& none : {Path("pipe"), Path("none"), directory_, std::string("-"), std::string("lines")})
    EXPECT_FALSE(MakeSource(none)->HasPositions()) << none;
  // A server's clients name files of its folder.
  const auto within = MakeFileConnector(FileAccess::Within(directory_, "--files-dir").value());
  const auto has_positions = [&](const std::string& path) {
    const TableSpec table = line_format::MakeTable(*within, OptionUse::kSource, {{"path", path, {}}}, &format_);
    return within->MakeSource(table, context_).value()->HasPositions();
  };
  EXPECT_TRUE(has_positions("lines"));
  EXPECT_TRUE(has_positions(Path("lines")));
  EXPECT_FALSE(has_positions("pipe"));
  EXPECT_FALSE(has_positions("none"));
}

TEST_F(FileTest, BadDataStopsWithItsPlace) {
  const auto source = MakeSource(Write("a", "one\nbad\nthree\n"));
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker}).ok());
  const auto reader = source->CreateReader(0);
  Batch batch;
  const auto state = reader->Poll(&batch);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.status().kind(), StatusKind::kUser);
  EXPECT_EQ(state.status().message(),
            "bad data in table t (file " + Path("a") + ", byte 4, line 2): column line: it is bad");
  EXPECT_THAT(state.status().hint(), HasSubstr("bad_data = 'drop'"));
}

TEST_F(FileTest, ANamedPipeIsReadAsItFills) {
  const std::string path = Path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto source = MakeSource(path);
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker, &waker}).ok());
  const auto reader = source->CreateReader(0);
  PollState state;
  EXPECT_THAT(ReadAll(source->CreateReader(1).get(), &state), ElementsAre());
  EXPECT_EQ(state, PollState::kEnd);  // one worker reads it all
  EXPECT_THAT(ReadAll(reader.get(), &state), ElementsAre());
  EXPECT_EQ(state, PollState::kIdle);  // no writer yet
  EXPECT_GT(reader->NextDeadline(), clock_.SteadyMicros());

  const int fd = open(path.c_str(), O_WRONLY);
  ASSERT_EQ(write(fd, "one\ntw", 6), 6);
  EXPECT_THAT(ReadAll(reader.get(), &state), ElementsAre("one"));
  EXPECT_EQ(state, PollState::kIdle);
  ASSERT_EQ(write(fd, "o\nbad\n", 6), 6);
  Batch batch;
  const auto bad = reader->Poll(&batch);
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.status().message(), HasSubstr("byte 8, line 3"));
  close(fd);
}

TEST_F(FileTest, APipeEndsWithItsWriter) {
  const std::string path = Path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto source = MakeSource(path);
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker}).ok());
  const auto reader = source->CreateReader(0);
  const int fd = open(path.c_str(), O_WRONLY);
  ASSERT_EQ(write(fd, "one\ntwo", 7), 7);
  close(fd);
  PollState state;
  EXPECT_THAT(ReadAll(reader.get(), &state), ElementsAre("one", "two"));
  EXPECT_EQ(state, PollState::kEnd);
}

TEST_F(FileTest, AFileThatIsReadIsNotCutOffByASink) {
  const std::string path = Write("both", "one\n");
  ThreadWaker waker;
  {
    const auto source = MakeSource(path);
    ASSERT_TRUE(source->Start({&waker}).ok());
    EXPECT_EQ(MakeSink(path)->Start({&waker}).message(),
              "cannot write file " + path + ": a pipeline is reading or writing it");
    PollState state;
    EXPECT_THAT(ReadAll(source->CreateReader(0).get(), &state), ElementsAre("one"));
  }
  const auto sink = MakeSink(path);
  ASSERT_TRUE(sink->Start({&waker}).ok());
  EXPECT_EQ(MakeSource(path)->Start({&waker}).message(), "cannot read file " + path + ": a pipeline is writing it");
}

TEST_F(FileTest, SaysWhatIsWrongWithAPath) {
  ThreadWaker waker;
  const Status missing = MakeSource(Path("none"))->Start({&waker});
  EXPECT_EQ(missing.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(missing.message(), "cannot read file " + Path("none") + ": No such file or directory");
  EXPECT_FALSE(missing.hint().empty());
  EXPECT_EQ(MakeSource(directory_)->Start({&waker}).message(),
            "cannot read file " + directory_ + ": it is a directory");
  EXPECT_EQ(MakeSink(Path("no/such/place"))->Start({&waker}).message(),
            "cannot write file " + Path("no/such/place") + ": No such file or directory");
  EXPECT_EQ(MakeSink(directory_)->Start({&waker}).message(), "cannot write file " + directory_ + ": Is a directory");
}

TEST_F(FileTest, WritersShareOneFileAndFlushInTime) {
  const std::string path = Write("out", "what was there before\n");
  const auto sink = MakeSink(path);
  ASSERT_TRUE(sink->Start({}).ok());
  const auto a = sink->CreateWriter(0), b = sink->CreateWriter(1);
  EXPECT_EQ(Content(path), "");
  ASSERT_TRUE(a->Push(line_format::MakeBatch({"one", "two"})).ok());
  ASSERT_TRUE(b->Push(line_format::MakeBatch({"three"})).ok());
  ASSERT_TRUE(a->Poll().ok());
  EXPECT_EQ(Content(path), "");  // more may come
  EXPECT_EQ(a->NextDeadline(), clock_.SteadyMicros() + 100'000);
  clock_.Advance(100'000);
  ASSERT_TRUE(a->Poll().ok());
  EXPECT_EQ(Content(path), "one\ntwo\n");
  EXPECT_EQ(a->NextDeadline(), kNever);
  EXPECT_EQ(metrics_.rows_out.Get(), 2U);
  b->Finish();
  EXPECT_FALSE(b->Drained());
  ASSERT_TRUE(b->Poll().ok());
  EXPECT_TRUE(b->Drained());
  EXPECT_EQ(Content(path), "one\ntwo\nthree\n");
}

TEST_F(FileTest, ACheckpointKeepsTheLinesOfItsEpochOnly) {
  const std::string path = Path("out");
  std::vector<SinkState> states;
  {
    const auto sink = MakeSink(path);
    ASSERT_TRUE(sink->Start({}).ok());
    const auto writer = sink->CreateWriter(0);
    writer->EndEpoch(1);
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"one"})).ok());
    writer->EndEpoch(2);
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"two"})).ok());
    writer->EndEpoch(3);
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"three", std::string(1 << 20, 'x')})).ok());  // written at once
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"four"})).ok());
    ASSERT_TRUE(writer->Poll().ok());
    ASSERT_TRUE(writer->EpochReady(3));
    for (int epoch = 1; epoch <= 3; epoch++) states.push_back(writer->State(epoch));
  }
  EXPECT_THAT(Content(path), HasSubstr("four"));
  for (const auto& [state, kept] : {std::pair(states[2], "one\ntwo\n"), {states[1], "one\n"}, {states[0], ""}}) {
    const auto sink = MakeSink(path);
    ASSERT_TRUE(sink->Resume("id", {state}).ok());
    ASSERT_TRUE(sink->Start({}).ok());
    EXPECT_EQ(Content(path), kept);
  }
}

// Rows that keep coming do not put off the flush for more than a second.
TEST_F(FileTest, FlushesATrickle) {
  const std::string path = Path("out");
  const auto sink = MakeSink(path);
  ASSERT_TRUE(sink->Start({}).ok());
  const auto writer = sink->CreateWriter(0);
  int pushed = 0;
  for (; pushed < 100 && Content(path).empty(); pushed++) {
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"x"})).ok());
    clock_.Advance(50'000);
    ASSERT_TRUE(writer->Poll().ok());
  }
  EXPECT_EQ(pushed, 20);
}

TEST_F(FileTest, FlushesBySize) {
  const std::string path = Path("out");
  const auto sink = MakeSink(path);
  ASSERT_TRUE(sink->Start({}).ok());
  const auto writer = sink->CreateWriter(0);
  const std::string line(1023, 'x');
  for (int i = 0; i < 255; i++) ASSERT_TRUE(writer->Push(line_format::MakeBatch({line})).ok());
  EXPECT_EQ(Content(path).size(), 0U);
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({line})).ok());
  EXPECT_EQ(Content(path).size(), 256U << 10);
}

TEST_F(FileTest, AFullDiskIsReported) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  const auto sink = MakeSink("/dev/full");
  ASSERT_TRUE(sink->Start({}).ok());
  const auto writer = sink->CreateWriter(0);
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({"x"})).ok());
  writer->Finish();
  const Status status = writer->Poll();
  EXPECT_EQ(status.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(status.message(), "cannot write to file /dev/full: No space left on device");
  EXPECT_FALSE(writer->Drained());
  EXPECT_EQ(metrics_.rows_out.Get(), 0U);
}

TEST_F(FileTest, ASinkDoesNotWriteToTheStandardInput) {
  std::vector<Status> problems;
  connector_->Check(line_format::MakeTable(*connector_, OptionUse::kSink, {{"path", "-", {}}}, &format_),
                    OptionUse::kSink, &problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].hint(), "Use connector = 'stdout'");
}

}  // namespace
}  // namespace laminar
