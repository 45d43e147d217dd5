#include "stream/operators/session.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "duck/own_aggregates.h"
#include "stream/operators/windows_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kGap = 10;

class SessionTest : public WindowTest {
 protected:
  void StartSessions(bool keyed = true) { Start(Node(WindowKind::kSession, kGap, 0, 0, keyed)); }

  // Sessions with sum(v), the distinct s and all v, or the distinct s again.
  void StartSessionsOfLists(bool collect = true) {
    const auto column = [](const char* type, size_t index) -> AggregateExpression {
      return std::make_unique<duckdb::BoundReferenceExpression>(*MakeType(type), index);
    };
    std::vector<std::unique_ptr<duckdb::Expression>> aggregates;
    aggregates.push_back(aggregates_.at(0).Copy());
    aggregates.push_back(DistinctValues(column("VARCHAR", 3)));
    aggregates.push_back(collect ? CollectRows(column("HUGEINT", 2)) : DistinctValues(column("VARCHAR", 3)));
    WindowAggregateNode node = Node(WindowKind::kSession, kGap);
    node.aggregates = AggregateList(std::move(aggregates));
    Start(node);
  }
};

TEST_F(SessionTest, RowsLessThanTheGapApartAreOneSession) {
  StartSessions();
  Rows({{"a", 0, 1}, {"a", 9, 2}, {"a", 19, 4}, {"b", 5, 8}});
  Watermark(14);
  EXPECT_THAT(Take(), ElementsAre("W 14"));
  Watermark(15);
  EXPECT_THAT(Take(), ElementsAre(TestLine("b", 5, 15, 8, 8), "W 15"));
  Watermark(19);
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 19, 3, 2), "W 19"));
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 19, 29, 4, 4), "W end"));
  EXPECT_EQ(op().StateRows(), 0);
}

TEST_F(SessionTest, ARowJoinsTwoSessionsAndRowsOfTheSameBatchFollow) {
  StartSessions();
  Rows({{"a", 0, 1}, {"a", 39, 2}});
  Rows({{"a", 12, 4}, {"a", 30, 8}, {"a", 9, 16}, {"a", 21, 32}, {"a", 45, 64}});
  EXPECT_EQ(op().StateRows(), 1);
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("a", 0, 55, 127, 64), "W end"));
}

TEST_F(SessionTest, ALateRowCountsWhereItTouchesAnOpenSession) {
  StartSessions();
  Rows({{"a", 20, 1}});
  Watermark(22);
  Rows({{"a", 11, 2}, {"a", 5, 4}, {"a", 1, 8}, {"a", -9, 16}, {"b", 12, 32}, {"b", 13, 64}});
  EXPECT_EQ(late(), 2U);  // a at -9: its end touches nothing; b at 12: ends with the watermark
  End();
  EXPECT_THAT(Take(), ElementsAre("W 22", TestLine("b", 13, 23, 64, 64), TestLine("a", 1, 30, 15, 8), "W end"));
}

TEST_F(SessionTest, TimesThatAreNoneAreLate) {
  StartSessions();
  Rows({{"a", INT64_MAX}, {"a", -INT64_MAX}});
  Rows({});
  EXPECT_EQ(late(), 2U);
  End();
  EXPECT_THAT(Take(), ElementsAre("W end"));
}

TEST_F(SessionTest, WithoutKeysAllRowsMeet) {
  StartSessions(/*keyed=*/false);
  Rows({{"a", 0, 1}, {"b", 9, 2}, {"a", 30, 4}});
  End();
  EXPECT_THAT(Take(), ElementsAre(TestLine("", 0, 19, 3, 2), TestLine("", 30, 40, 4, 4), "W end"));
}

TEST_F(SessionTest, EqualEndsComeInTheOrderOfArrivalAndInParts) {
  StartSessions();
  std::vector<std::string> expected;
  for (int64_t first = 0; first < 30'000; first += 2000) {
    std::vector<TestRow> rows;
    for (int64_t k = first; k < first + 2000; k++) rows.push_back({std::to_string(k), 3});
    Rows(rows);
  }
  for (int64_t k = 0; k < 30'000; k++) expected.push_back(TestLine(std::to_string(k), 3, 13, 1, 1));
  expected.emplace_back("W 13");
  Watermark(13);
  EXPECT_EQ(Take(), expected);
  EXPECT_LE(most_batches_, 8U);
}

TEST_F(SessionTest, KeysThatComeAndGoLeaveNoMemory) {
  StartSessions();
  int64_t early = 0;
  for (int64_t round = 0; round < 400; round++) {
    std::vector<TestRow> rows;
    for (int64_t k = 0; k < 500; k++) rows.push_back({"visitor " + std::to_string(round * 500 + k), round * 7, k});
    Rows(rows);
    Watermark(round * 7);
    if (round == 40) early = op().StateBytes();
  }
  EXPECT_LE(op().StateRows(), 2 * 500);
  EXPECT_LT(op().StateBytes(), 2 * early);
  End();
  EXPECT_LT(op().StateBytes(), early);
}

// Each key has rows in two rounds: its session is open while those of others come and go.
TEST_F(SessionTest, ListsAndSetsOfSessionsThatEndedLeaveNoMemory) {
  StartSessionsOfLists();
  constexpr int64_t kKeys = 200, kRounds = 150;
  int64_t early = 0;
  std::vector<std::string> expected, lines;
  for (int64_t round = 0; round <= kRounds; round++) {
    const int64_t time = round * 7;
    std::vector<TestRow> rows;
    for (int64_t key = (round - 1) * kKeys; key < (round + 1) * kKeys; key++) {
      if (key >= 0 && key < kRounds * kKeys) rows.push_back({std::to_string(key), time, key});
      if (key < round * kKeys || round == kRounds) continue;
      rows.push_back({std::to_string(key), time, key});
      const Value value = Value::HUGEINT(key);
      expected.push_back(std::to_string(key) + " [" + std::to_string(time) + ", " + std::to_string(time + 7 + kGap) +
                         ") " + std::to_string(3 * key) + " " + Value::LIST({Value(Text(key))}).ToString() + " " +
                         Value::LIST({value, value, value}).ToString());
    }
    Rows(rows);
    Watermark(time);
    for (std::string& line : Take()) lines.push_back(std::move(line));
    if (round == 20) early = op().StateBytes();
  }
  EXPECT_LT(op().StateBytes(), 2 * early);
  End();
  EXPECT_LT(op().StateBytes(), early);
  for (std::string& line : Take()) lines.push_back(std::move(line));
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("W"); });
  EXPECT_EQ(lines, expected);
}

