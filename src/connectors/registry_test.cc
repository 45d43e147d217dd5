#include "connectors/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar {
namespace {

class NowhereConnector final : public Connector {
 public:
  std::string name() const override { return "nowhere"; }
  std::string description() const override { return "Neither reads nor writes"; }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kOptions = {{.name = "place"}};
    return kOptions;
  }
  std::vector<std::string> formats() const override { return {"lines"}; }
  bool is_source() const override { return false; }
  bool is_sink() const override { return false; }
};

TEST(Registry, FindsByName) {
  Registry registry;
  registry.Add(std::make_unique<NowhereConnector>());
  registry.AddFormat("lines", nullptr, {{.name = "lines.end"}});
  EXPECT_NE(registry.FindConnector("nowhere"), nullptr);
  EXPECT_EQ(registry.FindConnector("somewhere"), nullptr);
  EXPECT_THAT(registry.ConnectorNames(), testing::ElementsAre("nowhere"));
  EXPECT_THAT(registry.FormatNames(), testing::ElementsAre("lines"));
  EXPECT_TRUE(registry.FormatOptions("columns").empty());
}

TEST(Registry, AnAliasIsTheSameFormat) {
  Registry registry;
  registry.AddFormat("lines", nullptr, {{.name = "lines.end"}});
  registry.AddFormatAlias("rows", "lines");
  EXPECT_EQ(registry.FormatName("rows"), "lines");
  EXPECT_EQ(registry.FormatName("lines"), "lines");
  EXPECT_EQ(registry.FormatName("columns"), "columns");
  EXPECT_EQ(registry.FormatOptions("rows").size(), 1u);
  EXPECT_THAT(registry.FormatNames(), testing::ElementsAre("lines"));
}

TEST(Registry, AllOptionsAreTheTablesTheConnectorsAndTheFormats) {
  Registry registry;
  registry.Add(std::make_unique<NowhereConnector>());
  registry.AddFormat("lines", nullptr, {{.name = "lines.end"}});
  const std::vector<OptionSpec> options = registry.AllOptions(*registry.FindConnector("nowhere"), "");
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : options) names.push_back(spec.name);
  EXPECT_THAT(names, testing::IsSupersetOf({"connector", "type", "bad_data", "place", "lines.end"}));
}

TEST(Connector, RefusesTheDirectionThatItLacks) {
  const NowhereConnector connector;
  TableSpec table;
  table.name = "t";
  const auto source = connector.MakeSource(table, ConnectorContext{});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.status().message(), "table t cannot be read: connector 'nowhere' cannot be a source");
  EXPECT_EQ(source.status().kind(), StatusKind::kUser);
  EXPECT_FALSE(connector.MakeSink(table, ConnectorContext{}).ok());
}

}  // namespace
}  // namespace laminar
