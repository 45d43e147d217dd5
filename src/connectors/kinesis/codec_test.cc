#include "connectors/kinesis/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

#include "aws/base64.h"
#include "connectors/kinesis/cbor.h"
#include "connectors/kinesis/codec_json.h"
#include "formats/format.h"

namespace laminar::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// ---- What a server would answer, written by the test ----

struct Stored {
  std::string data, key, sequence_number;
};

std::string JsonRecords(const std::vector<Stored>& records) {
  std::string body = "{\"MillisBehindLatest\":7,\"NextShardIterator\":\"next\",\"Records\":[";
  for (const Stored& record : records) {
    if (body.back() == '}') body += ",";
    body += "{\"ApproximateArrivalTimestamp\":1767225600.25,\"Data\":\"";
    aws::Base64Append(record.data, &body);
    body += "\",\"PartitionKey\":\"" + record.key + "\",\"SequenceNumber\":\"" + record.sequence_number + "\"}";
  }
  return body + "]}";
}

std::string CborRecords(const std::vector<Stored>& records, bool text_data = false) {
  std::string body;
  CborWriter writer(&body);
  writer.Map(3)
      .Text("MillisBehindLatest")
      .Unsigned(7)
      .Text("NextShardIterator")
      .Text("next")
      .Text("Records")
      .List(records.size());
  for (const Stored& record : records) {
    writer.Map(4).Text("ApproximateArrivalTimestamp").Unsigned(1'767'225'600'250).Text("Data");
    if (text_data) {
      std::string text;
      aws::Base64Append(record.data, &text);
      writer.Text(text);
    } else {
      writer.Bytes(record.data);
    }
    writer.Text("PartitionKey").Text(record.key).Text("SequenceNumber").Text(record.sequence_number);
  }
  return body;
}

Result<GetRecordsResult> Decode(const Codec& codec, std::string body, DataForm* form = nullptr) {
  DataForm ignored;
  return codec.DecodeGetRecords(std::move(body), form ? form : &ignored);
}

void ExpectSame(const GetRecordsResult& result, const std::vector<Stored>& records) {
  ASSERT_EQ(result.records.size(), records.size());
  size_t bytes = 0;
  volatile unsigned char read = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(result.records[i].data, records[i].data);
    EXPECT_EQ(result.records[i].partition_key, records[i].key);
    EXPECT_EQ(result.records[i].sequence_number, records[i].sequence_number);
    EXPECT_EQ(result.records[i].arrival_micros, 1'767'225'600'250'000);
    bytes += records[i].data.size() + records[i].key.size();
    // Behind every record there is something to read; the address sanitizer fails this test if not.
    for (size_t k = 0; k < kRecordPadding; ++k)
      read = static_cast<unsigned char>(result.records[i].data.data()[result.records[i].data.size() + k]);
  }
  EXPECT_EQ(result.bytes, bytes);
  EXPECT_EQ(result.next_iterator, "next");
  EXPECT_EQ(result.millis_behind_latest, 7);
  static_cast<void>(read);
}

std::vector<Stored> Make(const std::vector<std::string>& data) {
  std::vector<Stored> records;
  for (const std::string& one : data)
    records.push_back({one, "key" + std::to_string(records.size()), std::to_string(49 + records.size())});
  return records;
}

TEST(GetRecords, BothWiresGiveTheSame) {
  EXPECT_TRUE(rc::check("decoded records are the stored ones", [](const std::vector<std::string>& data) {
    const auto records = Make(data);
    for (const bool cbor : {false, true}) {
      auto result = cbor ? Decode(CborCodec(), CborRecords(records)) : Decode(JsonCodec(), JsonRecords(records));
      RC_ASSERT(result.ok());
      ExpectSame(*result, records);
    }
    auto text = Decode(CborCodec(), CborRecords(records, true));
    RC_ASSERT(text.ok());
    ExpectSame(*text, records);
  }));
}

TEST(GetRecords, TruncatedAnswersAreErrors) {
  const auto records = Make({"{\"x\":1}", "", std::string("\0\xff\x01", 3)});
  const std::string json = JsonRecords(records), cbor = CborRecords(records);
  for (size_t n = 0; n < json.size(); ++n) EXPECT_FALSE(Decode(JsonCodec(), json.substr(0, n)).ok()) << n;
  for (size_t n = 0; n < cbor.size(); ++n) EXPECT_FALSE(Decode(CborCodec(), cbor.substr(0, n)).ok()) << n;
}

