#include "connectors/file/file_probe.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace laminar::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class FileProbeTest : public ::testing::Test {
 protected:
  FileProbeTest() {
    char name[] = "/tmp/laminar-probe-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    folder_ = name;
    std::ofstream(folder_ / "lines") << std::string(100, 'x') << "\n";
    std::ofstream(folder_ / "empty");
    CHECK(mkfifo((folder_ / "pipe").c_str(), 0600) == 0);
  }
  ~FileProbeTest() override { fs::remove_all(folder_); }

  using Test = void (*)(const std::string&, const FileAccess&, ConnectionTest*);
  std::vector<std::string> Checks(Test test, const std::string& path, const FileAccess& files) {
    result_.emplace(&clock_, TestLimits{.bytes = 50});
    test(path, files, &*result_);
    std::vector<std::string> texts;
    for (const ConnectionCheck& check : result_->checks) {
      constexpr const char* kOutcomes[] = {"ok", "failed", "skipped"};
      texts.push_back(check.name + ": " + kOutcomes[static_cast<int>(check.outcome)] + " " + check.message);
    }
    return texts;
  }

  ManualClock clock_;
  fs::path folder_;
  std::optional<ConnectionTest> result_;
};

TEST_F(FileProbeTest, Sources) {
  for (const FileAccess& files : {FileAccess::Any(), FileAccess::Within(folder_, "--files-dir").value()}) {
    EXPECT_THAT(Checks(TestFileSource, folder_ / "lines", files),
                ElementsAre("file: ok it can be read, and has 101 B"));
    ASSERT_THAT(result_->samples, SizeIs(1));
    EXPECT_EQ(result_->samples[0].records.at(0), std::string(50, 'x'));
    EXPECT_TRUE(result_->samples[0].is_cut);
    EXPECT_THAT(Checks(TestFileSource, folder_ / "empty", files),
                ElementsAre(HasSubstr("file: ok"), HasSubstr("records: skipped")));
    EXPECT_THAT(result_->samples, IsEmpty());
    EXPECT_THAT(Checks(TestFileSource, folder_ / "none", files), ElementsAre(HasSubstr("No such file")));
    EXPECT_THAT(Checks(TestFileSource, folder_ / "", files), ElementsAre(HasSubstr("file: failed")));
    EXPECT_FALSE(result_->ok());
  }
  EXPECT_THAT(Checks(TestFileSource, folder_ / "pipe", FileAccess::Any()), ElementsAre(HasSubstr("skipped")));
  EXPECT_THAT(Checks(TestFileSource, "-", FileAccess::Any()), ElementsAre(HasSubstr("skipped")));
  EXPECT_THAT(Checks(TestFileSource, "-", FileAccess::None("--files-dir")), ElementsAre(HasSubstr("skipped")));
  EXPECT_THAT(Checks(TestFileSource, folder_ / "lines", FileAccess::None("--files-dir")),
              ElementsAre(HasSubstr("without --files-dir")));
}

TEST_F(FileProbeTest, Sinks) {
  const FileAccess within = FileAccess::Within(folder_, "--files-dir").value();
  for (const FileAccess& files : {FileAccess::Any(), within}) {
    EXPECT_THAT(Checks(TestFileSink, folder_ / "lines", files),
                ElementsAre("file: ok it can be written, and has 101 B now"));
    EXPECT_EQ(fs::file_size(folder_ / "lines"), 101u);
    EXPECT_THAT(Checks(TestFileSink, folder_ / "new", files), ElementsAre(HasSubstr("file: ok")));
    EXPECT_FALSE(fs::exists(folder_ / "new"));
    EXPECT_THAT(Checks(TestFileSink, folder_ / "none/new", files), ElementsAre(HasSubstr("file: failed")));
  }
  EXPECT_THAT(Checks(TestFileSink, "new", within), ElementsAre(HasSubstr("file: ok")));
  EXPECT_THAT(Checks(TestFileSink, "../new", within), ElementsAre(HasSubstr("outside")));
}

}  // namespace
}  // namespace laminar::file
