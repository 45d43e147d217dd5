#include "formats/option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar {
namespace {

const std::vector<OptionSpec>& Specs() {
  static const std::vector<OptionSpec> kSpecs = {
      {.name = "stream_name", .required = true, .help = "the stream", .example = "orders", .aliases = {"streamName"}},
      {.name = "source.offset",
       .type = OptionType::kEnum,
       .use = OptionUse::kSource,
       .required = true,
       .choices = {"latest", "earliest"},
       .aliases = {"type.offset"}},
      {.name = "sink.records_per_batch",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "500",
       .min = 1,
       .max = 500,
       .aliases = {"type.recordsPerBatch"}},
      {.name = "sink.batch_max_buffer_size",
       .type = OptionType::kBytes,
       .use = OptionUse::kSink,
       .default_value = "4000000",
       .min = 1,
       .max = 4000000},
      {.name = "sink.batch_flush_interval_millis",
       .type = OptionType::kMillis,
       .use = OptionUse::kSink,
       .default_value = "1 s",
       .min = 1},
      {.name = "kpl.check_range", .type = OptionType::kBoolean, .use = OptionUse::kSource, .default_value = "true"},
      {.name = "sample", .type = OptionType::kNumber, .max = 1},
      {.name = "password", .type = OptionType::kEnum, .choices = {"a"}, .secret = true},
  };
  return kSpecs;
}

struct Parsed {
  OptionValues values;
  std::vector<Status> problems;
  // "message | hint" of each problem
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const Status& problem : problems) texts.push_back(problem.message() + " | " + problem.hint());
    return texts;
  }
};

Parsed Parse(const std::vector<WrittenOption>& written, OptionUse use) {
  Parsed parsed;
  parsed.values = ParseOptions(Specs(), written, use, "connector 'kinesis'", &parsed.problems);
  return parsed;
}

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Option, TypedValuesAndDefaults) {
  const Parsed p =
      Parse({{"stream_name", "orders", {}}, {"sink.batch_max_buffer_size", "64KiB", {3, 5}}, {"sample", "0.5", {}}},
            OptionUse::kSink);
  ASSERT_THAT(p.Texts(), IsEmpty());
  EXPECT_EQ(p.values.String("stream_name"), "orders");
  EXPECT_EQ(p.values.Integer("sink.batch_max_buffer_size"), 65536);
  EXPECT_EQ(p.values.Integer("sink.records_per_batch"), 500);
  EXPECT_EQ(p.values.Integer("sink.batch_flush_interval_millis"), 1000);
  EXPECT_EQ(p.values.Number("sample"), 0.5);
  EXPECT_TRUE(p.values.Written("sample"));
  EXPECT_FALSE(p.values.Written("sink.records_per_batch"));
  EXPECT_TRUE(p.values.Has("sink.records_per_batch"));
  EXPECT_FALSE(p.values.Has("source.offset"));
  EXPECT_EQ(p.values.position("sink.batch_max_buffer_size").line, 3);
  EXPECT_FALSE(p.values.position("sink.records_per_batch").known());
  EXPECT_EQ(p.values.StringOr("password", "none"), "none");
}

TEST(Option, AliasesAndCase) {
  const Parsed p =
      Parse({{"streamName", "orders", {}}, {"TYPE.OFFSET", "Latest", {}}, {"kpl.check_range", "FALSE", {}}},
            OptionUse::kSource);
  ASSERT_THAT(p.Texts(), IsEmpty());
  EXPECT_EQ(p.values.String("stream_name"), "orders");
  EXPECT_EQ(p.values.String("source.offset"), "latest");
  EXPECT_FALSE(p.values.Boolean("kpl.check_range"));
}

// Sources and sinks may have an option of one name and different meanings.
TEST(Option, OfTwoSpecsOfANameTheOneForTheDirectionCounts) {
  const std::vector<OptionSpec> specs = {
      {.name = "dead_letter", .use = OptionUse::kSource, .default_value = "of a source"},
      {.name = "dead_letter", .type = OptionType::kInteger, .use = OptionUse::kSink, .default_value = "7"}};
  std::vector<Status> problems;
  EXPECT_EQ(ParseOptions(specs, {}, OptionUse::kSource, "t", &problems).String("dead_letter"), "of a source");
  EXPECT_EQ(ParseOptions(specs, {}, OptionUse::kSink, "t", &problems).Integer("dead_letter"), 7);
  EXPECT_EQ(ParseOptions(specs, {}, OptionUse::kBoth, "t", &problems).String("dead_letter"), "of a source");
  const std::vector<WrittenOption> written = {{"dead_letter", "8", {}}};
  EXPECT_EQ(ParseOptions(specs, written, OptionUse::kSink, "t", &problems).Integer("dead_letter"), 8);
  EXPECT_THAT(problems, IsEmpty());
}

TEST(Option, UnknownNamesTheNearest) {
  const Parsed p = Parse({{"streamName", "orders", {}}, {"sink.record_per_batch", "5", {7, 3}}}, OptionUse::kSink);
  ASSERT_THAT(p.Texts(),
              ElementsAre("unknown option 'sink.record_per_batch' | Did you mean 'sink.records_per_batch'?"));
  EXPECT_EQ(p.problems[0].kind(), StatusKind::kUser);
  EXPECT_EQ(p.problems[0].position().line, 7);
  EXPECT_EQ(p.problems[0].position().column, 3);
}

