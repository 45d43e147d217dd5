#include "sql/compiler_for_test.h"

namespace laminar::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class JoinTest : public CompilerTest {
 protected:
  static std::string With(const std::string& text) {
    return std::string(
               "CREATE TABLE d (k TEXT AS ('x'), v BIGINT AS (1)) WITH (connector = 'generator', rows = 10);\n") +
           WithSource(text);
  }
  std::string Plan(const std::string& text) {
    const auto script = Good(With(text));
    return script ? PlanToText(script->plan) : "";
  }
};

TEST_F(JoinTest, TheTableIsReadByAllWorkersAndStandsBehindTheStream) {
  const auto script = Good(With("SELECT s.a, d.v FROM d JOIN s ON upper(s.a) = d.k AND s.b > d.v"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  const auto join = std::find_if(plan.nodes.begin(), plan.nodes.end(),
                                 [](const PlanNode& node) { return std::holds_alternative<LookupJoinNode>(node.op); });
  ASSERT_NE(join, plan.nodes.end());
  const auto& op = std::get<LookupJoinNode>(join->op);
  EXPECT_EQ(op.kind, LookupJoinNode::Kind::kInner);
  ASSERT_EQ(op.stream_keys.size(), 1U);
  EXPECT_EQ(op.nulls_equal, std::vector<bool>{false});
  const PlanNode& stream = plan.nodes[static_cast<size_t>(join->inputs[0])];
  const PlanNode& table = plan.nodes[static_cast<size_t>(join->inputs[1])];
  EXPECT_EQ(stream.schema[op.stream_keys[0]].name, "upper(a)");
  EXPECT_EQ(table.schema[op.table_keys[0]].name, "k");
  EXPECT_EQ(join->schema.size(), stream.schema.size() + table.schema.size());
  ASSERT_TRUE(std::holds_alternative<ExchangeNode>(table.op));
  EXPECT_EQ(std::get<ExchangeNode>(table.op).to, ExchangeNode::To::kAllWorkers);
  EXPECT_EQ(op.condition.ToString(0), "(v < b)");
}

TEST_F(JoinTest, Kinds) {
  EXPECT_THAT(Plan("SELECT s.a, d.v FROM s LEFT JOIN d ON s.a = d.k AND d.v > 3 AND s.b > 1"),
              AllOf(HasSubstr("LookupJoin (left)"), HasSubstr("on: a = k"), HasSubstr("where: (b > 1)"),
                    HasSubstr("where: (v > 3)")));
  EXPECT_THAT(Plan("SELECT s.a, d.v FROM d RIGHT JOIN s ON s.a = d.k"), HasSubstr("LookupJoin (left)"));
  EXPECT_THAT(Plan("SELECT s.a, d.v FROM s, d"), AllOf(HasSubstr("LookupJoin ["), Not(HasSubstr("on:"))));
  EXPECT_THAT(Plan("SELECT a FROM s WHERE a IN (SELECT k FROM d)"), HasSubstr("LookupJoin (semi)"));
  EXPECT_THAT(Plan("SELECT a FROM s WHERE EXISTS (SELECT 1 FROM d WHERE k = a)"), HasSubstr("LookupJoin (semi)"));
  EXPECT_THAT(Plan("SELECT a FROM s WHERE NOT EXISTS (SELECT 1 FROM d WHERE k = a)"), HasSubstr("LookupJoin (anti)"));
  EXPECT_THAT(Plan("SELECT a FROM s WHERE EXISTS (SELECT 1 FROM d WHERE d.k = s.a AND d.v > s.b)"),
              AllOf(HasSubstr("LookupJoin (semi)"), HasSubstr("on: a = k"), HasSubstr("where: (v > b)")));
  EXPECT_THAT(Plan("SELECT a FROM s JOIN d ON s.a IS NOT DISTINCT FROM d.k"),
              HasSubstr("on: a is not distinct from k"));
  EXPECT_THAT(Plan("SELECT a, n FROM s JOIN (VALUES ('x', 1), ('y', 2)) v(k, n) ON a = k"),
              AllOf(HasSubstr("on: a = column0"), HasSubstr("2 rows")));
}

// A row without a partner has NULLs for the table's columns, those that are constant among them.
TEST_F(JoinTest, ConstantsOfTheTableAreColumnsOfIt) {
  EXPECT_THAT(Plan("SELECT s.a, x.one FROM s LEFT JOIN (SELECT k, 1 AS one FROM d) x ON s.a = x.k"),
              HasSubstr("select: k, 1 AS one"));
}

TEST_F(JoinTest, WhatHasNoBoundIsRefusedAtItsPlace) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"SELECT x.a FROM s x JOIN s y ON x.a = y.a",
       "3:26 a join of stream s with itself is not supported yet | join "
       "with a table that ends"},
      {"SELECT x.a FROM s x, s y", "3:22 a join of stream s with itself"},
      {"SELECT a FROM s WHERE b IN (SELECT b FROM s)", "3:43 IN or EXISTS of stream s with itself"},
      {"SELECT d.v FROM d LEFT JOIN s ON s.a = d.k", "3:40 LEFT JOIN with the table on the left would wait"},
      {"SELECT s.a FROM s RIGHT JOIN d ON s.a = d.k", "3:35 RIGHT JOIN with the table on the right would wait"},
      {"SELECT a IN (SELECT k FROM d) FROM s", "3:8 IN (SELECT ...) and EXISTS are conditions of WHERE here"},
      {"SELECT x.k FROM d x JOIN d y ON x.k = y.k", "3:26 table d would have to be read before itself"},
  };
  for (const auto& [text, message] : refused)
    EXPECT_THAT(Problems(With(text)), ElementsAre(StartsWith(message))) << text;
}

}  // namespace
}  // namespace laminar::sql
