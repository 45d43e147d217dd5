#include "state/state_table.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/clock.h"
#include "duck/aggregates_for_test.h"
#include "state/group_table.h"

namespace laminar {
namespace {

using duckdb::Value;

class StateTableTest : public ::testing::Test {
 protected:
  StateTableTest()
      : database_(DuckDatabase::Open(&clock_, 64 << 20).value()),
        session_(database_->NewSession()),
        list_(BindAggregates(session_.get(), {{"k", "VARCHAR"}, {"v", "BIGINT"}, {"s", "VARCHAR"}},
                             {"count(*)", "sum(v)", "list(s)"})),
        set_(list_) {}

  Batch Rows(const std::vector<std::pair<std::string, int64_t>>& rows) {
    Batch batch(Schema{{"k", MakeType("VARCHAR")}, {"v", MakeType("BIGINT")}, {"s", MakeType("VARCHAR")}});
    for (size_t i = 0; i < rows.size(); i++) {
      batch.chunk().SetValue(0, i, Value(rows[i].first));
      batch.chunk().SetValue(1, i, Value::BIGINT(rows[i].second));
      batch.chunk().SetValue(2, i, Value("a text that is longer than twelve bytes"));
    }
    batch.chunk().SetCardinality(rows.size());
    return batch;
  }
  // Each row gets its own number as a value.
  void Feed(StateTable* table, const std::vector<uint32_t>& rows) {
    for (size_t first = 0; first < rows.size(); first += kBatchRows) {
      std::vector<std::pair<std::string, int64_t>> values;
      std::vector<std::byte*> states;
      for (size_t i = first; i < std::min(first + kBatchRows, rows.size()); i++) {
        values.emplace_back("", rows[i]);
        states.push_back(table->at(rows[i]));
      }
      Batch batch = Rows(values);
      ASSERT_TRUE(set_.Update(&batch, states, table->memory()).ok());
    }
  }
  // Keys, if there are, from column 0; then the results.
  Schema Output(bool keys) {
    Schema schema;
    if (keys) schema.push_back({"k", MakeType("VARCHAR")});
    for (size_t i = 0; i < list_.size(); i++) schema.push_back({"r", MakeType(list_.type(i))});
    return schema;
  }
  int64_t SumOf(StateTable* table, uint32_t row) {
    Batch out(Output(false));
    const std::vector<std::byte*> states = {table->at(row)};
    EXPECT_TRUE(set_.Finalize(states, table->memory(), &out, 0).ok());
    return out.chunk().GetValue(1, 0).GetValue<int64_t>();
  }

  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  AggregateList list_;
  AggregateSet set_;
};

TEST_F(StateTableTest, RowsKeepTheirPlacesAndTheirStates) {
  StateTable table(&set_);
  std::vector<std::byte*> places;
  for (uint32_t row = 0; row < 5000; row++) places.push_back(table.Create(row));
  for (uint32_t row = 0; row < 5000; row++) ASSERT_EQ(table.at(row), places[row]);
  const std::vector<uint32_t> some = {0, 7, 8, 1015, 1016, 2039, 2040, 4999};
  Feed(&table, some);
  for (const uint32_t row : some) EXPECT_EQ(SumOf(&table, row), row);
  StateTable moved = std::move(table);
  EXPECT_EQ(SumOf(&moved, 2040), 2040);
}

TEST_F(StateTableTest, FewRowsAreSmallAndFreedOnesAreGivenBack) {
  StateTable table(&set_);
  table.Create(0);
  EXPECT_LT(table.bytes(), 2000);
  for (uint32_t row = 1; row < 10'000; row++) table.Create(row);
  const int64_t full = table.bytes();
  std::vector<uint32_t> rows(9990);
  std::iota(rows.begin(), rows.end(), 10);
  table.Free(rows);
  EXPECT_FALSE(table.Has(10));
  table.Trim(10);
  EXPECT_LT(table.bytes(), full / 100);
  table.Create(10);
  Feed(&table, {10});
  EXPECT_EQ(SumOf(&table, 10), 10);
}

TEST_F(StateTableTest, CompactingDropsWhatFreedRowsPointedTo) {
  StateTable table(&set_);
  std::vector<uint32_t> all(20'000);
  std::iota(all.begin(), all.end(), 0);
  for (const uint32_t row : all) table.Create(row);
  Feed(&table, all);
  const int64_t full = table.memory()->bytes();
  ASSERT_GT(full, 1 << 20);
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < 20'000; row++) {
    if (row % 100 != 0) rows.push_back(row);
  }
  table.Free(rows);
  ASSERT_TRUE(table.CompactWhenGrown().ok());
  EXPECT_LT(table.memory()->bytes(), full / 20);
  for (uint32_t row = 0; row < 20'000; row += 100) EXPECT_EQ(SumOf(&table, row), row);
}

// Copies of these states would point into memory that is gone.
TEST_F(StateTableTest, StatesThatShareTheirBytesAreNotMoved) {
  const AggregateList list =
      BindAggregates(session_.get(), {{"k", "VARCHAR"}, {"v", "BIGINT"}, {"s", "VARCHAR"}}, {"any_value(k)"});
  AggregateSet set(list);
  StateTable table(&set);
  std::vector<std::string> texts;
  for (uint32_t row = 0; row < 20'000; row++) {
    texts.push_back("a text of its own, number " + std::to_string(row));
    table.Create(row);
  }
  for (uint32_t first = 0; first < 20'000; first += 2000) {
    std::vector<std::pair<std::string, int64_t>> values;
    std::vector<std::byte*> states;
    for (uint32_t row = first; row < first + 2000; row++) {
      values.emplace_back(texts[row], 0);
      states.push_back(table.at(row));
    }
    Batch batch = Rows(values);
    ASSERT_TRUE(set.Update(&batch, states, table.memory()).ok());
  }
  const int64_t before = table.memory()->bytes();
  ASSERT_GT(before, 500 << 10);  // enough to be worth copying
  ASSERT_TRUE(table.CompactWhenGrown().ok());
  EXPECT_EQ(table.memory()->bytes(), before);
  Batch out(Schema{{"r", MakeType("VARCHAR")}});
  ASSERT_TRUE(set.Finalize(std::vector{table.at(19'999)}, table.memory(), &out, 0).ok());
  EXPECT_EQ(out.chunk().GetValue(0, 0).ToString(), texts.back());
}

// A million small states are not copied for a few texts.
TEST_F(StateTableTest, CompactingWaitsUntilItCostsNoMoreThanWhatWasWritten) {
  StateTable table(&set_);
  constexpr uint32_t kRows = 100'000;
  for (uint32_t row = 0; row < kRows; row++) table.Create(row);
  std::vector<uint32_t> rows(5000);
  std::iota(rows.begin(), rows.end(), 0);
  Feed(&table, rows);
  const int64_t small = table.memory()->bytes();
  ASSERT_GT(small, 300 << 10);
  const std::byte* const place = table.at(kRows - 1);
  ASSERT_TRUE(table.CompactWhenGrown().ok());
  EXPECT_EQ(table.at(kRows - 1), place);
  rows.resize(kRows);
  std::iota(rows.begin(), rows.end(), 0);
  Feed(&table, rows);
  ASSERT_TRUE(table.CompactWhenGrown().ok());
  EXPECT_NE(table.at(kRows - 1), place);
  EXPECT_EQ(SumOf(&table, kRows - 1), kRows - 1);
}

TEST_F(StateTableTest, GroupsAreNumberedAsTheyComeAndScannedInParts) {
  const KeyCodec codec({MakeType("VARCHAR")});
  GroupTable groups(&set_);
  std::vector<uint32_t> all(kBatchRows);
  std::iota(all.begin(), all.end(), 0);
  EncodedKeys keys;
  GroupTable::Scratch scratch;
  for (const auto& rows :
       {std::vector<std::pair<std::string, int64_t>>{{"b", 1}, {"a", 2}, {"b", 4}}, {{"c", 8}}, {}}) {
    Batch batch = Rows(rows);
    codec.Encode(batch, {0}, &keys);
    ASSERT_TRUE(groups.Update(&set_, keys, &batch, std::span(all).first(rows.size()), &scratch).ok());
  }
  Batch batch = Rows({{"x", 100}, {"a", 16}, {"y", 100}});
  codec.Encode(batch, {0}, &keys);
  ASSERT_TRUE(groups.Update(&set_, keys, &batch, std::span(all).subspan(1, 1), &scratch).ok());
  ASSERT_EQ(groups.groups(), 3U);
  EXPECT_LT(groups.bytes(), 8000);

  for (int again = 0; again < 2; again++) {  // the table stays as it is
    Batch out(Output(true));
    ASSERT_TRUE(groups.Scan(&set_, &codec, 0, 1, &out, 1, 0).ok());
    ASSERT_TRUE(groups.Scan(&set_, &codec, 1, 2, &out, 1, 1).ok());
    out.chunk().SetCardinality(3);
    std::vector<std::string> lines;
    for (size_t row = 0; row < 3; row++) {
      lines.push_back(out.chunk().GetValue(0, row).ToString() + out.chunk().GetValue(2, row).ToString());
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"b5", "a18", "c8"}));
  }
}

}  // namespace
}  // namespace laminar
