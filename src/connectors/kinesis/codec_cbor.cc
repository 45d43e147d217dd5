// The CBOR form of the calls that move records. A record's Data is a view of the answer's own bytes: nothing is decoded
// or copied.
#include "aws/error_code.h"
#include "connectors/kinesis/cbor.h"
#include "connectors/kinesis/codec.h"
#include "formats/format.h"

namespace laminar::kinesis {

namespace {

using CborKind = CborItem::Kind;

Status NotCborAnswer(const char* what) {
  return Status::Environment(what);
}

// Text or bytes that stay valid as long as `storage`.
bool KeptContent(CborReader& reader, const CborItem& item, RecordStorage* storage, std::string_view* out) {
  std::string joined;
  if (!reader.Content(item, out, &joined)) return false;
  if (item.indefinite) *out = storage->Keep(std::move(joined));
  return true;
}

bool TextOf(CborReader& reader, const CborItem& item, RecordStorage* storage, std::string_view* out) {
  return item.kind == CborKind::kText && KeptContent(reader, item, storage, out);
}

bool TextOf(CborReader& reader, const CborItem& item, std::string* out) {
  std::string_view content;
  if (item.kind != CborKind::kText || !reader.Content(item, &content, out)) return false;
  if (!item.indefinite) *out = content;
  return true;
}

// Some servers send base64 text where bytes belong.
bool DataOf(CborReader& reader, const CborItem& item, RecordStorage* storage, std::string_view* out, DataForm* form) {
  if (!KeptContent(reader, item, storage, out)) return false;
  if (item.kind == CborKind::kBytes) {
    if (*form == DataForm::kNone) *form = DataForm::kBytes;
    return true;
  }
  *form = DataForm::kText;
  return storage->DecodeBase64(*out, out);
}

bool TimestampOf(const CborItem& item, int64_t* micros) {
  if (item.kind == CborKind::kInteger) {
    *micros = TimestampFromInteger(item.integer);
  } else if (item.kind == CborKind::kReal) {
    *micros = TimestampFromSeconds(item.real);
  } else {
    return false;
  }
  return true;
}

bool DecodeRecord(CborReader& reader, const CborItem& map, RecordStorage* storage, Record* record, DataForm* form) {
  bool has_data = false;
  const bool well =
      map.kind == CborKind::kMap && reader.ForEachMember(map, [&](std::string_view key, const CborItem& value) {
        if (key == "Data") return has_data = DataOf(reader, value, storage, &record->data, form);
        if (key == "PartitionKey") return TextOf(reader, value, storage, &record->partition_key);
        if (key == "SequenceNumber") return TextOf(reader, value, storage, &record->sequence_number);
        if (key == "ApproximateArrivalTimestamp") return TimestampOf(value, &record->arrival_micros);
        if (key == "EncryptionType" && value.kind == CborKind::kText)
          return TextOf(reader, value, storage, &record->encryption_type);
        return reader.Skip(value);
      });
  return well && has_data && !record->sequence_number.empty();
}

class CborCodecImpl final : public Codec {
 public:
  Wire wire() const override { return Wire::kCbor; }
  const char* content_type() const override { return "application/x-amz-cbor-1.1"; }

  std::string EncodeGetRecords(const StreamId& stream, std::string_view iterator, int limit) const override {
    std::string out;
    CborWriter writer(&out);
    writer.Map(stream.arn.empty() ? 2 : 3)
        .Text("ShardIterator")
        .Text(iterator)
        .Text("Limit")
        .Unsigned(static_cast<uint64_t>(limit));
    if (!stream.arn.empty()) writer.Text("StreamARN").Text(stream.arn);
    return out;
  }

  std::string EncodePutRecords(const StreamId& stream, const std::vector<PutEntry>& entries) const override {
    constexpr size_t kPerRecord = 96;  // names, heads, an explicit hash key
    size_t size = 256;
    for (const PutEntry& entry : entries) size += entry.data.size() + entry.partition_key.size() + kPerRecord;
    std::string out;
    out.reserve(size);
    CborWriter writer(&out);
    writer.Map(2);
    stream.arn.empty() ? writer.Text("StreamName").Text(stream.name) : writer.Text("StreamARN").Text(stream.arn);
    writer.Text("Records").List(entries.size());
    for (const PutEntry& entry : entries) {
      writer.Map(entry.explicit_hash_key.empty() ? 2 : 3);
      writer.Text("Data").Bytes(entry.data).Text("PartitionKey").Text(entry.partition_key);
      if (!entry.explicit_hash_key.empty()) writer.Text("ExplicitHashKey").Text(entry.explicit_hash_key);
    }
    return out;
  }