TEST(GetRecords, GarbageNeverCrashes) {
  const auto records = Make({"{\"x\":1}", std::string(300, 'y')});
  const std::string json = JsonRecords(records), cbor = CborRecords(records);
  EXPECT_TRUE(rc::check("any bytes", [](const std::string& body) {
    for (const Codec* codec : {&JsonCodec(), &CborCodec()}) {
      RC_ASSERT(!Decode(*codec, body).ok());
      RC_ASSERT(!codec->DecodePutRecords(body).ok());
      codec->DecodeError(500, body);
    }
    RC_ASSERT(!DecodeListShards(body).ok() && !DecodeDescribeStreamSummary(body).ok() &&
              !DecodeGetShardIterator(body).ok());
  }));
  EXPECT_TRUE(
      rc::check("a good answer with bytes changed", [&](const std::vector<std::pair<uint16_t, uint8_t>>& changes) {
        for (const bool is_cbor : {false, true}) {
          std::string body = is_cbor ? cbor : json;
          for (const auto& [at, value] : changes) body[at % body.size()] = static_cast<char>(value);
          auto result = Decode(is_cbor ? CborCodec() : JsonCodec(), body);
          size_t sum = 0;
          if (result.ok()) {
            for (const Record& record : result->records) {
              for (const char c : record.data) sum += static_cast<unsigned char>(c);
              for (const char c : record.partition_key) sum += static_cast<unsigned char>(c);
            }
          }
          RC_ASSERT(sum <= 255 * 10 * body.size());
        }
      }));
}

TEST(GetRecords, DataFormsAreTold) {
  const auto records = Make({"abc"});
  DataForm form;
  ASSERT_TRUE(Decode(CborCodec(), CborRecords(records), &form).ok());
  EXPECT_EQ(form, DataForm::kBytes);
  ASSERT_TRUE(Decode(CborCodec(), CborRecords(records, true), &form).ok());
  EXPECT_EQ(form, DataForm::kText);
  ASSERT_TRUE(Decode(CborCodec(), CborRecords({}), &form).ok());
  EXPECT_EQ(form, DataForm::kNone);
}

TEST(GetRecords, MangledDataIsAnError) {  // as kinesalite stores what came as CBOR bytes
  std::string body;
  CborWriter writer(&body);
  writer.Map(1).Text("Records").List(1).Map(3).Text("SequenceNumber").Text("1").Text("PartitionKey").Text("k");
  writer.Text("Data").Map(2).Text("type").Text("Buffer").Text("data").List(1).Unsigned(65);
  EXPECT_FALSE(Decode(CborCodec(), body).ok());
  EXPECT_FALSE(Decode(JsonCodec(),
                      R"({"Records":[{"Data":{"type":"Buffer","data":[65]},"PartitionKey":"k","SequenceNumber":"1"}]})")
                   .ok());
}

TEST(GetRecords, EndOfAShardWithChildren) {
  auto json = Decode(JsonCodec(), R"({"Records":[],"NextShardIterator":null,"MillisBehindLatest":0,"ChildShards":[
      {"ShardId":"shardId-1","ParentShards":["shardId-0"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"}},{"ShardId":"shardId-2"}]})");
  ASSERT_TRUE(json.ok()) << json.status().ToString();
  EXPECT_EQ(json->next_iterator, "");
  EXPECT_THAT(json->child_shard_ids, ElementsAre("shardId-1", "shardId-2"));
  std::string body;
  CborWriter writer(&body);
  writer.Map(2)
      .Text("Records")
      .List(0)
      .Text("ChildShards")
      .List(1)
      .Map(2)
      .Text("ParentShards")
      .List(1)
      .Text("shardId-0");
  writer.Text("ShardId").Text("shardId-1");
  auto cbor = Decode(CborCodec(), body);
  ASSERT_TRUE(cbor.ok());
  EXPECT_EQ(cbor->next_iterator, "");
  EXPECT_EQ(cbor->millis_behind_latest, -1);
  EXPECT_THAT(cbor->child_shard_ids, ElementsAre("shardId-1"));
}

TEST(GetRecords, EscapedTextIsUnescaped) {
  auto result =
      Decode(JsonCodec(), R"({"Records":[{"Data":"\/\/8=","PartitionKey":"a\"\u00e9","SequenceNumber":"1"}]})");
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->records[0].data, "\xff\xff");
  EXPECT_EQ(result->records[0].partition_key, "a\"\xc3\xa9");
}

TEST(GetRecords, CborOfIndefiniteLength) {
  std::string body = "\xbf";  // map
  CborWriter writer(&body);
  writer.Text("Records");
  body += "\x9f\xbf";  // list, map
  writer.Text("Data");
  body += "\x5f";  // bytes in chunks
  writer.Bytes("ab").Bytes("c");
  body += "\xff";
  writer.Text("SequenceNumber");
  body += "\x7f";  // text in chunks
  writer.Text("4").Text("9");
  body += "\xff\xff\xff\xff";
  auto result = Decode(CborCodec(), body);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->records.at(0).data, "abc");
  EXPECT_EQ(result->records.at(0).sequence_number, "49");
}

