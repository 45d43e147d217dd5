#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/file/file_connector.h"
#include "connectors/line_format_for_test.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

// The lines of test tables, in a file that is one record, or whose lines are records, and that ends with "end".
class OtherFiles final : public Format {
 public:
  explicit OtherFiles(FileLayout layout) : layout_(layout) {}
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Decoder>(std::make_unique<line_format::LineDecoder>());
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(std::make_unique<line_format::LineEncoder>());
  }
  FileLayout Layout(const OptionValues&) const override { return layout_; }
  std::string FileHeader(const Schema&, const OptionValues&) const override { return "header\n"; }
  Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema&, const OptionValues&) const override {
    return layout_ == FileLayout::kWhole ? std::unique_ptr<FileEncoder>(std::make_unique<KeepsARow>())
                                         : std::unique_ptr<FileEncoder>();
  }

 private:
  class KeepsARow final : public FileEncoder {
   public:
    Status Encode(const Batch& batch, std::string* bytes) override {
      for (size_t i = 0; i < batch.rows(); i++) {
        *bytes += std::exchange(kept_, batch.chunk().GetValue(0, i).ToString() + "\n");
      }
      return Status::Ok();
    }
    Status Finish(std::string* bytes) override {
      *bytes += kept_ + "end\n";
      return Status::Ok();
    }

   private:
    std::string kept_;
  };

  const FileLayout layout_;
};

class WholeFileTest : public ::testing::Test {
 protected:
  WholeFileTest() {
    std::string pattern = ::testing::TempDir() + "laminar_whole_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern + "/file";
    context_.clock = &clock_;
    context_.metrics = &metrics_;
  }
  ~WholeFileTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  void Write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  std::string Content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  TableSpec Table(OptionUse use, const Format* format) const {
    return line_format::MakeTable(*connector_, use, {{"path", path_, {}}}, format);
  }
  std::unique_ptr<Source> MakeSource(const Format* format = nullptr, BadDataPolicy bad_data = BadDataPolicy::kFail) {
    TableSpec table = Table(OptionUse::kSource, format ? format : &whole_);
    table.bad_data = bad_data;
    return connector_->MakeSource(table, context_).value();
  }
  // Numbers as lines, 10,000 of them.
  static std::string Lines() {
    std::string text;
    for (int i = 0; i < 10'000; i++) text += std::to_string(i) + "\n";
    return text;
  }

  ManualClock clock_;
  PipelineMetrics metrics_;
  ConnectorContext context_;
  const std::unique_ptr<Connector> connector_ = MakeFileConnector();
  const OtherFiles whole_{FileLayout::kWhole}, records_{FileLayout::kLineIsRow};
  std::string path_;
};

TEST_F(WholeFileTest, OneWorkerReadsItFromFrontToBack) {
  Write(Lines());
  const auto source = MakeSource();
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker, &waker}).ok());
  const auto reader = source->CreateReader(0), other = source->CreateReader(1);
  Batch batch;
  EXPECT_EQ(other->Poll(&batch).value(), PollState::kEnd);
  int next = 0;
  while (reader->Poll(&batch).value() == PollState::kBatch) {
    EXPECT_EQ(batch.order_key, static_cast<uint64_t>(next));
    EXPECT_EQ(batch.DescribeOrigin(0), "file " + path_ + ", row " + std::to_string(next + 1));
    for (const std::string& line : line_format::Lines(batch)) ASSERT_EQ(line, std::to_string(next++));
  }
  EXPECT_EQ(next, 10'000);
  EXPECT_EQ(metrics_.rows_in.Get(), 10'000u);
}

TEST_F(WholeFileTest, ARestartGoesOnWithinIt) {
  Write(Lines());
  ThreadWaker waker;
  std::string position;
  int next = 0, restarts = 0;
  for (bool ended = false; !ended; restarts++) {
    const auto source = MakeSource();
    if (!position.empty()) ASSERT_TRUE(source->Resume(position).ok());
    ASSERT_TRUE(source->Start({&waker}).ok());
    const auto reader = source->CreateReader(0);
    Batch batch;
    ended = reader->Poll(&batch).value() == PollState::kEnd;
    if (ended) break;
    EXPECT_EQ(batch.order_key, static_cast<uint64_t>(next));
    for (const std::string& line : line_format::Lines(batch)) ASSERT_EQ(line, std::to_string(next++));
    position = source->Position().value();
  }
  EXPECT_EQ(next, 10'000);
  EXPECT_EQ(restarts, 5);

  Write("another file");
  const auto source = MakeSource();
  ASSERT_TRUE(source->Resume(position).ok());
  const Status changed = source->Start({&waker});
  EXPECT_EQ(changed.kind(), StatusKind::kUser);
  EXPECT_THAT(changed.message(), HasSubstr("has 12 bytes, and had 48890 when the checkpoint was taken"));
  EXPECT_FALSE(MakeSource()->Resume("{\"size\": 12}").ok());
}

TEST_F(WholeFileTest, FilesOfEverySizeHavePaddingBehindThem) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (const size_t size : {size_t{0}, size_t{1}, page - 1, page, page + 1, 3 * page}) {
    Write(std::string(size, 'x'));
    const auto source = MakeSource();
    ThreadWaker waker;
    ASSERT_TRUE(source->Start({&waker}).ok());
    const auto reader = source->CreateReader(0);
    Batch batch;
    if (size == 0) {
      EXPECT_EQ(reader->Poll(&batch).value(), PollState::kEnd);
      continue;
    }
    ASSERT_EQ(reader->Poll(&batch).value(), PollState::kBatch);
    EXPECT_EQ(line_format::Lines(batch)[0].size(), size);
    EXPECT_EQ(reader->Poll(&batch).value(), PollState::kEnd);
  }
}

TEST_F(WholeFileTest, BadRowsHaveTheirLine) {
  Write("one\nbad\nthree\n");
  ThreadWaker waker;
  const auto source = MakeSource();
  ASSERT_TRUE(source->Start({&waker}).ok());
  Batch batch;
  const Status status = source->CreateReader(0)->Poll(&batch).status();
  EXPECT_EQ(status.message(), "bad data in table t (file " + path_ + ", byte 4, line 2): column line: it is bad");
}

TEST_F(WholeFileTest, APipeIsRefused) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  ThreadWaker waker;
  EXPECT_THAT(MakeSource()->Start({&waker}).message(), HasSubstr("is no regular file"));
}

