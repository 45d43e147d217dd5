#include "connectors/kinesis/kinesis_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kinesis/world_for_test.h"
#include "connectors/registry.h"

namespace laminar::kinesis {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// All that is wrong with a table of these options, one message each.
class ConnectorTest : public testing::Test {
 protected:
  std::vector<std::string> Problems(OptionUse use, const std::vector<std::pair<std::string, std::string>>& options) {
    std::vector<OptionSpec> specs = Registry::TableOptions();
    specs.insert(specs.end(), connector_->options().begin(), connector_->options().end());
    std::vector<WrittenOption> written = {{"connector", "kinesis", {}}};
    int line = 1;
    for (const auto& [name, value] : options) written.push_back({name, value, {++line, 5}});
    std::vector<Status> problems;
    table_ = TableSpec();
    table_.name = "t";
    table_.schema = line_format::LineSchema();
    table_.format = &world_.format;
    table_.metadata = metadata_;
    table_.options = ParseOptions(specs, written, use, "connector 'kinesis'", &problems);
    if (problems.empty()) connector_->Check(table_, use, &problems);
    std::vector<std::string> texts;
    for (const Status& problem : problems) texts.push_back(problem.ToString());
    return texts;
  }

  TestWorld world_;
  std::unique_ptr<Connector> connector_ = MakeKinesisConnector(&world_.model);
  TableSpec table_;
  std::vector<SinkMetadata> metadata_;
};

TEST_F(ConnectorTest, EveryOptionIsExplained) {
  for (const OptionSpec& option : connector_->options()) {
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.example.empty()) << option.name;
  }
  EXPECT_EQ(connector_->name(), "kinesis");
  EXPECT_TRUE(connector_->is_source() && connector_->is_sink());
}

TEST_F(ConnectorTest, TakesTheOptionsOfThePage) {
  EXPECT_THAT(
      Problems(OptionUse::kSource, {{"stream_name", "in"}, {"aws_region", "us-east-1"}, {"source.offset", "latest"}}),
      IsEmpty());
  EXPECT_THAT(
      Problems(OptionUse::kSource, {{"streamName", "in"}, {"awsRegion", "us-east-1"}, {"type.offset", "earliest"}}),
      IsEmpty());
  EXPECT_EQ(table_.options.String("source.offset"), "earliest");
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "out"}}), IsEmpty());
  EXPECT_EQ(table_.options.Integer("sink.records_per_batch"), 500);
  EXPECT_EQ(table_.options.Integer("sink.batch_max_buffer_size"), 4'000'000);
  EXPECT_EQ(table_.options.Integer("sink.batch_flush_interval_millis"), 1000);
  EXPECT_THAT(Problems(OptionUse::kSink, {{"streamName", "out"},
                                          {"type.recordsPerBatch", "250"},
                                          {"type.batchMaxBufferSize", "1000"},
                                          {"type.batchFlushIntervalMillis", "500"}}),
              IsEmpty());
  EXPECT_EQ(table_.options.Integer("sink.records_per_batch"), 250);
  EXPECT_EQ(table_.options.Integer("sink.batch_max_buffer_size"), 1000);
  EXPECT_EQ(table_.options.Integer("sink.batch_flush_interval_millis"), 500);
}

TEST_F(ConnectorTest, ChecksTheMaximaInTheSpellingOfTheUser) {
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "out"}, {"sink.records_per_batch", "501"}}),
              ElementsAre(HasSubstr("sink.records_per_batch")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "out"}, {"type.recordsPerBatch", "0"}}),
              ElementsAre(HasSubstr("type.recordsPerBatch")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "out"}, {"sink.batch_max_buffer_size", "4000001"}}),
              ElementsAre(HasSubstr("sink.batch_max_buffer_size")));
  EXPECT_THAT(Problems(OptionUse::kSource, {{"stream_name", "in"}}), ElementsAre(HasSubstr("source.offset")));
  EXPECT_THAT(Problems(OptionUse::kSource, {{"stream_name", "in"}, {"source.offset", "newest"}}),
              ElementsAre(HasSubstr("newest")));
}