TEST(Cbor, DeepNestingIsRefusedNotFollowed) {
  CborReader reader(std::string_view("\x81\x81\x81\x81\x81\x81\x81\x81", 8));
  CborItem item;
  ASSERT_TRUE(reader.Next(&item));
  EXPECT_FALSE(reader.Skip(item));
  const std::string deep(100'000, '\x81');
  CborReader deep_reader(deep);
  ASSERT_TRUE(deep_reader.Next(&item));
  EXPECT_FALSE(deep_reader.Skip(item));
}

TEST(Cbor, Numbers) {  // RFC 8949, appendix A
  const auto next = [](std::string_view bytes) {
    CborReader reader(bytes);
    CborItem item;
    EXPECT_TRUE(reader.Next(&item));
    return item;
  };
  EXPECT_EQ(next(std::string_view("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9)).integer, 1'000'000'000'000);
  EXPECT_EQ(next(std::string_view("\x39\x03\xe7", 3)).integer, -1000);
  EXPECT_EQ(next(std::string_view("\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9)).integer, INT64_MAX);
  EXPECT_EQ(next(std::string_view("\x3b\xff\xff\xff\xff\xff\xff\xff\xff", 9)).integer, INT64_MIN);
  EXPECT_EQ(next(std::string_view("\xfb\x40\x10\x66\x66\x66\x66\x66\x66", 9)).real, 4.1);
  EXPECT_EQ(next(std::string_view("\xf9\x3e\x00", 3)).real, 1.5);
  EXPECT_EQ(next(std::string_view("\xfa\x47\xc3\x50\x00", 5)).real, 100'000.0);
  EXPECT_EQ(next(std::string_view("\xc1\x1a\x51\x4b\x67\xb0", 6)).integer, 1'363'896'240);  // a tag before it
}

TEST(Timestamps, SecondsAndMilliseconds) {
  EXPECT_EQ(TimestampFromSeconds(1'767'225'600.5), 1'767'225'600'500'000);
  EXPECT_EQ(TimestampFromSeconds(1.7672256005e12), 1'767'225'600'500'000);
  EXPECT_EQ(TimestampFromInteger(1'767'225'600), 1'767'225'600'000'000);
  EXPECT_EQ(TimestampFromInteger(1'767'225'600'123), 1'767'225'600'123'000);
  EXPECT_EQ(TimestampFromSeconds(1e300), 0);
  EXPECT_EQ(TimestampFromInteger(INT64_MAX), 0);
}

// ---- Requests ----

TEST(PutRecords, JsonSaysTheSameAsCbor) {
  const std::string binary("\0\xff\"\\", 4);
  const std::vector<PutEntry> entries = {{binary, "k\"\n", ""}, {"", "k2", "123"}};
  const StreamId stream{"orders", ""};
  const std::string json = JsonCodec().EncodePutRecords(stream, entries);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_FALSE(parser.parse(json).get(root)) << json;
  EXPECT_EQ(std::string_view(root["StreamName"]), "orders");
  EXPECT_EQ(std::string_view(root["Records"].at(0)["Data"]), "AP8iXA==");
  EXPECT_EQ(std::string_view(root["Records"].at(0)["PartitionKey"]), "k\"\n");
  EXPECT_EQ(std::string_view(root["Records"].at(1)["Data"]), "");
  EXPECT_EQ(std::string_view(root["Records"].at(1)["ExplicitHashKey"]), "123");
  std::string expected;
  CborWriter writer(&expected);
  writer.Map(2).Text("StreamName").Text("orders").Text("Records").List(2);
  writer.Map(2).Text("Data").Bytes(binary).Text("PartitionKey").Text("k\"\n");
  writer.Map(3).Text("Data").Bytes("").Text("PartitionKey").Text("k2").Text("ExplicitHashKey").Text("123");
  EXPECT_EQ(CborCodec().EncodePutRecords(stream, entries), expected);
}

TEST(Requests, AnArnIsSentInsteadOfOrBesideTheName) {
  const StreamId stream{"orders", "arn:x"};
  EXPECT_THAT(JsonCodec().EncodePutRecords(stream, {}), R"({"StreamARN":"arn:x","Records":[]})");
  EXPECT_EQ(JsonCodec().EncodeGetRecords(stream, "it", 5), R"({"ShardIterator":"it","Limit":5,"StreamARN":"arn:x"})");
  EXPECT_EQ(EncodeDescribeStreamSummary(stream), R"({"StreamName":"orders","StreamARN":"arn:x"})");
  EXPECT_EQ(EncodeListShards({"orders", ""}, ""), R"({"StreamName":"orders"})");
  EXPECT_EQ(EncodeListShards({"orders", ""}, "t"), R"({"NextToken":"t"})");
}

TEST(Requests, GetShardIterator) {
  const StreamId stream{"s", ""};
  EXPECT_EQ(EncodeGetShardIterator(stream, {"shard", IteratorType::kLatest, "", 0}),
            R"({"StreamName":"s","ShardId":"shard","ShardIteratorType":"LATEST"})");
  EXPECT_EQ(
      EncodeGetShardIterator(stream, {"shard", IteratorType::kAfterSequenceNumber, "49", 0}),
      R"({"StreamName":"s","ShardId":"shard","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"49"})");
  EXPECT_EQ(EncodeGetShardIterator(stream, {"shard", IteratorType::kAtTimestamp, "", 1'767'225'600'007'999}),
            R"({"StreamName":"s","ShardId":"shard","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1767225600.007})");
}

// ---- Other answers ----

TEST(PutRecords, OutcomesPerRecord) {
  auto json = JsonCodec().DecodePutRecords(
      R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"49","ShardId":"shardId-0","ErrorCode":null},
          {"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"slow down"}]})");
  ASSERT_TRUE(json.ok()) << json.status().ToString();
  std::string body;
  CborWriter writer(&body);
  writer.Map(2).Text("FailedRecordCount").Unsigned(1).Text("Records").List(2);
  writer.Map(2).Text("SequenceNumber").Text("49").Text("ShardId").Text("shardId-0");
  writer.Map(2).Text("ErrorCode").Text("ProvisionedThroughputExceededException").Text("ErrorMessage").Text("slow down");
  auto cbor = CborCodec().DecodePutRecords(body);
  ASSERT_TRUE(cbor.ok());
  for (const PutResult& result : {*json, *cbor}) {
    EXPECT_EQ(result.failed, 1u);
    ASSERT_EQ(result.entries.size(), 2u);
    EXPECT_EQ(result.entries[0].error_code, "");
    EXPECT_EQ(result.entries[0].sequence_number, "49");
    EXPECT_EQ(result.entries[1].error_code, "ProvisionedThroughputExceededException");
    EXPECT_EQ(result.entries[1].error_message, "slow down");
  }
}

TEST(Answers, DescribeStreamSummary) {
  auto summary = DecodeDescribeStreamSummary(
      R"({"StreamDescriptionSummary":{"StreamName":"s","StreamARN":"arn","StreamStatus":"ACTIVE",
      "OpenShardCount":4,"RetentionPeriodHours":48,"MaxRecordSizeInKiB":10240,"RecordDistributionStrategy":"AUTO"}})");
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->status, "ACTIVE");
  EXPECT_EQ(summary->open_shards, 4);
  EXPECT_EQ(summary->retention_hours, 48);
  EXPECT_EQ(summary->max_record_bytes, 10 << 20);
  EXPECT_TRUE(summary->ignores_keys);
  auto old = DecodeDescribeStreamSummary(
      R"({"StreamDescriptionSummary":{"StreamStatus":"ACTIVE","MaxRecordSizeInKiB":null}})");
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->max_record_bytes, 1 << 20);
  EXPECT_FALSE(old->ignores_keys);
}

TEST(Answers, ListShards) {
  auto result = DecodeListShards(R"({"NextToken":"more","Shards":[
      {"ShardId":"a","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"},"SequenceNumberRange":{"StartingSequenceNumber":"1","EndingSequenceNumber":"2"}},
      {"ShardId":"b","ParentShardId":"a","AdjacentParentShardId":"c","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"4"},
       "SequenceNumberRange":{"StartingSequenceNumber":"3","EndingSequenceNumber":null}}]})");
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->next_token, "more");
  ASSERT_EQ(result->shards.size(), 2u);
  EXPECT_TRUE(result->shards[0].closed);
  EXPECT_FALSE(result->shards[1].closed);
  EXPECT_EQ(result->shards[1].parent_id, "a");
  EXPECT_EQ(result->shards[1].adjacent_parent_id, "c");
  EXPECT_EQ(result->shards[1].range.end, "4");
  EXPECT_EQ(result->shards[1].starting_sequence_number, "3");
}

TEST(Answers, ErrorsOfBothWires) {
  std::string body;
  CborWriter(&body)
      .Map(2)
      .Text("__type")
      .Text("com.amazonaws.kinesis#LimitExceededException")
      .Text("message")
      .Text("Rate");
  for (const ServiceError& error :
       {JsonCodec().DecodeError(400, R"({"__type":"com.amazonaws.kinesis#LimitExceededException","Message":"Rate"})"),
        CborCodec().DecodeError(400, body),
        CborCodec().DecodeError(400, R"({"__type":"LimitExceededException","message":"Rate"})")}) {
    EXPECT_EQ(error.code, "LimitExceededException");
    EXPECT_EQ(error.message, "Rate");
    EXPECT_EQ(error.http_status, 400);
  }
}

}  // namespace
}  // namespace laminar::kinesis
