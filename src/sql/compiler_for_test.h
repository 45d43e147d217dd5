// CompilerTest: scripts compiled against connectors that only have options.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/clock.h"
#include "sql/compiler.h"
#include "sql/registry_for_test.h"

namespace laminar::sql {

class CompilerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    clock_ = new ManualClock;
    database_ = DuckDatabase::Open(clock_, 256 << 20).value().release();
    registry_ = MakeTestRegistry().release();
  }
  static void TearDownTestSuite() {
    delete registry_;
    delete database_;
    delete clock_;
  }

  CompileResult Compile(const std::string& text, std::map<std::string, std::string> variables = {}) {
    return sql::Compile({text, std::move(variables)}, *registry_, session_.get());
  }

  // The plan of a script that has no problems.
  std::unique_ptr<CompiledScript> Good(const std::string& text, std::map<std::string, std::string> variables = {}) {
    CompileResult result = Compile(text, std::move(variables));
    for (const Status& problem : result.problems) ADD_FAILURE() << problem.ToString() << "\nin: " << text;
    return std::move(result.script);
  }
  // "line:column message | hint" of each problem.
  std::vector<std::string> Problems(const std::string& text, std::map<std::string, std::string> variables = {}) {
    const CompileResult result = Compile(text, std::move(variables));
    EXPECT_EQ(result.script == nullptr, !result.problems.empty());
    std::vector<std::string> lines;
    for (const Status& problem : result.problems) {
      lines.push_back(std::to_string(problem.position().line) + ":" + std::to_string(problem.position().column) + " " +
                      problem.message() + (problem.hint().empty() ? "" : " | " + problem.hint()));
    }
    return lines;
  }

  static inline const ManualClock* clock_ = nullptr;
  static inline DuckDatabase* database_ = nullptr;
  static inline Registry* registry_ = nullptr;
  std::unique_ptr<DuckSession> session_ = database_->NewSession();
};

inline std::vector<std::string> Names(const Schema& schema) {
  std::vector<std::string> names;
  for (const Column& column : schema) names.push_back(column.name);
  return names;
}

inline std::string PageScript(const std::string& name) {
  std::ifstream file(std::string(LAMINAR_SOURCE_DIR) + "/test/sql/page/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline constexpr const char* kSource =
    "CREATE TABLE s (a TEXT, b BIGINT, c DOUBLE, ts TIMESTAMP, j JSON, l BIGINT[]) WITH (connector = 'kinesis', "
    "stream_name = 's');\n";
inline std::string WithSource(const std::string& text) {
  return kSource + text;
}

}  // namespace laminar::sql