TEST_F(ConnectorTest, TheStreamIsNamedOnceAndProperly) {
  const std::string arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
  EXPECT_THAT(Problems(OptionUse::kSink, {}), ElementsAre(HasSubstr("not named")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "a"}, {"stream_arn", arn}}),
              ElementsAre(HasSubstr("line 3, column 5")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "my stream"}}), ElementsAre(HasSubstr("'my stream'")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_arn", arn}}), IsEmpty());
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_arn", "arn:aws:s3:::bucket"}}),
              ElementsAre(HasSubstr("not the ARN of a stream")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_arn", arn}, {"aws_region", "eu-west-1"}}),
              ElementsAre(HasSubstr("us-east-1")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "a"}, {"aws_external_id", "x"}}),
              ElementsAre(HasSubstr("aws_role_arn")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "a"}, {"aws_region", "eu west 1"}}),
              ElementsAre(HasSubstr("'eu west 1' is not the name of a region")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "a"}, {"endpoint", "localhost:4567"}}),
              ElementsAre(HasSubstr("not a URL")));
}

TEST_F(ConnectorTest, AStartByTimeNeedsATime) {
  using Options = std::vector<std::pair<std::string, std::string>>;
  const auto problems = [&](Options options) {
    options.insert(options.begin(), {"stream_name", "in"});
    return Problems(OptionUse::kSource, options);
  };
  EXPECT_THAT(problems({{"source.offset", "timestamp"}, {"source.timestamp", "2025-12-31T00:00:00Z"}}), IsEmpty());
  EXPECT_THAT(problems({{"type.offset", "timestamp"}, {"type.timestamp", "1767139200"}}), IsEmpty());
  EXPECT_THAT(problems({{"source.offset", "timestamp"}}),
              ElementsAre(AllOf(HasSubstr("line 3, column 5"), HasSubstr("source.timestamp is not given"))));
  EXPECT_THAT(problems({{"source.offset", "earliest"}, {"source.timestamp", "2025-12-31"}}),
              ElementsAre(AllOf(HasSubstr("line 4, column 5"), HasSubstr("source.offset is not 'timestamp'"))));
  EXPECT_THAT(problems({{"source.offset", "timestamp"}, {"source.timestamp", "yesterday"}}),
              ElementsAre(AllOf(HasSubstr("line 4, column 5"), HasSubstr("'yesterday' is not a time"))));
}

TEST_F(ConnectorTest, ATimeInTheFutureIsRefusedAtTheStart) {
  for (const auto& [time, ok] : {std::pair{"2026-01-01T00:00:30Z", true}, {"2026-01-01T01:00:00Z", false}}) {
    ASSERT_THAT(Problems(OptionUse::kSource,
                         {{"stream_name", "in"}, {"source.offset", "timestamp"}, {"source.timestamp", time}}),
                IsEmpty());
    const auto source = connector_->MakeSource(table_, world_.context);
    ASSERT_EQ(source.ok(), ok) << time;
    if (ok) continue;
    EXPECT_THAT(source.status().ToString(), HasSubstr("in the future (2026-01-01 01:00:00 UTC)"));
  }
}

TEST_F(ConnectorTest, LossAndAggregationHaveDefaults) {
  ASSERT_THAT(Problems(OptionUse::kSource, {{"stream_name", "in"}, {"source.offset", "latest"}}), IsEmpty());
  EXPECT_EQ(table_.options.String("on_data_loss"), "fail");
  EXPECT_TRUE(table_.options.Boolean("kpl.check_range"));
  EXPECT_THAT(
      Problems(OptionUse::kSource, {{"stream_name", "in"}, {"source.offset", "latest"}, {"on_data_loss", "ignore"}}),
      ElementsAre(HasSubstr("ignore")));
  EXPECT_THAT(Problems(OptionUse::kSink, {{"stream_name", "out"}, {"on_data_loss", "resume"}}),
              ElementsAre(HasSubstr("on_data_loss")));
}

