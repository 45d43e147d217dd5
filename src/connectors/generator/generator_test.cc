#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "connectors/generator/generator_connector.h"
#include "connectors/line_format_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GeneratorTest : public ::testing::Test {
 protected:
  TableSpec Table(const std::vector<std::pair<std::string, std::string>>& columns, std::vector<WrittenOption> options,
                  std::vector<std::string> expressions = {}) {
    TableSpec table = line_format::MakeTable(*connector_, OptionUse::kSource, std::move(options), nullptr);
    table.schema.clear();
    for (const auto& [name, type] : columns) table.schema.push_back({name, MakeType(type)});
    expressions.resize(columns.size());
    table.column_expressions = std::move(expressions);
    return table;
  }
  // What each reader gives until it is idle or ends, a row as "a|b|c".
  struct Running {
    std::unique_ptr<Source> source;
    std::vector<std::unique_ptr<SourceReader>> readers;
  };
  Running Start(const TableSpec& table, int workers) {
    Running running{connector_->MakeSource(table, context_).value(), {}};
    CHECK(running.source->Start(std::vector<Waker*>(static_cast<size_t>(workers), &waker_)).ok());
    for (int w = 0; w < workers; w++) running.readers.push_back(running.source->CreateReader(w));
    return running;
  }
  static std::vector<std::string> Rows(const Batch& batch) {
    std::vector<std::string> rows;
    for (size_t i = 0; i < batch.rows(); i++) {
      std::string row;
      for (size_t c = 0; c < batch.columns(); c++) row += (c == 0 ? "" : "|") + batch.chunk().GetValue(c, i).ToString();
      rows.push_back(row);
    }
    return rows;
  }
  std::vector<std::string> Read(SourceReader* reader, const TableSpec& table, PollState* state) {
    std::vector<std::string> rows;
    Batch batch(table.schema);
    while ((*state = reader->Poll(&batch).value()) == PollState::kBatch) {
      for (std::string& row : Rows(batch)) rows.push_back(std::move(row));
    }
    return rows;
  }
  std::vector<std::string> All(const TableSpec& table, int workers) {
    Running running = Start(table, workers);
    // A batch of each in turn; then the rows by what says their order.
    std::map<uint64_t, std::vector<std::string>> batches;
    Batch batch(table.schema);
    while (!running.readers.empty()) {
      std::erase_if(running.readers, [&](const auto& reader) {
        const PollState state = reader->Poll(&batch).value();
        EXPECT_NE(state, PollState::kIdle);
        if (state != PollState::kBatch) return true;
        EXPECT_TRUE(batches.emplace(batch.order_key, Rows(batch)).second);
        return false;
      });
    }
    std::vector<std::string> rows;
    for (auto& [key, some] : batches) std::move(some.begin(), some.end(), std::back_inserter(rows));
    return rows;
  }

  ManualClock clock_;
  PipelineMetrics metrics_;
  ConnectorContext context_{.clock = &clock_, .metrics = &metrics_};
  ThreadWaker waker_;
  std::unique_ptr<DuckDatabase> database_ = DuckDatabase::Open(&clock_, 256 << 20).value();
  const std::unique_ptr<Connector> connector_ = MakeGeneratorConnector(database_.get());
};

TEST_F(GeneratorTest, ExpressionsOfColumns) {
  const TableSpec table = Table({{"id", "BIGINT"}, {"name", "VARCHAR"}, {"half", "DECIMAL(10,1)"}}, {{"rows", "3", {}}},
                                {"i", "concat('device-', i % 2)", "i / 2 -- halves"});
  EXPECT_THAT(All(table, 1), ElementsAre("0|device-0|0.0", "1|device-1|0.5", "2|device-0|1.0"));
  EXPECT_EQ(metrics_.rows_in.Get(), 3U);
}

TEST_F(GeneratorTest, RandomNumbersAreOfRowAndColumn) {
  const TableSpec table =
      Table({{"a", "DOUBLE"}, {"b", "DOUBLE"}, {"c", "DOUBLE"}}, {{"rows", "20000", {}}}, {"r", "r", "r2"});
  double sum = 0;
  int equal = 0, rows = 0;
  for (const std::string& row : All(table, 1)) {
    double a = 0, b = 0, c = 0;
    ASSERT_EQ(std::sscanf(row.c_str(), "%lf|%lf|%lf", &a, &b, &c), 3) << row;
    ASSERT_TRUE(a >= 0 && a < 1 && b >= 0 && b < 1 && c >= 0 && c < 1) << row;
    equal += a == b || b == c || a == c ? 1 : 0;
    sum += a;
    rows++;
  }
  EXPECT_EQ(rows, 20000);
  EXPECT_EQ(equal, 0);
  EXPECT_NEAR(sum / rows, 0.5, 0.02);
}

TEST_F(GeneratorTest, TheSameRowsForTheSameSeedHoweverManyWorkers) {
  const std::vector<std::pair<std::string, std::string>> columns = {
      {"id", "BIGINT"}, {"name", "VARCHAR"}, {"value", "DOUBLE"}};
  const TableSpec table = Table(columns, {{"rows", "50001", {}}, {"seed", "7", {}}}, {"i"});
  const std::vector<std::string> one = All(table, 1);
  EXPECT_EQ(one.size(), 50001U);
  EXPECT_EQ(one, All(table, 3));
  EXPECT_NE(one, All(Table(columns, {{"rows", "50001", {}}, {"seed", "8", {}}}, {"i"}), 1));
}