TEST(Option, UnknownWithoutItsPrefix) {
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"records_per_batch", "5", {}}}, OptionUse::kSink).Texts(),
              ElementsAre("unknown option 'records_per_batch' | Did you mean 'sink.records_per_batch'?"));
}

TEST(Option, UnknownAndFarFromAllListsThem) {
  EXPECT_THAT(
      Parse({{"stream_name", "o", {}}, {"quite_else", "5", {}}}, OptionUse::kSink).Texts(),
      ElementsAre("unknown option 'quite_else' | connector 'kinesis' takes: stream_name, sink.records_per_batch, "
                  "sink.batch_max_buffer_size, sink.batch_flush_interval_millis, sample, password"));
}

TEST(Option, OutOfRangeInTheUsersSpelling) {
  EXPECT_THAT(
      Parse({{"stream_name", "o", {}},
             {"type.recordsPerBatch", "501", {}},
             {"sink.batch_max_buffer_size", "4000001", {}}},
            OptionUse::kSink)
          .Texts(),
      ElementsAre(
          "'type.recordsPerBatch' = '501' is out of range | It takes a whole number from 1 to 500",
          "'sink.batch_max_buffer_size' = '4000001' is out of range | It takes a size from 1 to 4000000 bytes"));
  EXPECT_THAT(
      Parse({{"stream_name", "o", {}}, {"sink.records_per_batch", "99999999999999999999", {}}}, OptionUse::kSink)
          .Texts(),
      ElementsAre(
          "'sink.records_per_batch' = '99999999999999999999' is out of range | It takes a whole number from 1 to 500"));
  EXPECT_THAT(
      Parse({{"stream_name", "o", {}}, {"sink.batch_flush_interval_millis", "0", {}}}, OptionUse::kSink).Texts(),
      ElementsAre("'sink.batch_flush_interval_millis' = '0' is out of range | It takes a duration of at least 1 ms"));
}

TEST(Option, WrongType) {
  EXPECT_THAT(
      Parse({{"stream_name", "o", {}}, {"sink.records_per_batch", "1.5", {}}}, OptionUse::kSink).Texts(),
      ElementsAre("'sink.records_per_batch' = '1.5' is not a whole number | It takes a whole number from 1 to 500"));
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"source.offset", "erliest", {}}}, OptionUse::kSource).Texts(),
              ElementsAre("'source.offset' = 'erliest' is not one of its values | Did you mean 'earliest'? It takes "
                          "'latest' or 'earliest'"));
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"source.offset", "latest", {}}, {"kpl.check_range", "maybe", {}}},
                    OptionUse::kSource)
                  .Texts(),
              ElementsAre("'kpl.check_range' = 'maybe' is neither true nor false | It takes 'true' or 'false'"));
}

TEST(Option, MissingAndEmpty) {
  EXPECT_THAT(Parse({{"stream_name", " ", {}}}, OptionUse::kSource).Texts(),
              ElementsAre("option 'stream_name' is empty | It takes text",
                          "connector 'kinesis' needs the option 'source.offset' | Add 'source.offset' = 'latest'; it "
                          "takes 'latest' or 'earliest'"));
  // A misspelt one is one problem, not two.
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"source.ofset", "latest", {}}}, OptionUse::kSource).Texts(),
              ElementsAre("unknown option 'source.ofset' | Did you mean 'source.offset'?"));
  EXPECT_THAT(Parse({}, OptionUse::kSink).Texts(),
              ElementsAre("connector 'kinesis' needs the option 'stream_name' | Add stream_name = 'orders'"));
  // Neither source nor sink yet: nothing of one direction is missing, and options of both are known.
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"sink.records_per_batch", "5", {}}}, OptionUse::kBoth).Texts(),
              IsEmpty());
}

TEST(Option, OfTheOtherDirection) {
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"source.offset", "latest", {}}}, OptionUse::kSink).Texts(),
              ElementsAre("option 'source.offset' is for sources only, and this table is a sink | Remove it"));
}

TEST(Option, WrittenTwice) {
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"stream_name", "p", {}}}, OptionUse::kSink).Texts(),
              ElementsAre("option 'stream_name' is written twice | Remove one of them"));
  EXPECT_THAT(Parse({{"stream_name", "o", {}}, {"streamName", "p", {}}}, OptionUse::kSink).Texts(),
              ElementsAre("'stream_name' and 'streamName' are the same option | Remove one of them"));
}

TEST(Option, SecretsAreNotPrinted) {
  const Parsed p = Parse({{"stream_name", "o", {}}, {"password", "hunter2", {}}}, OptionUse::kSink);
  ASSERT_EQ(p.problems.size(), 1U);
  EXPECT_EQ(p.Texts()[0].find("hunter2"), std::string::npos);
  EXPECT_THAT(p.Texts()[0], HasSubstr("'***'"));
}

TEST(NearestName, MisspellingsOnly) {
  const std::vector<std::string> names = {"customer_id", "order_id", "items"};
  EXPECT_EQ(NearestName("custmer_id", names), "customer_id");
  EXPECT_EQ(NearestName("ORDER_DI", names), "order_id");
  EXPECT_EQ(NearestName("item", names), "items");
  EXPECT_EQ(NearestName("temperature", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
  EXPECT_EQ(NearestName("ab", std::vector<std::string>{"ba"}), "ba");
  EXPECT_EQ(NearestName("ab", std::vector<std::string>{"cd"}), std::nullopt);
}

}  // namespace
}  // namespace laminar
