#include "connectors/kinesis/codec_json.h"

#include <simdjson.h>

#include <cstdio>

#include "aws/base64.h"
#include "aws/error_code.h"
#include "formats/format.h"

namespace laminar::kinesis {

void AppendJsonText(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", c);
          *out += escape;
        } else {
          *out += c;
        }
    }
  }
  *out += '"';
}

namespace {

static_assert(kRecordPadding >= simdjson::SIMDJSON_PADDING, "a padded body must do for simdjson");

// Writes one flat object, member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) { *out_ += '{'; }
  ObjectWriter& Text(const char* key, std::string_view value) {
    Key(key);
    AppendJsonText(value, out_);
    return *this;
  }
  ObjectWriter& TextUnlessEmpty(const char* key, std::string_view value) {
    return value.empty() ? *this : Text(key, value);
  }
  ObjectWriter& Raw(const char* key, std::string_view value) {
    Key(key);
    *out_ += value;
    return *this;
  }
  ObjectWriter& Stream(const StreamId& stream) {
    return TextUnlessEmpty("StreamName", stream.name).TextUnlessEmpty("StreamARN", stream.arn);
  }
  void Key(const char* key) {
    *out_ += first_ ? "\"" : ",\"";
    first_ = false;
    *out_ += key;
    *out_ += "\":";
  }
  void End() { *out_ += '}'; }

 private:
  std::string* const out_;
  bool first_ = true;
};

Status NotJsonAnswer(const char* what) {
  return Status::Environment(what);
}

// ---- answers without records, by simdjson's tree
// -----------------------------------------------------------------------------------

namespace dom = simdjson::dom;

// Runs f(root object) on a parsed body.
template <class T, class F>
Result<T> WithObject(std::string body, F f) {
  dom::parser parser;
  const size_t size = body.size();
  body.append(simdjson::SIMDJSON_PADDING, '\0');
  dom::object root;
  if (parser.parse(body.data(), size, false).get(root)) return NotJsonAnswer("it is not a JSON object");
  return f(root);
}

std::string TextAt(const dom::object& object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}
int64_t IntegerAt(const dom::object& object, std::string_view key, int64_t otherwise) {
  dom::element element;
  if (object[key].get(element)) return otherwise;
  int64_t integer;
  if (!element.get(integer)) return integer;
  double real;
  if (!element.get(real) && real > -9e18 && real < 9e18) return static_cast<int64_t>(real);
  return otherwise;
}

// ---- GetRecords, by simdjson's on-demand parser: its base64 is decoded where it lies
// -----------------------------------------------

namespace ondemand = simdjson::ondemand;

// A string's characters as they stand in the body; false if it is no string. `escaped`: it has escapes to undo.
bool RawString(ondemand::value& value, std::string_view* text, bool* escaped) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r'))
    token.remove_suffix(1);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  *text = token.substr(1, token.size() - 2);
  *escaped = text->find('\\') != std::string_view::npos;
  return true;
}

bool TextOf(ondemand::value& value, RecordStorage* storage, std::string_view* out) {
  bool escaped;
  if (!RawString(value, out, &escaped)) return false;
  if (!escaped) return true;
  std::string_view plain;
  if (value.get_string().get(plain)) return false;
  *out = storage->Keep(std::string(plain));
  return true;
}

bool DataOf(ondemand::value& value, RecordStorage* storage, std::string_view* out) {
  std::string_view text;
  return TextOf(value, storage, &text) && storage->DecodeBase64(text, out);
}

bool TimestampOf(ondemand::value& value, int64_t* micros) {
  int64_t integer;
  double real;
  const std::string_view token = value.raw_json_token();
  if (token.find_first_of(".eE") == std::string_view::npos) {
    if (value.get_int64().get(integer)) return false;
    *micros = TimestampFromInteger(integer);
  } else {
    if (value.get_double().get(real)) return false;
    *micros = TimestampFromSeconds(real);
  }
  return true;
}

