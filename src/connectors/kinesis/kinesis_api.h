// KinesisApi: the typed seam to the service. Production implements it over HTTP (client.h), tests and the simulation by
// a model. Source: Amazon Kinesis Data Streams Service API Reference, API version 2013-12-02.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "base/status.h"

namespace laminar::kinesis {

// What to do about a failed call. Decided once, from the AWS error code, in error.cc.
enum class ErrorClass {
  kTransient,  // network, 5xx, InternalFailure: again, with backoff; whether the call took effect is unknown
  kThrottled,  // ProvisionedThroughputExceeded, LimitExceeded, KMSThrottling: again, with backoff; it did not take
               // effect
  kExpiredIterator,  // ask for a new one
  kFatal,            // no such stream, access denied, invalid argument, bad credentials: stop with the cause
};

// Code of a transient failure: less should be asked for.
constexpr char kAnswerTooLarge[] = "AnswerTooLarge";

struct ApiError {
  ErrorClass error_class = ErrorClass::kTransient;
  Status status;  // code() = the AWS code; message names stream, region and endpoint; hint says what to change
  bool no_credentials = false;  // it is about having none: nothing was sent
};

// A call's outcome. Exactly one of error and value is set.
template <class T>
struct Outcome {
  std::optional<ApiError> error;
  T value{};
  int64_t service_micros =
      0;  // the answer's Date header, microseconds since 1970 (whole seconds in practice); 0 = none
  bool ok() const { return !error.has_value(); }
};

template <class T>
using Callback = std::function<void(Outcome<T>)>;

struct HashRange {
  std::string begin, end;  // decimal, 0 .. 2^128-1, inclusive
  bool operator==(const HashRange&) const = default;
};

struct Shard {
  std::string id;
  std::string parent_id, adjacent_parent_id;  // "" = none
  HashRange range;
  std::string starting_sequence_number;
  bool closed = false;  // EndingSequenceNumber is set
};

struct ListShardsResult {
  std::vector<Shard> shards;
  std::string next_token;  // "" = the last page
};

enum class IteratorType { kTrimHorizon, kLatest, kAtTimestamp, kAtSequenceNumber, kAfterSequenceNumber };

struct IteratorRequest {
  std::string shard_id;
  IteratorType type = IteratorType::kTrimHorizon;
  std::string sequence_number;   // for the sequence number types
  int64_t timestamp_micros = 0;  // for kAtTimestamp
};

// Views point into GetRecordsResult::storage, each `data` with kRecordPadding readable bytes behind it.
struct Record {
  std::string_view data;
  std::string_view partition_key;
  std::string_view sequence_number;
  int64_t arrival_micros = 0;               // ApproximateArrivalTimestamp
  std::string_view explicit_hash_key = {};  // of a record inside an aggregated one; "" = none
  std::string_view encryption_type = {};    // "NONE", "KMS"; "" = the service did not say
};

struct GetRecordsResult {
  std::vector<Record> records;
  std::string next_iterator;          // "" = the shard is closed and read to its end
  int64_t millis_behind_latest = -1;  // -1 = not said
  std::vector<std::string> child_shard_ids;
  std::shared_ptr<const void> storage;  // owns the bytes; shared: by the batches decoded from it
  size_t bytes = 0;                     // data + partition keys
};

struct PutEntry {
  std::string_view data;
  std::string_view partition_key;
  std::string_view explicit_hash_key;  // "" = none
};

struct PutResult {
  struct Entry {
    std::string error_code, error_message;  // "" = accepted
    std::string sequence_number, shard_id;
  };
  std::vector<Entry> entries;  // one for each record of the request, in order
  size_t failed = 0;
};

struct StreamSummary {
  std::string name, arn, status;  // "ACTIVE", "CREATING", ...
  int64_t open_shards = 0;
  int64_t retention_hours = 24;
  int64_t max_record_bytes = 1 << 20;  // MaxRecordSizeInKiB; 1 MiB where the service does not say
  bool ignores_keys = false;           // RecordDistributionStrategy is AUTO: partition keys do not decide the shard
  bool is_on_demand = false;           // StreamMode is ON_DEMAND: the service chooses the number of shards
};

// Bound to one stream in one region. Every call returns at once; its callback runs exactly once, on any thread,
// possibly before the call returns. Callbacks only enqueue. One call is one attempt, but for errors that say nothing
// about the request: a wrong clock (corrected and repeated once), an expired token (credentials fetched anew once), a
// wire protocol that the server does not know (CBOR -> JSON). Everything passed in is borrowed only until the call
// returns.
class KinesisApi {
 public:
  virtual ~KinesisApi() = default;  // waits for calls in flight; their callbacks get a transient error
  virtual void DescribeStreamSummary(Callback<StreamSummary> done) = 0;
  virtual void ListShards(const std::string& next_token, Callback<ListShardsResult> done) = 0;  // "" = the first page
  virtual void GetShardIterator(const IteratorRequest& request, Callback<std::string> done) = 0;
  virtual void GetRecords(const std::string& iterator, int limit, Callback<GetRecordsResult> done) = 0;
  virtual void PutRecords(const std::vector<PutEntry>& entries, Callback<PutResult> done) = 0;
  // Names of some streams of the region, not of this one alone; an api that was opened for none has only this call.
  virtual void ListStreams(Callback<std::vector<std::string>> done) = 0;
  // The service itself answers: it refuses a request for a hash key that no shard can have as a whole, and writes
  // nothing.
  virtual bool is_aws() const { return false; }
  // "stream orders in us-east-1 (http://127.0.0.1:4566)", for messages.
  virtual std::string Describe() const = 0;
  virtual const std::string& stream_name() const = 0;
};

// How to reach a stream: a table's options, before defaults from environment and profile are applied.
struct StreamOptions {
  std::string stream_name, stream_arn;  // one of them, or, for ListStreams, none
  std::string region;                   // "" = AWS_REGION, AWS_DEFAULT_REGION, profile, instance metadata
  std::string endpoint;                 // "" = AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, profile, AWS
  std::string role_arn, external_id;    // "" = no role is assumed
  aws::KeySource keys = {};             // empty: those of the default chain
  int max_connections = 16;
};

// Makes KinesisApi objects; one for the process, thread-safe. Resolving region and credentials may take seconds on a
// cold start.
class KinesisApiFactory {
 public:
  virtual ~KinesisApiFactory() = default;
  virtual Result<std::unique_ptr<KinesisApi>> Open(const StreamOptions& options) = 0;  // options name a stream
  // For ListStreams alone: options name none.
  virtual Result<std::unique_ptr<KinesisApi>> OpenService(const StreamOptions& options) = 0;
};

}  // namespace laminar::kinesis