TEST_F(ConnectorTest, ChecksWhatBelongsTogetherInASink) {
  const auto problems = [&](std::vector<std::pair<std::string, std::string>> options) {
    options.insert(options.begin(), {"stream_name", "out"});
    return Problems(OptionUse::kSink, options);
  };
  EXPECT_THAT(
      problems({{"sink.delivery", "exactly_once"}, {"sink.fence_wait", "100ms"}, {"sink.epoch_max_bytes", "1MiB"}}),
      IsEmpty());
  EXPECT_THAT(problems({{"sink.fence_wait", "1s"}}), ElementsAre(HasSubstr("only for sink.delivery")));
  EXPECT_THAT(problems({{"sink.epoch_max_bytes", "1MiB"}}), ElementsAre(HasSubstr("only for sink.delivery")));
  EXPECT_THAT(problems({{"sink.delivery", "at_most_once"}}), ElementsAre(HasSubstr("at_most_once")));
  EXPECT_THAT(problems({{"sink.partition_key", "line"}}), IsEmpty());
  EXPECT_THAT(problems({{"sink.partition_key", "lime"}}), ElementsAre(HasSubstr("Did you mean line?")));
  EXPECT_THAT(problems({{"sink.aggregation", "kpl"}, {"sink.aggregation_max_bytes", "1MiB"}}), IsEmpty());
  EXPECT_THAT(problems({{"sink.aggregation_max_count", "5"}}), ElementsAre(HasSubstr("only for sink.aggregation")));
  EXPECT_THAT(problems({{"sink.aggregation", "kpl"}, {"sink.aggregation_key_groups", "5"}}),
              ElementsAre(HasSubstr("only for tables with partition keys")));
  EXPECT_THAT(problems({{"sink.oversize", "dead_letter"}}), ElementsAre(HasSubstr("does not say where")));
  EXPECT_THAT(problems({{"dead_letter.path", "/x"}}), ElementsAre(HasSubstr("only for sink.oversize")));
  EXPECT_THAT(problems({{"sink.oversize", "drop"}, {"dead_letter.stream", "x"}}),
              ElementsAre(HasSubstr("only for sink.oversize")));
  EXPECT_THAT(problems({{"sink.oversize", "dead_letter"}, {"dead_letter.path", "/x"}, {"dead_letter.stream", "x"}}),
              ElementsAre(HasSubstr("both")));
  EXPECT_THAT(problems({{"sink.oversize", "dead_letter"}, {"dead_letter.stream", "out"}}),
              ElementsAre(HasSubstr("own stream")));
  EXPECT_THAT(problems({{"sink.oversize", "dead_letter"}, {"dead_letter.stream", "letters"}}), IsEmpty());
}

TEST_F(ConnectorTest, ExplainsWhatDoesNotGoWithKeyColumns) {
  const auto problems = [&](const std::string& name, std::vector<std::pair<std::string, std::string>> options) {
    metadata_ = {{name, "k", 1, {7, 3}}};
    options.emplace_back("stream_name", "out");
    return Problems(OptionUse::kSink, options);
  };
  EXPECT_THAT(problems("partition_key", {{"sink.aggregation", "kpl"}, {"sink.aggregation_key_groups", "5"}}),
              IsEmpty());
  EXPECT_THAT(problems("explicit_hash_key", {{"sink.partition_key", "line"}}), IsEmpty());
  EXPECT_THAT(problems("partition_key", {{"sink.partition_key", "line"}}),
              ElementsAre("line 7, column 3: table t: column k is METADATA FROM 'partition_key', and "
                          "sink.partition_key names columns for the same key. Keep one of them"));
  EXPECT_THAT(problems("explicit_hash_key", {{"sink.aggregation", "kpl"}}),
              ElementsAre(AllOf(HasSubstr("line 7, column 3"), HasSubstr("many rows share a record"))));
}

TEST_F(ConnectorTest, MakesSourceAndSinkOfATable) {
  world_.model.CreateStream("orders", 2);
  ASSERT_THAT(Problems(OptionUse::kSink, {{"stream_name", "orders"}, {"sink.records_per_batch", "3"}}), IsEmpty());
  {
    auto sink = connector_->MakeSink(table_, world_.context);
    ASSERT_TRUE(sink.ok());
    ASSERT_TRUE((*sink)->Start(world_.Wakers(1)).ok());
    const auto writer = (*sink)->CreateWriter(0);
    world_.Settle();
    ASSERT_TRUE(writer->Poll().ok());
    ASSERT_TRUE(writer->Push(line_format::MakeBatch({"a", "b", "c", "d"})).ok());
    world_.Settle();
    ASSERT_TRUE(writer->Poll().ok());
    EXPECT_EQ(world_.model.Records("orders").size(), 3u);  // the fourth waits for its batch
  }
  ASSERT_THAT(Problems(OptionUse::kSource, {{"stream_arn", "arn:aws:kinesis:us-east-1:123456789012:stream/orders"},
                                            {"source.offset", "earliest"}}),
              IsEmpty());
  auto source = connector_->MakeSource(table_, world_.context);
  ASSERT_TRUE(source.ok());
  ASSERT_TRUE((*source)->Start(world_.Wakers(1)).ok());
  const auto reader = (*source)->CreateReader(0);
  Batch batch;
  size_t rows = 0;
  for (int i = 0; i < 20; i++) {
    world_.Settle();
    const auto state = reader->Poll(&batch);
    ASSERT_TRUE(state.ok());
    if (*state == PollState::kBatch) rows += batch.rows();
  }
  EXPECT_EQ(rows, 3u);
}

}  // namespace
}  // namespace laminar::kinesis