const char* DecodeRecord(ondemand::object object, RecordStorage* storage, Record* record) {
  bool has_data = false;
  for (auto member : object) {
    std::string_view key;
    ondemand::value value;
    if (member.unescaped_key().get(key) || member.value().get(value)) return "a record is broken";
    if (key == "Data") {
      if (!DataOf(value, storage, &record->data)) return "a record's Data is not base64";
      has_data = true;
    } else if (key == "PartitionKey") {
      if (!TextOf(value, storage, &record->partition_key)) return "a record's PartitionKey is not text";
    } else if (key == "SequenceNumber") {
      if (!TextOf(value, storage, &record->sequence_number)) return "a record's SequenceNumber is not text";
    } else if (key == "ApproximateArrivalTimestamp") {
      if (!TimestampOf(value, &record->arrival_micros)) return "a record's ApproximateArrivalTimestamp is not a number";
    } else if (key == "EncryptionType") {
      TextOf(value, storage, &record->encryption_type);  // null: not said
    }
  }
  if (!has_data || record->sequence_number.empty()) return "a record has no Data or no SequenceNumber";
  return nullptr;
}

const char* DecodeRecordList(ondemand::value list, RecordStorage* storage, GetRecordsResult* result) {
  ondemand::array array;
  if (list.get_array().get(array)) return "Records is not a list";
  for (auto item : array) {
    ondemand::object object;
    if (item.get_object().get(object)) return "a record is not an object";
    Record record;
    if (const char* why = DecodeRecord(object, storage, &record)) return why;
    result->bytes += record.data.size() + record.partition_key.size();
    result->records.push_back(record);
  }
  return nullptr;
}

const char* DecodeChildShards(ondemand::value list, GetRecordsResult* result) {
  bool null;
  if (!list.is_null().get(null) && null) return nullptr;
  ondemand::array array;
  if (list.get_array().get(array)) return "ChildShards is not a list";
  for (auto item : array) {
    ondemand::object object;
    std::string_view id;
    if (item.get_object().get(object) || object["ShardId"].get_string().get(id)) return "a child shard has no ShardId";
    result->child_shard_ids.emplace_back(id);
  }
  return nullptr;
}

const char* DecodeGetRecordsBody(RecordStorage* storage, GetRecordsResult* result) {
  // One per thread: it keeps its buffers from call to call. What it hands out is copied or points into the body.
  thread_local ondemand::parser parser;
  ondemand::document document;
  const simdjson::padded_string_view body(storage->body.data(), storage->body_size, storage->body.size());
  ondemand::object root;
  if (parser.iterate(body).get(document) || document.get_object().get(root)) return "it is not a JSON object";
  bool has_records = false;
  for (auto member : root) {
    std::string_view key;
    ondemand::value value;
    if (member.unescaped_key().get(key) || member.value().get(value)) return "it is broken JSON";
    if (key == "Records") {
      if (const char* why = DecodeRecordList(value, storage, result)) return why;
      has_records = true;
    } else if (key == "NextShardIterator") {
      bool null;
      std::string_view text;
      if (!value.is_null().get(null) && null) continue;
      if (value.get_string().get(text)) return "NextShardIterator is not text";
      result->next_iterator = text;
    } else if (key == "MillisBehindLatest") {
      bool null;
      if (!value.is_null().get(null) && null) continue;
      if (value.get_int64().get(result->millis_behind_latest)) return "MillisBehindLatest is not a number";
    } else if (key == "ChildShards") {
      if (const char* why = DecodeChildShards(value, result)) return why;
    }
  }
  return has_records ? nullptr : "it has no Records";
}

class JsonCodecImpl final : public Codec {
 public:
  Wire wire() const override { return Wire::kJson; }
  const char* content_type() const override { return "application/x-amz-json-1.1"; }

  std::string EncodeGetRecords(const StreamId& stream, std::string_view iterator, int limit) const override {
    std::string out;
    ObjectWriter object(&out);
    object.Text("ShardIterator", iterator)
        .Raw("Limit", std::to_string(limit))
        .TextUnlessEmpty("StreamARN", stream.arn)
        .End();
    return out;
  }

