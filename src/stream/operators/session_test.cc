#include "stream/operators/session.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "stream/operators/windows_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kGap = 10;

class SessionTest : public WindowTest {
 protected:
  void StartSessions(bool keyed = true) { Start(Node(WindowKind::kSession, kGap, 0, 0, keyed)); }
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

// Row by row, with a list of open sessions for each key.
class Model {
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
    Model model;
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
