// Runs the text tests of test/sql: compile, run with one worker and small batches, compare with what the file expects
// and with what DuckDB answers to the same script over the same rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/registry.h"
#include "engine/pipeline.h"
#include "formats/json/json_format.h"
#include "lines_connector.h"
#include "oracle.h"
#include "test_file.h"

namespace laminar::sqltest {
namespace {

constexpr int64_t kMemory = 256 << 20;

class TextTest : public ::testing::Test {
 public:
  explicit TextTest(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    const auto test = ReadTestFile(path_);
    ASSERT_TRUE(test.ok()) << test.status().ToString();
    lines_.inputs = test->inputs;
    registry_.Add(MakeLinesConnector("lines", &lines_));
    registry_.Add(MakeLinesConnector("stdout", &lines_));
    registry_.AddFormat("json", MakeJsonFormat(), JsonFormatOptions());
    database_ = DuckDatabase::Open(&clock_, kMemory).value();
    const auto session = database_->NewSession();
    const sql::CompileResult compiled = sql::Compile({test->script, {}}, registry_, session.get());
    std::string failure;
    for (const Status& problem : compiled.problems) failure += sql::RenderProblem("script", test->script, problem);
    if (compiled.script) failure = Run(*compiled.script);
    CheckErrors(*test, failure);
    for (const auto& [table, expected] : test->outputs)
      EXPECT_EQ(Sorted(expected), Sorted(lines_.outputs[table])) << "output " << table;
    if (compiled.script && failure.empty() && test->oracle) CompareWithDuckDb(*test, *compiled.script);
  }

 private:
  std::string Run(const sql::CompiledScript& script) {
    auto pipeline = Pipeline::Create(script, {}, {&clock_, &random_, database_.get()});
    if (!pipeline.ok()) return pipeline.status().ToString();
    const Status status = (*pipeline)->Run(nullptr);
    return status.ok() ? "" : status.ToString();
  }

  static void CheckErrors(const TestFile& test, const std::string& failure) {
    if (test.errors.empty()) {
      EXPECT_EQ("", failure);
    }
    for (const std::string& part : test.errors)
      EXPECT_NE(failure.find(part), std::string::npos) << "expected: " << part << "\ngot: " << failure;
  }

  void CompareWithDuckDb(const TestFile& test, const sql::CompiledScript& script) {
    const auto database = DuckDatabase::Open(&clock_, kMemory).value();
    const auto session = database->NewSession();
    const auto answers = AskDuckDb(test, script, *registry_.FindFormat("json"), session.get());
    ASSERT_TRUE(answers.ok()) << answers.status().ToString();
    for (const auto& [table, rows] : *answers)
      EXPECT_EQ(Sorted(rows), Sorted(lines_.outputs[table])) << "DuckDB's own " << table;
  }

  static std::string Sorted(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }

  const std::string path_;
  SystemClock clock_;
  Random random_{7};
  Lines lines_;
  Registry registry_;
  std::unique_ptr<DuckDatabase> database_;
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
