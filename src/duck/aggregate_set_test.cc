#include "duck/aggregate_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "duck/aggregates_for_test.h"
#include "duck/own_aggregates.h"

namespace laminar {
namespace {

using duckdb::Value;

// States of some groups, freed by the test's end.
class Groups {
 public:
  Groups(AggregateSet* set, size_t count) : set_(set), bytes_(count * set->state_bytes()) {
    for (size_t i = 0; i < count; i++) {
      states.push_back(bytes_.data() + i * set->state_bytes());
      set->Initialize(states.back());
    }
  }
  ~Groups() { set_->Destroy(states, &memory); }
  std::vector<std::byte*> states;
  AggregateMemory memory;

 private:
  AggregateSet* const set_;
  std::vector<std::byte> bytes_;
};

class AggregateSetTest : public ::testing::Test {
 protected:
  AggregateSetTest() : database_(DuckDatabase::Open(&clock_, 64 << 20).value()), session_(database_->NewSession()) {}

  // Columns: n BIGINT (NULL if negative), text VARCHAR, two BIGINT (always 2).
  Batch Rows(const std::vector<std::pair<int64_t, std::string>>& rows) {
    Batch batch(Schema{{"n", MakeType("BIGINT")}, {"text", MakeType("VARCHAR")}, {"two", MakeType("BIGINT")}});
    for (size_t i = 0; i < rows.size(); i++) {
      batch.chunk().SetValue(0, i, rows[i].first < 0 ? Value() : Value::BIGINT(rows[i].first));
      batch.chunk().SetValue(1, i, Value(rows[i].second));
      batch.chunk().SetValue(2, i, Value::BIGINT(2));
    }
    batch.chunk().SetCardinality(rows.size());
    return batch;
  }
  AggregateList Bind(const std::vector<std::string>& calls) {
    return BindAggregates(session_.get(), {{"n", "BIGINT"}, {"text", "VARCHAR"}, {"two", "BIGINT"}}, calls);
  }
  static Batch Output(const AggregateList& list) {
    Schema schema;
    for (size_t i = 0; i < list.size(); i++) schema.push_back({"", MakeType(list.type(i))});
    return Batch(schema);
  }
  // The results of the groups, one line a group.
  static std::vector<std::string> Results(AggregateSet& set, const AggregateList& list, Groups& groups) {
    Batch out = Output(list);
    const Status status = set.Finalize(groups.states, &groups.memory, &out, 0);
    if (!status.ok()) return {status.ToString()};
    out.chunk().SetCardinality(groups.states.size());
    return Lines(out);
  }
  static std::vector<std::string> Lines(const Batch& batch) {
    std::vector<std::string> lines;
    for (size_t row = 0; row < batch.rows(); row++) {
      std::string line;
      for (size_t i = 0; i < batch.columns(); i++) line += (i ? " " : "") + batch.chunk().GetValue(i, row).ToString();
      lines.push_back(line);
    }
    return lines;
  }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
};

// States that are copied elsewhere point to nothing where they were: that is overwritten.
TEST_F(AggregateSetTest, CombinedStatesOwnWhatTheyPointTo) {
  const AggregateList list =
      Bind({"min(text)", "max(text)", "min(text, two)", "max(text, two)", "last(text)", "arg_min(text, n)",
            "arg_max(text, n)", "arg_max(n, text)", "arg_max_null(text, n)", "arg_min(text, n, two)", "list(text)",
            "histogram(text)", "mode(text)", "string_agg(text)", "approx_count_distinct(text)",
            "approx_top_k(text, two)", "bitstring_agg(n, 0, 1000)"});
  AggregateSet set(list);
  EXPECT_TRUE(set.CombinesCopies());
  const auto text = [](char c) { return std::string(40, c); };
  const auto feed = [&](Groups& groups, char first) {
    for (char more = 0; more < 3; more++) {
      const char c = static_cast<char>(first + more);
      Batch batch = Rows({{c, text(c)}, {c + 1, text(c)}, {c, text(static_cast<char>(c + 1))}});
      const Status status =
          set.Update(&batch, std::vector{groups.states[0], groups.states[1], groups.states[0]}, &groups.memory);
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
  };
  Groups copies(&set, 2);
  std::vector<std::string> expected;
  {
    Groups groups(&set, 2);
    feed(groups, 'a');
    expected = Results(set, list, groups);
    ASSERT_TRUE(set.Combine(groups.states, copies.states, &copies.memory).ok());
    set.Destroy(groups.states, &groups.memory);
    groups.memory.Reset();
    for (std::byte* states : groups.states) set.Initialize(states);
    feed(groups, 'p');
    EXPECT_NE(Results(set, list, groups), expected);
  }
  EXPECT_EQ(Results(set, list, copies), expected);
}

TEST_F(AggregateSetTest, CombinedStatesOwnTheirLists) {
  const AggregateList list = BindAggregates(session_.get(), {{"l", "VARCHAR[]"}}, {"last(l)", "max(l)"});
  AggregateSet set(list);
  EXPECT_TRUE(set.CombinesCopies());
  Groups copies(&set, 1);
  std::vector<std::string> expected;
  {
    Groups groups(&set, 1);
    Batch batch(Schema{{"l", MakeType("VARCHAR[]")}});
    batch.chunk().SetValue(0, 0, Value::LIST({Value(std::string(40, 'a')), Value(std::string(50, 'b'))}));
    batch.chunk().SetCardinality(1);
    ASSERT_TRUE(set.Update(&batch, groups.states, &groups.memory).ok());
    expected = Results(set, list, groups);
    ASSERT_TRUE(set.Combine(groups.states, copies.states, &copies.memory).ok());
  }
  EXPECT_EQ(Results(set, list, copies), expected);
}

// What only copies pointers says so; without strings there is nothing that it could point to.
TEST_F(AggregateSetTest, CombinedStatesThatShareTheirBytesAreKnown) {
  for (const char* call : {"first(text)", "any_value(text)", "quantile_disc(text, 0.5)", "median(text)"}) {
    const AggregateList list = Bind({call});
    AggregateSet set(list);
    EXPECT_FALSE(set.CombinesCopies()) << call;
    Groups from(&set, 1), into(&set, 1);
    Batch batch = Rows({{1, std::string(40, 'x')}, {2, std::string(40, 'x')}});
    ASSERT_TRUE(
        set.UpdateRows(&batch, std::vector<uint32_t>{0, 1}, std::vector{from.states[0], from.states[0]}, &from.memory)
            .ok());
    ASSERT_TRUE(set.Combine(from.states, into.states, &into.memory).ok());
    EXPECT_EQ(Results(set, list, into), Results(set, list, from));
  }
  EXPECT_TRUE(AggregateSet(Bind({"first(n)", "any_value(n)", "quantile_cont(n, 0.5)"})).CombinesCopies());
}

// With and without a choice of rows, with NULLs; of functions that are told from the row, and of such that are not.
TEST_F(AggregateSetTest, EachRowAloneGivesWhatAGroupOfItGives) {
  const AggregateList bound = Bind({"count(*)", "count(n)", "sum(n)", "sum(two)", "min(text)", "max(n)", "mode(n)",
                                    "list(text)", "bit_or(n)", "median(n)", "arg_max(text, n)", "string_agg(text)"});
  std::vector<std::unique_ptr<duckdb::Expression>> calls;
  for (size_t i = 0; i < bound.size(); i++)
    calls.push_back(std::unique_ptr<duckdb::Expression>(bound.at(i).Copy().release()));
  const auto column = [](const char* type, size_t index) -> AggregateExpression {
    return std::make_unique<duckdb::BoundReferenceExpression>("", *MakeType(type), index);
  };
  calls.push_back(DistinctValues(column("BIGINT", 0)));
  calls.push_back(DistinctValues(column("VARCHAR", 1)));
  calls.push_back(CollectRows(column("BIGINT", 0)));
  const AggregateList list(std::move(calls));
  AggregateSet set(list);
  const auto check = [&](Batch batch, const std::vector<uint32_t>& rows) {
    Groups groups(&set, rows.size());
    ASSERT_TRUE(set.UpdateRows(&batch, rows, groups.states, &groups.memory).ok());
    Batch out = Output(list);
    for (int again = 0; again < 2; again++) {
      out.Reset();
      const Status status = set.OfEachRow(&batch, rows, &out, 0);
      ASSERT_TRUE(status.ok()) << status.ToString();
      out.chunk().SetCardinality(rows.size());
      EXPECT_EQ(Lines(out), Results(set, list, groups));
    }
  };
  const std::string text = "a text that no state holds inline ";
  check(Rows({{3, text + "a"}, {-1, text + "b"}, {5, "c"}}), {0, 1, 2});
  check(Rows({{3, text + "a"}, {-1, text + "b"}, {5, "c"}}), {1, 2});
  check(Rows({{3, "x"}, {4, text}}), {0, 1});  // no NULLs
}

// The values of a set come in the order of its slots: a set that takes them while it grows must not put them all into
// its front, where each would walk past all others.
TEST_F(AggregateSetTest, LargeSetsAreMergedAboutAsFastAsTheyWereMade) {
  constexpr size_t kValues = 1 << 18;
  const auto column = [](const TypeRef& type) -> AggregateExpression {
    return std::make_unique<duckdb::BoundReferenceExpression>("", *type, 0);
  };
  const auto list_of = [](AggregateExpression call) {
    std::vector<std::unique_ptr<duckdb::Expression>> calls;
    calls.push_back(std::move(call));
    return AggregateList(std::move(calls));
  };
  const TypeRef lists = MakeType(duckdb::LogicalType::LIST(duckdb::LogicalType::BIGINT));
  AggregateSet set(list_of(DistinctValues(column(MakeType("BIGINT")))));
  AggregateSet merging(list_of(MergeDistinctValues(column(lists))));
  Groups made(&set, 1), combined(&set, 1), merged(&merging, 1);
  SystemClock clock;
  const auto micros = [&](const auto& work) {
    const int64_t start = clock.SteadyMicros();
    const Status status = work();
    EXPECT_TRUE(status.ok()) << status.ToString();
    return clock.SteadyMicros() - start;
  };
  const int64_t making = micros([&] {
    Batch batch(Schema{{"n", MakeType("BIGINT")}});
    const std::vector<std::byte*> states(kBatchRows, made.states[0]);
    for (size_t first = 0; first < kValues; first += kBatchRows) {
      auto* values = duckdb::FlatVector::GetData<int64_t>(batch.chunk().data[0]);
      for (size_t i = 0; i < kBatchRows; i++) values[i] = static_cast<int64_t>(first + i);
      batch.chunk().SetCardinality(kBatchRows);
      RETURN_IF_ERROR(set.Update(&batch, states, &made.memory));
    }
    return Status::Ok();
  });
  const int64_t combining = micros([&] { return set.Combine(made.states, combined.states, &combined.memory); });
  Batch list(Schema{{"l", lists}});
  ASSERT_TRUE(set.Finalize(made.states, &made.memory, &list, 0).ok());
  list.chunk().SetCardinality(1);
  const int64_t merging_lists = micros([&] { return merging.Update(&list, merged.states, &merged.memory); });
  EXPECT_LT(combining, 10 * making);
  EXPECT_LT(merging_lists, 10 * making);
  for (auto& [one, groups] : {std::pair(&set, &combined), std::pair(&merging, &merged)}) {
    Batch out(Schema{{"l", lists}});
    ASSERT_TRUE(one->Finalize(groups->states, &groups->memory, &out, 0).ok());
    EXPECT_EQ(duckdb::ListVector::GetListSize(out.chunk().data[0]), kValues);
  }
}

TEST_F(AggregateSetTest, RowsGoToTheirGroups) {
  const AggregateList list = Bind({"count(*)", "count(n)", "sum(n)", "max(text)", "list(text)", "avg(n)"});
  AggregateSet set(list);
  EXPECT_EQ(set.state_bytes() % 8, 0U);
  Groups groups(&set, 3);
  Batch batch = Rows({{1, "a long text that no state holds inline"}, {2, "b"}, {-1, "c"}, {4, "b, too"}});
  const std::vector<std::byte*> states = {groups.states[0], groups.states[1], groups.states[0], groups.states[1]};
  ASSERT_TRUE(set.Update(&batch, states, &groups.memory).ok());
  batch.Reset();  // the states keep nothing of it
  EXPECT_EQ(Results(set, list, groups),
            (std::vector<std::string>{"2 1 1 c [a long text that no state holds inline, c] 1.0",
                                      "2 2 6 b, too [b, 'b, too'] 3.0", "0 0 NULL NULL NULL NULL"}));
  EXPECT_GT(groups.memory.bytes(), 0);
}

TEST_F(AggregateSetTest, OneGroupForAllRowsAndFurtherRowsAfterAResult) {
  const AggregateList list = Bind({"sum(n)", "mode(n)", "max(n, two)", "median(n)", "string_agg(text)"});
  AggregateSet set(list);
  Groups groups(&set, 1);
  for (int64_t round = 0; round < 4; round++) {
    Batch batch = Rows({{5 + round, "x"}, {3, "y"}, {9 - round, "z"}});
    const std::vector<std::byte*> states(3, groups.states[0]);
    ASSERT_TRUE(set.Update(&batch, states, &groups.memory).ok());
    if (round == 0) EXPECT_EQ(Results(set, list, groups).front(), "17 5 [9, 5] 5.0 x,y,z");
    // Asking does not change the answer.
    EXPECT_EQ(Results(set, list, groups), Results(set, list, groups));
  }
  EXPECT_EQ(Results(set, list, groups).front(), "68 3 [9, 8] 6.0 x,y,z,x,y,z,x,y,z,x,y,z");
}

TEST_F(AggregateSetTest, CombineLeavesItsInputAsItIs) {
  const AggregateList list = Bind({"sum(n)", "max(text)", "list(text)", "quantile_cont(n, 0.5)"});
  AggregateSet set(list);
  Groups into(&set, 2);
  {
    Groups from(&set, 2);
    Batch batch = Rows({{1, "the first of two texts"}, {2, "the second of two texts"}});
    ASSERT_TRUE(set.Update(&batch, from.states, &from.memory).ok());
    for (int i = 0; i < 2; i++) ASSERT_TRUE(set.Combine(from.states, into.states, &into.memory).ok());
    EXPECT_EQ(Results(set, list, from)[1], "2 the second of two texts [the second of two texts] 2.0");
  }
  EXPECT_EQ(Results(set, list, into)[0],
            "2 the first of two texts [the first of two texts, the first of two texts] 1.0");
}

TEST_F(AggregateSetTest, NamedRowsGoToNamedStates) {
  const AggregateList list = Bind({"sum(n)", "list(text)", "arg_max(text, n)"});
  AggregateSet set(list);
  Groups groups(&set, 3);
  Batch batch = Rows({{1, "a"}, {2, "b"}, {3, "c"}});
  // Frames of two rows.
  const std::vector<uint32_t> rows = {0, 0, 1, 1, 2};
  const std::vector<std::byte*> states = {groups.states[0], groups.states[1], groups.states[1], groups.states[2],
                                          groups.states[2]};
  ASSERT_TRUE(set.UpdateRows(&batch, rows, states, &groups.memory).ok());
  EXPECT_EQ(Results(set, list, groups), (std::vector<std::string>{"1 [a] a", "3 [a, b] b", "5 [b, c] c"}));
}

TEST_F(AggregateSetTest, AFailureNamesTheAggregateAndItsPlace) {
  const AggregateList bound = Bind({"count(*)", "sum(n)", "bitstring_agg(n)"});
  std::vector<std::unique_ptr<duckdb::Expression>> copies;
  for (size_t i = 0; i < bound.size(); i++) copies.push_back(std::unique_ptr<duckdb::Expression>(bound.at(i).Copy()));
  const AggregateList list(std::move(copies), {{1, 8}, {1, 18}, {2, 3}});
  AggregateSet set(list);
  Groups groups(&set, 1);
  Batch batch = Rows({{1, "a"}});
  const Status status = set.Update(&batch, groups.states, &groups.memory);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.kind(), StatusKind::kUser);
  EXPECT_EQ(status.position().line, 2);
  EXPECT_THAT(status.message(), ::testing::StartsWith("bitstring_agg(n) failed: "));
}

TEST_F(AggregateSetTest, ManyStatesAtOnce) {
  const AggregateList list = Bind({"sum(n)", "mode(text)"});
  AggregateSet set(list);
  constexpr size_t kGroups = 5'000;
  Groups from(&set, kGroups), into(&set, kGroups);
  for (size_t first = 0; first < kGroups; first += 1'000) {
    std::vector<std::pair<int64_t, std::string>> rows;
    for (size_t i = 0; i < 1'000; i++) rows.push_back({static_cast<int64_t>(first + i), "x"});
    Batch batch = Rows(rows);
    ASSERT_TRUE(set.Update(&batch, std::span(from.states).subspan(first, 1'000), &from.memory).ok());
  }
  ASSERT_TRUE(set.Combine(from.states, into.states, &into.memory).ok());
  Batch out = Output(list);
  ASSERT_TRUE(set.Finalize(std::span(into.states).subspan(4'000), &into.memory, &out, 0, 7).ok());
  EXPECT_EQ(out.chunk().GetValue(0, 7 + 999).ToString(), "4999");
}

}  // namespace
}  // namespace laminar