  Result<GetRecordsResult> DecodeGetRecords(std::string body, DataForm* form) const override {
    auto storage = std::make_shared<RecordStorage>(std::move(body));  // shared: see GetRecordsResult
    GetRecordsResult result;
    *form = DataForm::kNone;
    bool has_records = false;
    CborReader reader(storage->Answer());
    CborItem root;
    if (!reader.Next(&root) || root.kind != CborKind::kMap) return NotCborAnswer("it is not a CBOR map");
    const auto on_record = [&](const CborItem& item) {
      Record record;
      if (!DecodeRecord(reader, item, storage.get(), &record, form)) return false;
      result.bytes += record.data.size() + record.partition_key.size();
      result.records.push_back(record);
      return true;
    };
    const auto on_child = [&](const CborItem& item) {
      std::string id;
      return item.kind == CborKind::kMap && reader.ForEachMember(item, [&](std::string_view key, const CborItem& value) {
        return key == "ShardId" ? TextOf(reader, value, &id) : reader.Skip(value);
      }) && (result.child_shard_ids.push_back(id), !id.empty());
    };
    const bool well = reader.ForEachMember(root, [&](std::string_view key, const CborItem& value) {
      if (key == "Records") {
        has_records = true;
        return value.kind == CborKind::kList && reader.ForEachItem(value, on_record);
      }
      if (value.kind == CborKind::kNull) return true;
      if (key == "NextShardIterator") return TextOf(reader, value, &result.next_iterator);
      if (key == "MillisBehindLatest") {
        result.millis_behind_latest = value.integer;
        return value.kind == CborKind::kInteger;
      }
      if (key == "ChildShards") return value.kind == CborKind::kList && reader.ForEachItem(value, on_child);
      return reader.Skip(value);
    });
    if (!well) return NotCborAnswer("its CBOR is broken or a record is not as expected");
    if (!has_records) return NotCborAnswer("it has no Records");
    result.storage = std::move(storage);
    return result;
  }

  Result<PutResult> DecodePutRecords(std::string body) const override {
    PutResult result;
    bool has_records = false;
    CborReader reader(body);
    CborItem root;
    if (!reader.Next(&root) || root.kind != CborKind::kMap) return NotCborAnswer("it is not a CBOR map");
    const auto on_outcome = [&](const CborItem& item) {
      PutResult::Entry entry;
      const bool well =
          item.kind == CborKind::kMap && reader.ForEachMember(item, [&](std::string_view key, const CborItem& value) {
            if (value.kind == CborKind::kNull) return true;
            if (key == "ErrorCode") return TextOf(reader, value, &entry.error_code);
            if (key == "ErrorMessage") return TextOf(reader, value, &entry.error_message);
            if (key == "SequenceNumber") return TextOf(reader, value, &entry.sequence_number);
            if (key == "ShardId") return TextOf(reader, value, &entry.shard_id);
            return reader.Skip(value);
          });
      if (!well || (entry.error_code.empty() && entry.sequence_number.empty())) return false;
      result.failed += !entry.error_code.empty();
      result.entries.push_back(std::move(entry));
      return true;
    };
    const bool well = reader.ForEachMember(root, [&](std::string_view key, const CborItem& value) {
      if (key != "Records") return reader.Skip(value);
      has_records = true;
      return value.kind == CborKind::kList && reader.ForEachItem(value, on_outcome);
    });
    if (!well) return NotCborAnswer("its CBOR is broken or a record's outcome is not as expected");
    if (!has_records) return NotCborAnswer("it has no Records");
    return result;
  }

  ServiceError DecodeError(int http_status, std::string body) const override {
    if (body.starts_with('{')) return JsonCodec().DecodeError(http_status, std::move(body));
    ServiceError error;
    error.http_status = http_status;
    CborReader reader(body);
    CborItem root;
    if (!reader.Next(&root) || root.kind != CborKind::kMap) return error;
    const bool well = reader.ForEachMember(root, [&](std::string_view key, const CborItem& value) {
      if (key == "__type") return TextOf(reader, value, &error.code);
      if (key == "message" || key == "Message")
        return value.kind == CborKind::kNull || TextOf(reader, value, &error.message);
      return reader.Skip(value);
    });
    if (!well) return ServiceError{http_status, "", ""};
    error.code = std::string(aws::BareErrorCode(error.code));
    return error;
  }
};

}  // namespace

const Codec& CborCodec() {
  static const CborCodecImpl codec;
  return codec;
}

}  // namespace laminar::kinesis
