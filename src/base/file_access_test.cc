#include "base/file_access.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace laminar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileAccessTest : public ::testing::Test {
 protected:
  FileAccessTest() {
    char name[] = "/tmp/laminar-files-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    root_ = name;
    fs::create_directories(root_ / "allowed/inner");
    fs::create_directories(root_ / "allowed-not");
    for (const char* file : {"secret", "allowed/x", "allowed/inner/y", "allowed-not/z"})
      std::ofstream(root_ / file) << file;
    fs::create_symlink("inner/y", root_ / "allowed/good");
    fs::create_symlink(root_ / "allowed/inner", root_ / "allowed/folder");
    fs::create_symlink("../secret", root_ / "allowed/bad");
    fs::create_symlink(root_, root_ / "allowed/up");
    fs::create_symlink("circle", root_ / "allowed/circle");
    fs::create_symlink(root_ / "new", root_ / "allowed/dangling");
  }
  ~FileAccessTest() override { fs::remove_all(root_); }

  // What it holds, or why it cannot be opened.
  static std::string Read(const FileAccess& access, const std::string& path) {
    const auto opened = access.Open(path, O_RDONLY | O_CLOEXEC);
    if (!opened.ok()) return opened.status().message();
    if (opened->fd < 0) return std::strerror(opened->error);
    char buffer[100];
    const ssize_t bytes = read(opened->fd, buffer, sizeof buffer);
    close(opened->fd);
    return {buffer, static_cast<size_t>(std::max<ssize_t>(0, bytes))};
  }

  fs::path root_;
};

TEST_F(FileAccessTest, OfAFolderOnlyWhatLiesBelowIt) {
  const FileAccess access = FileAccess::Within(root_ / "allowed", "--files-dir").value();
  for (const std::string& good :
       {std::string("x"), std::string("./x"), std::string("inner/../x"), (root_ / "allowed/x").string()})
    EXPECT_EQ(Read(access, good), "allowed/x") << good;
  for (const char* good : {"inner/y", "good", "folder/y", "up/allowed/inner/y"})
    EXPECT_EQ(Read(access, good), "allowed/inner/y") << good;
  EXPECT_EQ(Read(access, "none"), "No such file or directory");
  EXPECT_TRUE(access.Check("none/of/these").ok());
  for (const std::string& bad :
       {std::string("../secret"), std::string("inner/../../secret"), (root_ / "secret").string(), std::string("bad"),
        std::string("up/secret"), std::string("folder/../../secret"), (root_ / "allowed-not/z").string(),
        std::string("../allowed-not/z"), std::string("/etc/passwd"), std::string("dangling"), std::string("."),
        std::string("/proc/self/environ"), std::string("/dev/stdin")}) {
    EXPECT_THAT(Read(access, bad), HasSubstr("it is outside of that directory")) << bad;
    const Status status = access.Check(bad);
    EXPECT_EQ(status.kind(), StatusKind::kUser) << bad;
    EXPECT_THAT(status.hint(), AllOf(HasSubstr("--files-dir"), HasSubstr("/allowed"))) << bad;
  }
  for (const std::string& bad : {std::string(), std::string("-"), std::string("x\0y", 3)})
    EXPECT_THAT(Read(access, bad), HasSubstr("it is no path"));
  EXPECT_THAT(Read(access, "circle"), HasSubstr("may not be used"));
  EXPECT_THAT(Read(access, std::string(5'000, 'x')), HasSubstr("File name too long"));
}

TEST_F(FileAccessTest, NewFilesAreMadeBelowTheFolder) {
  const FileAccess access = FileAccess::Within(root_ / "allowed", "--files-dir").value();
  const auto make = [&](const std::string& path) {
    const auto opened = access.Open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (opened.ok() && opened->fd >= 0) close(opened->fd);
    return opened.ok() && opened->fd >= 0;
  };
  EXPECT_TRUE(make("inner/new"));
  EXPECT_TRUE(fs::exists(root_ / "allowed/inner/new"));
  EXPECT_FALSE(make("dangling"));
  EXPECT_FALSE(make("../new"));
  EXPECT_FALSE(fs::exists(root_ / "new"));
}

TEST_F(FileAccessTest, PipesAndDevicesHoldUpNobody) {
  const FileAccess access = FileAccess::Within(root_ / "allowed", "--files-dir").value();
  ASSERT_EQ(mkfifo((root_ / "allowed/pipe").c_str(), 0600), 0);
  EXPECT_THAT(Read(access, "pipe"), HasSubstr("it is a pipe or a device"));
  EXPECT_THAT(access.Open("pipe", O_WRONLY | O_CREAT).status().message(), HasSubstr("it is a pipe or a device"));
}

TEST_F(FileAccessTest, AnyAndNone) {
  EXPECT_EQ(Read(FileAccess::Any(), root_ / "secret"), "secret");
  EXPECT_TRUE(FileAccess::Any().Check("-").ok());
  const FileAccess none = FileAccess::None("--files-dir");
  EXPECT_THAT(Read(none, root_ / "secret"), HasSubstr("the server was started without --files-dir"));
  EXPECT_THAT(none.Check("x").hint(), HasSubstr("--files-dir DIR"));
  EXPECT_THAT(FileAccess::Within(root_ / "none", "--files-dir").status().message(), HasSubstr("--files-dir"));
  EXPECT_THAT(FileAccess::Within(root_ / "secret", "--files-dir").status().message(), HasSubstr("no directory"));
}

}  // namespace
}  // namespace laminar