  std::string EncodePutRecords(const StreamId& stream, const std::vector<PutEntry>& entries) const override {
    constexpr size_t kPerRecord = 96;  // names, quotes, an explicit hash key
    size_t size = 256;
    for (const PutEntry& entry : entries)
      size += aws::Base64EncodedSize(entry.data.size()) + entry.partition_key.size() + kPerRecord;
    std::string out;
    out.reserve(size);
    ObjectWriter object(&out);
    stream.arn.empty() ? object.Text("StreamName", stream.name) : object.Text("StreamARN", stream.arn);
    object.Key("Records");
    char separator = '[';
    for (const PutEntry& entry : entries) {
      out += separator;
      separator = ',';
      out += "{\"Data\":\"";
      aws::Base64Append(entry.data, &out);
      out += "\",\"PartitionKey\":";
      AppendJsonText(entry.partition_key, &out);
      if (!entry.explicit_hash_key.empty()) {
        out += ",\"ExplicitHashKey\":";
        AppendJsonText(entry.explicit_hash_key, &out);
      }
      out += '}';
    }
    if (entries.empty()) out += '[';
    out += ']';
    object.End();
    return out;
  }

  Result<GetRecordsResult> DecodeGetRecords(std::string body, DataForm* form) const override {
    auto storage = std::make_shared<RecordStorage>(std::move(body));  // shared: see GetRecordsResult
    GetRecordsResult result;
    *form = DataForm::kText;
    if (const char* why = DecodeGetRecordsBody(storage.get(), &result)) return NotJsonAnswer(why);
    result.storage = std::move(storage);
    return result;
  }

  Result<PutResult> DecodePutRecords(std::string body) const override {
    return WithObject<PutResult>(std::move(body), [](const dom::object& root) -> Result<PutResult> {
      dom::array records;
      if (root["Records"].get(records)) return NotJsonAnswer("it has no Records");
      PutResult result;
      for (const dom::element item : records) {
        dom::object object;
        if (item.get(object)) return NotJsonAnswer("a record's outcome is not an object");
        PutResult::Entry entry{TextAt(object, "ErrorCode"), TextAt(object, "ErrorMessage"),
                               TextAt(object, "SequenceNumber"), TextAt(object, "ShardId")};
        if (entry.error_code.empty() && entry.sequence_number.empty())
          return NotJsonAnswer("a record has neither SequenceNumber nor ErrorCode");
        result.failed += !entry.error_code.empty();
        result.entries.push_back(std::move(entry));
      }
      return result;
    });
  }

  ServiceError DecodeError(int http_status, std::string body) const override {
    ServiceError error;
    error.http_status = http_status;
    auto decoded = WithObject<ServiceError>(std::move(body), [&](const dom::object& root) -> Result<ServiceError> {
      ServiceError inner = error;
      inner.code = aws::BareErrorCode(TextAt(root, "__type"));
      if (inner.code.empty()) inner.code = aws::BareErrorCode(TextAt(root, "code"));
      inner.message = TextAt(root, "message");
      if (inner.message.empty()) inner.message = TextAt(root, "Message");
      return inner;
    });
    return decoded.ok() ? std::move(decoded).value() : error;
  }
};

const char* NameOf(IteratorType type) {
  switch (type) {
    case IteratorType::kTrimHorizon:
      return "TRIM_HORIZON";
    case IteratorType::kLatest:
      return "LATEST";
    case IteratorType::kAtTimestamp:
      return "AT_TIMESTAMP";
    case IteratorType::kAtSequenceNumber:
      return "AT_SEQUENCE_NUMBER";
    case IteratorType::kAfterSequenceNumber:
      return "AFTER_SEQUENCE_NUMBER";
  }
  return "";
}

}  // namespace

const Codec& JsonCodec() {
  static const JsonCodecImpl codec;
  return codec;
}

std::string EncodeDescribeStreamSummary(const StreamId& stream) {
  std::string out;
  ObjectWriter(&out).Stream(stream).End();
  return out;
}

std::string EncodeListShards(const StreamId& stream, const std::string& next_token) {
  std::string out;
  ObjectWriter object(&out);
  // A token names its stream; the service refuses StreamName beside it.
  if (next_token.empty()) {
    object.Stream(stream);
  } else {
    object.Text("NextToken", next_token).TextUnlessEmpty("StreamARN", stream.arn);
  }
  object.End();
  return out;
}