// Every round opens a session behind each, which a row between them joins to it: none ever ends.
TEST_F(SessionTest, SessionsThatWereJoinedLeaveNoMemory) {
  StartSessionsOfLists(/*collect=*/false);
  constexpr int64_t kKeys = 300, kRounds = 200;
  int64_t early = 0;
  for (int64_t round = 0; round < kRounds; round++) {
    for (const int64_t behind : {15, 8}) {
      std::vector<TestRow> rows;
      for (int64_t key = 0; key < kKeys; key++) rows.push_back({std::to_string(key), round * 15 + behind, key});
      Rows(rows);
    }
    Watermark(round * 15);
    EXPECT_EQ(op().StateRows(), kKeys);
    if (round == 10) early = op().StateBytes();
  }
  EXPECT_LT(op().StateBytes(), 2 * early) << early;
  Take();
  End();
  const std::vector<std::string> lines = Take();
  ASSERT_EQ(lines.size(), kKeys + 1U);
  for (int64_t key = 0; key < kKeys; key++) {
    const std::string values = Value::LIST({Value(Text(key))}).ToString();
    EXPECT_EQ(lines[key], std::to_string(key) + " [8, " + std::to_string(kRounds * 15 + kGap) + ") " +
                              std::to_string(key * kRounds * 2) + " " + values + " " + values);
  }
}

// Row by row, with a list of open sessions for each key.
class SessionModel {
 public:
  void Row(const TestRow& row) {
    std::vector<Session>& sessions = sessions_[row.key];
    Session merged{row.time, row.time, 0, 0};
    bool touched = false;
    std::erase_if(sessions, [&](const Session& other) {
      if (row.time >= other.last + kGap || row.time + kGap <= other.first) return false;
      touched = true;
      merged = {std::min(merged.first, other.first), std::max(merged.last, other.last), merged.sum + other.sum,
                std::max(merged.max, other.max)};
      return true;
    });
    if (!touched && row.time + kGap <= watermark_) {
      late++;
      return;
    }
    merged.sum += row.value;
    merged.max = std::max(merged.max, row.value);
    sessions.push_back(merged);
  }
  // Sorted as text; the order of the ends is checked apart.
  std::vector<std::string> Watermark(int64_t watermark) {
    watermark_ = std::max(watermark_, watermark);
    std::vector<std::string> lines;
    for (auto& [key, sessions] : sessions_) {
      std::erase_if(sessions, [&](const Session& session) {
        if (session.last + kGap > watermark_) return false;
        lines.push_back(TestLine(key, session.first, session.last + kGap, session.sum, session.max));
        return true;
      });
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  uint64_t late = 0;

 private:
  struct Session {
    int64_t first, last, sum, max;
  };
  std::map<std::string, std::vector<Session>> sessions_;
  int64_t watermark_ = kNoWatermark;
};

int64_t EndOf(const std::string& line) {
  return std::stoll(line.substr(line.find(',') + 2));
}

TEST_F(SessionTest, GivesWhatACalculationRowByRowGives) {
  const auto property = [&] {
    StartSessions();
    SessionModel model;
    const auto take = [&] {
      std::vector<std::string> lines = Take();
      std::erase_if(lines, [](const std::string& line) { return line.starts_with("W"); });
      RC_ASSERT(std::is_sorted(lines.begin(), lines.end(), [](auto& a, auto& b) { return EndOf(a) < EndOf(b); }));
      std::sort(lines.begin(), lines.end());
      return lines;
    };
    for (const TestStep& step : AnySteps(*rc::gen::element<int64_t>(10, 60, 300))) {
      if (step.watermark) {
        Watermark(*step.watermark);
        RC_ASSERT(take() == model.Watermark(*step.watermark));
      } else {
        for (const TestRow& row : step.rows) model.Row(row);
        Rows(step.rows);
        RC_ASSERT(take().empty());
      }
    }
    End();
    RC_ASSERT(take() == model.Watermark(kEndOfTime));
    RC_ASSERT(late() == model.late);
    RC_ASSERT(op().StateRows() == 0);
  };
  EXPECT_TRUE(rc::check("sessions", property));
}

}  // namespace
}  // namespace laminar
