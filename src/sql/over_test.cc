#include <algorithm>

#include "sql/compiler_for_test.h"

namespace laminar::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OverTest : public CompilerTest {
 protected:
  template <class Op>
  static std::vector<const PlanNode*> NodesOf(const StreamPlan& plan) {
    std::vector<const PlanNode*> nodes;
    for (const PlanNode& node : plan.nodes) {
      if (std::holds_alternative<Op>(node.op)) nodes.push_back(&node);
    }
    return nodes;
  }
  static std::vector<std::string> Names(const Schema& schema, const std::vector<size_t>& columns) {
    std::vector<std::string> names;
    for (const size_t column : columns) names.push_back(schema[column].name);
    return names;
  }
};

TEST_F(OverTest, FraudScriptOfThePage) {
  const auto script = Good(PageScript("fraud.sql"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  const auto exchanges = NodesOf<ExchangeNode>(plan);
  ASSERT_THAT(exchanges, SizeIs(1));
  EXPECT_THAT(Names(exchanges[0]->schema, std::get<ExchangeNode>(exchanges[0]->op).keys), ElementsAre("account_id"));
  const auto overs = NodesOf<OverNode>(plan);
  ASSERT_THAT(overs, SizeIs(1));
  const auto& over = std::get<OverNode>(overs[0]->op);
  EXPECT_THAT(Names(overs[0]->schema, over.partition), ElementsAre("account_id"));
  EXPECT_EQ(overs[0]->schema[over.time_column].name, "transaction_time");
  EXPECT_THAT(over.then_by, IsEmpty());
  ASSERT_THAT(over.functions, SizeIs(2));
  EXPECT_EQ(over.functions[0].name, "count_star");
  EXPECT_EQ(over.functions[0].frame.unit, Frame::Unit::kRange);
  EXPECT_EQ(over.functions[0].frame.start.time.micros, 3'600'000'000);
  EXPECT_EQ(over.functions[0].frame.end.kind, FrameBound::Kind::kCurrentRow);
  EXPECT_EQ(over.functions[1].name, "avg");
  EXPECT_EQ(over.functions[1].frame.unit, Frame::Unit::kRows);
  EXPECT_EQ(over.functions[1].frame.start.rows, 100);
  EXPECT_THAT(Names(overs[0]->schema, over.functions[1].arguments), ElementsAre("amount"));
  // Its rows come out in the order of their time.
  ASSERT_THAT(overs[0]->times, SizeIs(1));
  EXPECT_EQ(overs[0]->times[0].column, over.time_column);
  EXPECT_EQ(overs[0]->times[0].lag_micros, 0);
  // Nothing is decoded that nobody uses; the source's own order of rows of equal time goes with them.
  EXPECT_THAT(laminar::sql::Names(script->sources.at("transactions").spec.schema),
              ElementsAre("transaction_id", "account_id", "amount", "transaction_time"));
  EXPECT_TRUE(std::get<SourceNode>(plan.nodes[0].op).adds_order);
  EXPECT_TRUE(overs[0]->order_column.has_value());
}

TEST_F(OverTest, OneNodeForEachPartitionAndOrder) {
  const auto script = Good(WithSource(
      "SELECT sum(b) OVER (PARTITION BY a ORDER BY ts), count(*) OVER (ORDER BY ts), max(b) OVER (PARTITION BY a ORDER "
      "BY ts, c), min(b) OVER (PARTITION BY a ORDER BY ts RANGE INTERVAL '1' DAY PRECEDING) FROM s"));
  ASSERT_NE(script, nullptr);
  const auto overs = NodesOf<OverNode>(script->plan);
  ASSERT_THAT(overs, SizeIs(3));
  std::vector<size_t> functions;
  for (const PlanNode* node : overs) functions.push_back(std::get<OverNode>(node->op).functions.size());
  std::sort(functions.begin(), functions.end());
  EXPECT_THAT(functions, ElementsAre(1, 1, 2));
  // Rows are dealt once for the two nodes with the same partition, and to one worker for the one without.
  EXPECT_THAT(NodesOf<ExchangeNode>(script->plan), SizeIs(2));
}

TEST_F(OverTest, WhatIsPartitionedByAWindowSeesAllOfIt) {
  const auto script = Good(
      WithSource("SELECT a, rank() OVER (PARTITION BY e ORDER BY n DESC) FROM (SELECT a, TUMBLE_END(ts, INTERVAL '1' "
                 "MINUTE) AS e, count(*) AS n FROM s GROUP BY a, TUMBLE(ts, INTERVAL '1' MINUTE))"));
  ASSERT_NE(script, nullptr);
  const auto overs = NodesOf<WindowedOverNode>(script->plan);
  ASSERT_THAT(overs, SizeIs(1));
  const auto& over = std::get<WindowedOverNode>(overs[0]->op);
  EXPECT_EQ(over.partition, std::vector<size_t>{over.time_column});
  ASSERT_THAT(over.functions, SizeIs(1));
  EXPECT_THAT(over.functions[0], HasSubstr("\"rank\"() OVER (PARTITION BY c"));
  EXPECT_THAT(over.functions[0], HasSubstr(" DESC NULLS LAST"));
}

TEST_F(OverTest, StateThatNothingFreesIsWarnedOf) {
  const auto warnings = [&](const std::string& text) {
    std::vector<std::string> lines;
    const auto script = Good(text);
    if (!script) return lines;
    for (const Status& warning : script->warnings)
      lines.push_back(std::to_string(warning.position().line) + ":" + std::to_string(warning.position().column) + " " +
                      warning.message() + " | " + warning.hint());
    return lines;
  };
  EXPECT_THAT(
      warnings(WithSource("SELECT avg(b) OVER (PARTITION BY a ORDER BY ts ROWS 100 PRECEDING) FROM s")),
      ElementsAre(HasSubstr("2:8 avg() OVER (...) keeps state for every a for ever | SET state.ttl = '7 days'")));
  EXPECT_THAT(warnings(WithSource("SELECT count(*) OVER (PARTITION BY a ORDER BY ts) FROM s")), SizeIs(1));
  EXPECT_THAT(warnings(WithSource("SELECT lag(b) OVER (PARTITION BY a ORDER BY ts) FROM s")), SizeIs(1));
  EXPECT_THAT(
      warnings(WithSource("SELECT avg(b) OVER (PARTITION BY a ORDER BY ts RANGE INTERVAL '1' DAY PRECEDING) FROM s")),
      IsEmpty());
  EXPECT_THAT(warnings(WithSource("SELECT avg(b) OVER (ORDER BY ts ROWS 100 PRECEDING) FROM s")), IsEmpty());
  EXPECT_THAT(warnings("SET state.ttl = '1 hour';\n" +
                       WithSource("SELECT avg(b) OVER (PARTITION BY a ORDER BY ts ROWS 100 PRECEDING) FROM s")),
              IsEmpty());
}

TEST_F(OverTest, StateTtlReachesTheNode) {
  const auto script =
      Good("SET state.ttl = '1 hour';\n" + WithSource("SELECT lag(b) OVER (PARTITION BY a ORDER BY ts) FROM s"));
  ASSERT_NE(script, nullptr);
  const auto overs = NodesOf<OverNode>(script->plan);
  ASSERT_THAT(overs, SizeIs(1));
  EXPECT_EQ(std::get<OverNode>(overs[0]->op).ttl_micros, 3'600'000'000);
}

}  // namespace
}  // namespace laminar::sql
