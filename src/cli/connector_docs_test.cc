#include "cli/connector_docs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/wiring.h"

namespace laminar::cli {
namespace {

using ::testing::HasSubstr;

class ConnectorDocs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = World::Make(256 << 20).value().release(); }
  static void TearDownTestSuite() {
    delete world_;
    world_ = nullptr;
  }
  const Registry& registry() const { return world_->registry(); }
  static World* world_;
};
World* ConnectorDocs::world_ = nullptr;

TEST_F(ConnectorDocs, ThePageIsUpToDate) {
  std::ifstream in(LAMINAR_SOURCE_DIR "/docs/connectors.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(page, ConnectorsAsMarkdown(registry())) << "docs/connectors.md is not what the OptionSpecs say: laminar "
                                                       "connectors --format markdown > docs/connectors.md";
}

TEST_F(ConnectorDocs, EveryOptionIsExplained) {
  std::vector<OptionSpec> specs = Registry::TableOptions();
  for (const std::string& name : registry().ConnectorNames()) {
    const auto& own = registry().FindConnector(name)->options();
    specs.insert(specs.end(), own.begin(), own.end());
  }
  for (const std::string& name : registry().FormatNames()) {
    const auto& own = registry().FormatOptions(name);
    specs.insert(specs.end(), own.begin(), own.end());
  }
  for (const OptionSpec& spec : specs) {
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    EXPECT_FALSE(spec.help.ends_with('.')) << spec.name << ": the full stop is added";
    EXPECT_TRUE(!spec.example.empty() || !spec.choices.empty() || spec.type == OptionType::kBoolean) << spec.name;
    EXPECT_FALSE(spec.required && !spec.default_value.empty()) << spec.name;
  }
}

// Examples and defaults are values that the option itself takes.
TEST_F(ConnectorDocs, ExamplesAreValid) {
  for (const std::string& name : registry().ConnectorNames()) {
    const Connector& connector = *registry().FindConnector(name);
    for (const OptionSpec& spec : connector.options()) {
      if (spec.example.empty()) continue;
      OptionSpec alone = spec;
      alone.required = false;
      std::vector<Status> problems;
      const WrittenOption written{std::string(spec.name), std::string(spec.example), {}};
      (void)ParseOptions({&alone, 1}, {&written, 1}, OptionUse::kBoth, name, &problems);
      EXPECT_TRUE(problems.empty()) << (problems.empty() ? "" : problems[0].ToString());
    }
  }
}

TEST_F(ConnectorDocs, TextAndJson) {
  EXPECT_THAT(ConnectorsAsText(registry()), HasSubstr("single_file (source and sink): "));
  const std::string kinesis = ConnectorAsText(registry(), *registry().FindConnector("kinesis"));
  EXPECT_THAT(kinesis, HasSubstr("sink.records_per_batch  (whole number from 1 to 500; sinks only; default 500)"));
  EXPECT_THAT(kinesis, HasSubstr("Options of every table:"));
  const auto json = nlohmann::json::parse(ConnectorsAsJson(registry()));
  EXPECT_EQ(json.size(), registry().ConnectorNames().size());
  const auto only = nlohmann::json::parse(ConnectorsAsJson(registry(), registry().FindConnector("generator")));
  ASSERT_EQ(only.size(), 1U);
  EXPECT_EQ(only[0]["name"], "generator");
  EXPECT_FALSE(only[0]["options"].empty());
}

}  // namespace
}  // namespace laminar::cli