// A query that uses fewer columns sees the same values in them.
TEST_F(GeneratorTest, AColumnDoesNotDependOnTheOthers) {
  const auto both = All(Table({{"a", "BIGINT"}, {"b", "BIGINT"}}, {{"rows", "100", {}}}), 1);
  const auto only_b = All(Table({{"b", "BIGINT"}}, {{"rows", "100", {}}}), 1);
  for (size_t i = 0; i < 100; i++) EXPECT_EQ(both[i].substr(both[i].find('|') + 1), only_b[i]);
  EXPECT_EQ(All(Table({}, {{"rows", "100", {}}}), 1).size(), 100U);  // SELECT 1 FROM generator
}

TEST_F(GeneratorTest, MakesUpEveryTypeOfThePage) {
  const char* const types[] = {"BOOLEAN",       "TINYINT",      "INTEGER",
                               "BIGINT",        "UBIGINT",      "HUGEINT",
                               "FLOAT",         "DOUBLE",       "DECIMAL(38,10)",
                               "DECIMAL(18,3)", "DECIMAL(1,0)", "DECIMAL(2,2)",
                               "VARCHAR",       "JSON",         "BLOB",
                               "UUID",          "TIMESTAMP",    "DATE",
                               "TIME",          "INTERVAL",     "TIMESTAMP WITH TIME ZONE"};
  std::vector<std::pair<std::string, std::string>> columns;
  for (const char* type : types) columns.emplace_back("c" + std::to_string(columns.size()), type);
  const TableSpec table = Table(columns, {{"rows", "5000", {}}});
  std::vector<Status> problems;
  connector_->Check(table, OptionUse::kSource, &problems);
  EXPECT_TRUE(problems.empty());
  const auto rows = All(table, 1);
  EXPECT_EQ(rows.size(), 5000U);
  EXPECT_THAT(rows[1234], Not(HasSubstr("NULL")));
}

TEST_F(GeneratorTest, KeepsItsRate) {
  const TableSpec table = Table({{"id", "BIGINT"}}, {{"rows_per_second", "1000", {}}, {"rows", "5000", {}}}, {"i"});
  const Running running = Start(table, 2);
  size_t rows = 0;
  PollState state = PollState::kIdle;
  int64_t deadline = 0;
  auto read = [&] {
    deadline = kNever;
    for (const auto& reader : running.readers) {
      rows += Read(reader.get(), table, &state).size();
      deadline = std::min(deadline, reader->NextDeadline());
    }
  };
  read();
  EXPECT_EQ(rows, 1U);
  EXPECT_GE(deadline - clock_.SteadyMicros(), 1'000);
  EXPECT_LE(deadline - clock_.SteadyMicros(), 10'000);
  clock_.Advance(1'000'000);
  read();
  EXPECT_EQ(rows, 1001U);
  clock_.Advance(500'000);
  read();
  EXPECT_EQ(rows, 1501U);
  clock_.Advance(10'000'000);
  read();
  EXPECT_EQ(rows, 5000U);
  EXPECT_EQ(state, PollState::kEnd);
}

TEST_F(GeneratorTest, OriginsNameTheRow) {
  const TableSpec table = Table({{"id", "BIGINT"}}, {{"rows", "10000", {}}}, {"i"});
  const Running running = Start(table, 2);
  Batch batch(table.schema);
  ASSERT_EQ(running.readers[1]->Poll(&batch).value(), PollState::kBatch);
  ASSERT_EQ(running.readers[1]->Poll(&batch).value(), PollState::kBatch);
  EXPECT_EQ(batch.DescribeOrigin(3), "generator t, row " + batch.chunk().GetValue(0, 3).ToString());
}

TEST_F(GeneratorTest, SaysWhatIsWrongWithAColumn) {
  const TableSpec table =
      Table({{"a", "BIGINT"}, {"b", "INTEGER[]"}, {"c", "BIGINT"}}, {}, {"j + 1", "", "sqrt('x', 2)"});
  std::vector<Status> problems;
  connector_->Check(table, OptionUse::kSource, &problems);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_THAT(problems[0].message(), HasSubstr("column a AS (j + 1)"));
  EXPECT_THAT(problems[0].message(), HasSubstr("\"j\""));
  EXPECT_THAT(problems[0].hint(), HasSubstr("i (the row's number)"));
  EXPECT_EQ(problems[1].message(), "the generator makes up no values of type INTEGER[] (column b)");
  EXPECT_THAT(problems[2].message(), HasSubstr("column c"));
}

TEST_F(GeneratorTest, AnExpressionThatFailsIsTheUsersError) {
  const TableSpec table = Table({{"a", "TINYINT"}}, {{"rows", "1000", {}}}, {"i"});
  const Running running = Start(table, 1);
  Batch batch(table.schema);
  const auto state = running.readers[0]->Poll(&batch);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.status().kind(), StatusKind::kUser);
  EXPECT_THAT(state.status().message(), HasSubstr("out of range"));
}

TEST_F(GeneratorTest, AnEndlessOneIsNeverCaughtUp) {
  context_.until_caught_up = true;
  EXPECT_FALSE(connector_->MakeSource(Table({{"a", "BIGINT"}}, {}), context_).ok());
  EXPECT_TRUE(connector_->MakeSource(Table({{"a", "BIGINT"}}, {{"rows", "1", {}}}), context_).ok());
}

}  // namespace
}  // namespace laminar
