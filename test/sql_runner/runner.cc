// Runs the text tests of test/sql: compile, run with several numbers of workers and sizes of batches, compare with what
// the file expects and with what DuckDB answers over the same rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "rows.h"
#include "script_run.h"
#include "test_file.h"

namespace laminar::sqltest {
namespace {

class TextTest : public ::testing::Test {
 public:
  explicit TextTest(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    const auto test = ReadTestFile(path_);
    ASSERT_TRUE(test.ok()) << test.status().ToString();
    ScriptRun run(&clock_, &random_);
    const std::string problems = run.Compile(*test);
    if (!problems.empty()) {
      CheckFailure(*test, problems);
      EXPECT_TRUE(test->outputs.empty()) << "the planner refuses it";
      return;
    }
    for (const std::string& part : test->warnings) EXPECT_THAT(run.Warnings(), ::testing::HasSubstr(part));
    std::map<std::string, Rows> answers;
    if (test->oracle && test->errors.empty()) {
      const auto answer = run.AskDuckDb(*test);
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      answers = *answer;
    }
    for (const int workers : test->workers) {
      for (const int batch_rows : test->batches) {
        SCOPED_TRACE(std::to_string(workers) + " workers, batches of " + std::to_string(batch_rows));
        CheckRun(*test, answers, workers, &run, run.Run(workers, static_cast<size_t>(batch_rows)));
        if (HasFailure()) return;
      }
    }
  }

 private:
  static void CheckFailure(const TestFile& test, const std::string& failure) {
    if (test.errors.empty()) {
      EXPECT_EQ("", failure);
    }
    for (const std::string& part : test.errors) EXPECT_THAT(failure, ::testing::HasSubstr(part));
  }

  static void CheckRun(const TestFile& test, const std::map<std::string, Rows>& answers, int workers, ScriptRun* run,
                       ScriptRun::Outcome outcome) {
    CheckFailure(test, outcome.failure);
    for (const auto& [sink, rows] : test.outputs)
      EXPECT_EQ("", Difference(run->SinkSchema(sink), rows, outcome.outputs[sink], test.ordered && workers == 1))
          << "output " << sink;
    for (const auto& [sink, rows] : answers)
      EXPECT_EQ("", Difference(run->SinkSchema(sink), rows, outcome.outputs[sink], false)) << "DuckDB's own " << sink;
    for (const auto& [source, rows] : test.late) EXPECT_EQ(rows, outcome.late[source]) << "late rows of " << source;
  }

  const std::string path_;
  SystemClock clock_;
  Random random_{7};
};

void RegisterAll() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LAMINAR_SQL_TESTS)) {
    if (entry.path().extension() == ".test") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    const std::string name = std::filesystem::path(path).stem().string();
    ::testing::RegisterTest("Sql", name.c_str(), nullptr, nullptr, path.c_str(), 1,
                            [path]() -> ::testing::Test* { return new TextTest(path); });
  }
}

}  // namespace
}  // namespace laminar::sqltest

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  laminar::sqltest::RegisterAll();
  return RUN_ALL_TESTS();
}
