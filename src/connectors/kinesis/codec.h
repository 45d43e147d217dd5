// Requests and answers of the Kinesis API as bytes. Two wire forms carry the same shapes: JSON
// (application/x-amz-json-1.1) and CBOR (application/x-amz-cbor-1.1). Only the two calls that move records are worth
// the second form; all others are JSON, see codec_json.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "connectors/kinesis/error.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

enum class Wire { kJson, kCbor };

// How an answer wrote its records' Data. CBOR has bytes; a server that sends base64 text there has no real support for
// it.
enum class DataForm { kNone, kBytes, kText };

// How requests name the stream. With an ARN, PutRecords and GetRecords send it alone and the other calls send both, as
// the service allows: that is what all servers take that know ARNs at all.
struct StreamId {
  std::string name;
  std::string arn;  // "" = none
};

// Stateless, thread-safe. Decoders take any bytes: what is not an answer gives an error, never a crash.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual Wire wire() const = 0;
  virtual const char* content_type() const = 0;
  virtual std::string EncodeGetRecords(const StreamId& stream, std::string_view iterator, int limit) const = 0;
  virtual std::string EncodePutRecords(const StreamId& stream, const std::vector<PutEntry>& entries) const = 0;
  // body: kept as the result's storage. With capacity for HttpClient::kBodySlack more bytes it is not copied.
  virtual Result<GetRecordsResult> DecodeGetRecords(std::string body, DataForm* form) const = 0;
  virtual Result<PutResult> DecodePutRecords(std::string body) const = 0;
  // code = "" if the body names none.
  virtual ServiceError DecodeError(int http_status, std::string body) const = 0;
};

const Codec& JsonCodec();
const Codec& CborCodec();

// What GetRecordsResult::storage holds: the answer's body, and what had to be decoded from it.
struct RecordStorage {
  std::string body;  // then kRecordPadding zero bytes, not counted by body_size
  size_t body_size = 0;
  std::unique_ptr<char[]> data;                       // decoded base64
  std::vector<std::unique_ptr<std::string>> strings;  // unescaped or joined text

  explicit RecordStorage(std::string answer);
  std::string_view Answer() const { return {body.data(), body_size}; }
  std::string_view Keep(std::string text);
  // Decodes base64 behind what was decoded before. False if it is none.
  bool DecodeBase64(std::string_view text, std::string_view* out);

 private:
  size_t used_ = 0;
};

// ApproximateArrivalTimestamp: services write seconds with a fraction, or whole milliseconds. Microseconds since 1970.
int64_t TimestampFromSeconds(double seconds);
int64_t TimestampFromInteger(int64_t value);

}  // namespace laminar::kinesis
