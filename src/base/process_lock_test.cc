#include "base/process_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace laminar {
namespace {

using ::testing::HasSubstr;

TEST(ProcessLock, OneAtATimeHasIt) {
  const std::string file = (std::filesystem::path(testing::TempDir()) / "one.lock").string();
  auto first = ProcessLock::Take(file, "the well", "Wait");
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  const auto second = ProcessLock::Take(file, "the well", "Wait");
  EXPECT_EQ(second.status().message(), "the well is in use by another process, " + std::to_string(getpid()));
  EXPECT_EQ(second.status().hint(), "Wait");
  first.value().reset();
  EXPECT_TRUE(ProcessLock::Take(file, "the well", "Wait").ok());
  EXPECT_THAT(ProcessLock::Take("/nowhere/at/all/x.lock", "the well", "").status().message(),
              HasSubstr("the well cannot be opened: its lock /nowhere/at/all/x.lock: No such file"));
}

}  // namespace
}  // namespace laminar
