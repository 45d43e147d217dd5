#include "duck/database.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace laminar {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() : database_(DuckDatabase::Open(&clock_, 256 << 20).value()), session_(database_->NewSession()) {}

  std::string Ask(const std::string& sql) {
    const auto result = session_->connection().Query(sql);
    return result->HasError() ? "error: " + result->GetError() : result->GetValue(0, 0).ToString();
  }

  ManualClock clock_{1'767'225'600'000'000};
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
};

TEST_F(DatabaseTest, SelfTestPasses) {
  const Status status = DuckSelfTest();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(DatabaseTest, NowIsTheInjectedClockInUtc) {
  session_->FreezeTime();
  for (const char* now :
       {"now()", "current_timestamp", "localtimestamp", "transaction_timestamp()", "get_current_timestamp()"}) {
    EXPECT_EQ(Ask(std::string("SELECT ") + now), "2026-01-01 00:00:00") << now;
    EXPECT_EQ(Ask(std::string("SELECT typeof(") + now + ")"), "TIMESTAMP") << now;
  }
  EXPECT_EQ(Ask("SELECT current_date"), "2026-01-01");
  EXPECT_EQ(Ask("SELECT today()"), "2026-01-01");
  EXPECT_EQ(Ask("SELECT current_time"), "00:00:00");
  EXPECT_EQ(Ask("SELECT localtime"), "00:00:00");
}

TEST_F(DatabaseTest, TimeStandsStillUntilFrozenAgain) {
  session_->FreezeTime();
  clock_.Advance(kMicrosPerSecond);
  EXPECT_EQ(Ask("SELECT now()"), "2026-01-01 00:00:00");
  session_->FreezeTime();
  EXPECT_EQ(Ask("SELECT now()"), "2026-01-01 00:00:01");
}

TEST_F(DatabaseTest, SessionsHaveTheirOwnTime) {
  session_->FreezeTime();
  clock_.Advance(kMicrosPerSecond);
  const auto other = database_->NewSession();
  other->FreezeTime();
  EXPECT_EQ(other->connection().Query("SELECT now()")->GetValue(0, 0).ToString(), "2026-01-01 00:00:01");
  EXPECT_EQ(Ask("SELECT now()"), "2026-01-01 00:00:00");
}

TEST_F(DatabaseTest, TimestampsWithTimeZoneAreInUtc) {
  EXPECT_EQ(Ask("SELECT '2026-01-01T02:00:00+02:00'::TIMESTAMPTZ::TIMESTAMP"), "2026-01-01 00:00:00");
  EXPECT_EQ(Ask("SELECT '2026-01-01T02:00:00+02:00'::TIMESTAMPTZ::VARCHAR"), "2026-01-01 00:00:00+00");
}

TEST_F(DatabaseTest, IsClosedToTheOutside) {
  for (const char* sql : {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
                          "SELECT * FROM '/etc/passwd.csv'", "COPY (SELECT 1) TO '/tmp/laminar_copied.csv'",
                          "ATTACH '/tmp/laminar_attached.db'", "INSTALL httpfs", "LOAD httpfs",
                          "SET enable_external_access = true", "SET threads = 4", "SET lock_configuration = false"}) {
    EXPECT_EQ(Ask(sql).substr(0, 6), "error:") << sql;
  }
}

}  // namespace
}  // namespace laminar
