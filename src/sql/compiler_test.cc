#include "sql/compiler.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/clock.h"
#include "sql/registry_for_test.h"

namespace laminar::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  std::string Plan(const std::string& text) {
    const auto script = Good(text);
    return script ? PlanToText(script->plan) : "";
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

  static const ManualClock* clock_;
  static DuckDatabase* database_;
  static Registry* registry_;
  std::unique_ptr<DuckSession> session_ = database_->NewSession();
};

const ManualClock* CompilerTest::clock_ = nullptr;
DuckDatabase* CompilerTest::database_ = nullptr;
Registry* CompilerTest::registry_ = nullptr;

std::vector<std::string> Names(const Schema& schema) {
  std::vector<std::string> names;
  for (const Column& column : schema) names.push_back(column.name);
  return names;
}

std::string PageScript(const std::string& name) {
  std::ifstream file(std::string(LAMINAR_SOURCE_DIR) + "/test/sql/page/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(CompilerTest, IotScriptOfThePage) {
  const auto script = Good(PageScript("iot.sql"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  ASSERT_THAT(plan.nodes, ::testing::SizeIs(3));  // source, filter and projection together, sink
  EXPECT_THAT(plan.sources, ElementsAre("sensor_data"));
  EXPECT_THAT(plan.sinks, ElementsAre("anomaly_alerts"));
  // Only what the query uses is decoded: neither humidity nor pressure.
  EXPECT_THAT(Names(plan.nodes[0].schema), ElementsAre("device_id", "location", "temperature", "timestamp"));
  EXPECT_EQ(std::get<FilterProjectNode>(plan.nodes[1].op).filters.size(), 1U);
  EXPECT_THAT(Names(plan.nodes[2].schema),
              ElementsAre("device_id", "alert_type", "severity", "details", "detected_at"));
  EXPECT_EQ(script->sinks.at("anomaly_alerts").spec.options.Integer("sink.records_per_batch"), 100);
}

TEST_F(CompilerTest, ReplicationScriptOfThePage) {
  const auto script = Good(PageScript("replication.sql"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  ASSERT_THAT(plan.nodes, ::testing::SizeIs(3));
  EXPECT_EQ(TypeName(*plan.nodes[0].schema[3].type), "DECIMAL(38,10)");
  const ExpressionList& projections = std::get<FilterProjectNode>(plan.nodes[1].op).projections;
  size_t column = 0;
  for (size_t i = 0; i < 5; i++) EXPECT_TRUE(projections.IsColumnReference(i, &column)) << i;
  EXPECT_EQ(projections.ToString(5), "now()");
  EXPECT_EQ(projections.position(5).line, 41);
}

TEST_F(CompilerTest, PipelinesOfThePageThatNeedWindowsAreRefused) {
  EXPECT_THAT(Problems(PageScript("clickstream.sql")),
              ElementsAre(HasSubstr("windows over a stream are not supported yet: TUMBLE_START()"),
                          HasSubstr("GROUP BY over a stream needs a window")));
  EXPECT_THAT(Problems(PageScript("fraud.sql")),
              ElementsAre(HasSubstr("OVER is not supported on a stream yet: count() OVER")));
}

}  // namespace
}  // namespace laminar::sql