TEST_F(WholeFileTest, LinesMayBeRecords) {
  std::string text = "first\n\nbad\nfourth\n";
  for (int i = 0; i < 40'000; i++) text += "line " + std::to_string(i) + "\n";
  Write(text + "no line feed");
  const auto source = MakeSource(&records_, BadDataPolicy::kDrop);
  ThreadWaker waker;
  ASSERT_TRUE(source->Start({&waker}).ok());
  const auto reader = source->CreateReader(0);
  Batch batch;
  std::vector<std::string> lines;
  std::string position;
  while (true) {
    const PollState state = reader->Poll(&batch).value();
    if (state == PollState::kEnd) break;
    if (state != PollState::kBatch) continue;
    for (size_t row = 0; row < batch.rows(); row++) {
      lines.push_back(batch.chunk().GetValue(0, row).ToString());
      if (lines.back() == "fourth") EXPECT_EQ(batch.DescribeOrigin(row), "file " + path_ + ", byte 11, line 4");
      if (lines.back() == "line 39000") EXPECT_THAT(batch.DescribeOrigin(row), HasSubstr(", line 39005"));
    }
  }
  ASSERT_EQ(lines.size(), 40'003u);  // the test's decoder passes over blank lines
  EXPECT_EQ(lines[2], "line 0");
  EXPECT_EQ(lines.back(), "no line feed");
  EXPECT_EQ(metrics_.bad_rows.Get(), 1u);
}

TEST_F(WholeFileTest, TheLastWriterWritesTheEnd) {
  Write("what was there before");
  const auto sink = connector_->MakeSink(Table(OptionUse::kSink, &whole_), context_).value();
  ThreadWaker waker;
  ASSERT_TRUE(sink->Start({&waker, &waker}).ok());
  const auto a = sink->CreateWriter(0), b = sink->CreateWriter(1);
  ASSERT_TRUE(a->Push(line_format::MakeBatch({"one", "two"})).ok());
  ASSERT_TRUE(b->Push(line_format::MakeBatch({"three"})).ok());
  a->Finish();
  EXPECT_FALSE(a->Drained());
  ASSERT_TRUE(a->Poll().ok());
  EXPECT_TRUE(a->Drained());
  EXPECT_EQ(Content(), "one\ntwo\n");
  b->Finish();
  EXPECT_NE(b->NextDeadline(), kNever);
  ASSERT_TRUE(b->Poll().ok());
  EXPECT_TRUE(b->Drained());
  EXPECT_EQ(Content(), "one\ntwo\nthree\nend\n");
  EXPECT_EQ(metrics_.rows_out.Get(), 3u);
}

TEST_F(WholeFileTest, ASinkOfAWholeFileRefusesCheckpoints) {
  const auto sink = connector_->MakeSink(Table(OptionUse::kSink, &whole_), context_).value();
  const Status status = sink->Resume("id", {});
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_THAT(status.message(), HasSubstr("a file of this format is written as a whole"));
}

TEST_F(WholeFileTest, AFileOfLinesBeginsWithItsHeaderOnce) {
  ThreadWaker waker;
  const auto write = [&](std::vector<SinkState> states) {
    const auto sink = connector_->MakeSink(Table(OptionUse::kSink, &records_), context_).value();
    CHECK(sink->Resume("id", std::move(states)).ok() && sink->Start({&waker}).ok());
    const auto writer = sink->CreateWriter(0);
    CHECK(writer->Push(line_format::MakeBatch({"x"})).ok());
    writer->EndEpoch(1);
    writer->Finish();
    CHECK(writer->Poll().ok());
    return writer->State(1);
  };
  const SinkState state = write({});
  EXPECT_EQ(Content(), "header\nx\n");
  write({state});
  EXPECT_EQ(Content(), "header\nx\nx\n");
}

TEST_F(WholeFileTest, AFileWithoutVisibleRowsIsRefused) {
  const OtherFiles none(FileLayout::kNone);
  std::vector<OptionSpec> specs = Registry::TableOptions();
  specs.insert(specs.end(), connector_->options().begin(), connector_->options().end());
  specs.push_back({.name = "compression"});
  const auto hint = [&](const std::string& compression) {
    TableSpec table = Table(OptionUse::kSource, &none);
    std::vector<Status> problems;
    table.options = ParseOptions(
        specs,
        std::vector<WrittenOption>{{"connector", "x", {}}, {"path", path_, {}}, {"compression", compression, {}}},
        OptionUse::kSource, "table t", &problems);
    connector_->Check(table, OptionUse::kSource, &problems);
    return problems.size() == 1 ? problems[0].hint() : "";
  };
  EXPECT_THAT(hint("gzip"), HasSubstr("zcat FILE"));
  EXPECT_THAT(hint("none"), HasSubstr("Leave the options of the schema registry out"));
}

}  // namespace
}  // namespace laminar