std::string EncodeGetShardIterator(const StreamId& stream, const IteratorRequest& request) {
  std::string out;
  ObjectWriter object(&out);
  object.Stream(stream).Text("ShardId", request.shard_id).Text("ShardIteratorType", NameOf(request.type));
  if (request.type == IteratorType::kAtSequenceNumber || request.type == IteratorType::kAfterSequenceNumber) {
    object.Text("StartingSequenceNumber", request.sequence_number);
  } else if (request.type == IteratorType::kAtTimestamp) {
    char seconds[40];  // milliseconds are the service's resolution
    std::snprintf(seconds, sizeof seconds, "%lld.%03lld", static_cast<long long>(request.timestamp_micros / 1'000'000),
                  static_cast<long long>(request.timestamp_micros / 1'000 % 1'000));
    object.Raw("Timestamp", seconds);
  }
  object.End();
  return out;
}

std::string EncodeListStreams() {
  return R"({"Limit":10})";
}

Result<std::vector<std::string>> DecodeListStreams(std::string body) {
  return WithObject<std::vector<std::string>>(
      std::move(body), [](const dom::object& root) -> Result<std::vector<std::string>> {
        dom::array names;
        if (root["StreamNames"].get(names)) return NotJsonAnswer("it has no StreamNames");
        std::vector<std::string> streams;
        for (const dom::element item : names) {
          std::string_view name;
          if (!item.get(name)) streams.emplace_back(name);
        }
        return streams;
      });
}

Result<StreamSummary> DecodeDescribeStreamSummary(std::string body) {
  return WithObject<StreamSummary>(std::move(body), [](const dom::object& root) -> Result<StreamSummary> {
    dom::object description;
    if (root["StreamDescriptionSummary"].get(description)) return NotJsonAnswer("it has no StreamDescriptionSummary");
    StreamSummary summary;
    summary.name = TextAt(description, "StreamName");
    summary.arn = TextAt(description, "StreamARN");
    summary.status = TextAt(description, "StreamStatus");
    if (summary.status.empty()) return NotJsonAnswer("it has no StreamStatus");
    summary.open_shards = IntegerAt(description, "OpenShardCount", 0);
    summary.retention_hours = IntegerAt(description, "RetentionPeriodHours", summary.retention_hours);
    const int64_t kib = IntegerAt(description, "MaxRecordSizeInKiB", 0);
    if (kib > 0 && kib < (int64_t{1} << 40)) summary.max_record_bytes = kib * 1'024;
    dom::object mode;
    if (!description["StreamModeDetails"].get(mode)) summary.is_on_demand = TextAt(mode, "StreamMode") == "ON_DEMAND";
    summary.ignores_keys = TextAt(description, "RecordDistributionStrategy") == "AUTO";
    return summary;
  });
}

Result<ListShardsResult> DecodeListShards(std::string body) {
  return WithObject<ListShardsResult>(std::move(body), [](const dom::object& root) -> Result<ListShardsResult> {
    dom::array shards;
    if (root["Shards"].get(shards)) return NotJsonAnswer("it has no Shards");
    ListShardsResult result;
    for (const dom::element item : shards) {
      dom::object object, range, sequence;
      Shard shard;
      if (item.get(object) || (shard.id = TextAt(object, "ShardId")).empty())
        return NotJsonAnswer("a shard has no ShardId");
      shard.parent_id = TextAt(object, "ParentShardId");
      shard.adjacent_parent_id = TextAt(object, "AdjacentParentShardId");
      if (object["HashKeyRange"].get(range)) return NotJsonAnswer("a shard has no HashKeyRange");
      shard.range = {TextAt(range, "StartingHashKey"), TextAt(range, "EndingHashKey")};
      if (!object["SequenceNumberRange"].get(sequence)) {
        shard.starting_sequence_number = TextAt(sequence, "StartingSequenceNumber");
        shard.closed = !TextAt(sequence, "EndingSequenceNumber").empty();
      }
      result.shards.push_back(std::move(shard));
    }
    result.next_token = TextAt(root, "NextToken");
    return result;
  });
}

Result<std::string> DecodeGetShardIterator(std::string body) {
  return WithObject<std::string>(std::move(body), [](const dom::object& root) -> Result<std::string> {
    std::string iterator = TextAt(root, "ShardIterator");
    if (iterator.empty()) return NotJsonAnswer("it has no ShardIterator");
    return iterator;
  });
}

}  // namespace laminar::kinesis
