// ModelKinesis: Kinesis in memory, for tests and the simulation. It implements the typed seam (kinesis_api.h) for any
// number of clients and is stepped: a call waits until Step() executes it and waits again until Step() answers it, so a
// test decides in which order things happen. Everything random (order, delays, faults) comes from the seed; time is the
// clock's. The same seed and the same calls give the same run.
//
// Modelled after the API reference: hash key ranges (MD5 of the partition key), splits and merges, closed shards,
// paging, iterators that expire, answers cut by count and bytes, limits of PutRecords, failures of single records.
// Servers differ, and so can the model: see ModelOptions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

struct ModelOptions {
  size_t shards_per_page = 1000;  // of ListShards
  int64_t iterator_ttl_micros = 300 * kMicrosPerSecond;
  int64_t listing_lag_micros = 0;      // a new shard shows up in ListShards this much later
  bool says_millis_behind = true;      // false: always 0
  bool names_child_shards = true;      // in the last GetRecords answer of a closed shard
  bool whole_second_arrivals = false;  // arrival times without fractions
  int64_t max_record_bytes = 1 << 20;
  size_t max_answer_records = 10'000;
  size_t max_answer_bytes = 10 << 20;
  size_t max_client_bytes = SIZE_MAX;  // the client does not take larger answers of GetRecords
  bool refuses_trimmed = false;        // a sequence number of a trimmed record; else reading silently begins behind it
  int64_t retention_hours = 24;        // only said: see TrimShard
  bool ignores_keys = false;           // as the summary says
  int reads_per_second = 0;            // GetRecords a shard and second before it throttles; 0 = no limit
};

// Chances from 0 to 1, drawn for each call (for refused_record: each record).
struct ModelFaults {
  double throttled = 0;              // refused, without effect
  double lost_request = 0;           // no effect, and the caller learns nothing
  double lost_answer = 0;            // takes effect, and the caller learns nothing
  double late_request = 0;           // of PutRecords: the caller learns nothing, and it takes effect later
  double orphaned_request = 0;       // of PutRecords: on its way when its client went away, it takes effect later
  double expired_iterator = 0;       // of GetRecords
  double refused_record = 0;         // of PutRecords
  double failed_written_record = 0;  // of PutRecords: written, and the answer says InternalFailure
  double empty_answer = 0;           // GetRecords gives nothing although records follow; only where says_millis_behind
  int64_t most_late_micros = 0;      // how much later the effect of the two above may be
  int64_t max_delay_micros = 0;      // of a call's way to the service, and of the answer's way back
};

enum class ModelCall { kDescribe, kListShards, kGetShardIterator, kGetRecords, kPutRecords, kListStreams };

// Thread-safe; callbacks run on the thread that steps.
class ModelKinesis final : public KinesisApiFactory {
 public:
  struct StoredRecord {
    std::string shard_id, sequence_number, partition_key, data;
    int64_t arrival_micros = 0;
    std::string explicit_hash_key;  // decimal; "" = the hash of the partition key
  };
  struct Counts {
    int64_t describes = 0, lists = 0, iterators = 0, reads = 0, writes = 0;  // executed
    int64_t refused_records = 0;
    size_t most_put_records = 0;          // in one request
    size_t most_put_bytes = 0;            // data and partition keys, of requests with more than one record
    std::vector<std::string> violations;  // requests that the service would refuse as invalid
  };

  // clock: borrowed, outlives the model.
  ModelKinesis(const Clock* clock, uint64_t seed, ModelOptions options = {});
  ~ModelKinesis() override;  // requires that no client is left

  void CreateStream(const std::string& name, int shards);
  void SetStatus(const std::string& stream, const std::string& status);
  void SetFaults(const ModelFaults& faults);
  // The next `times` calls of that kind fail with `error`, without effect.
  void FailNext(ModelCall call, ApiError error, int times = 1);
  // A client of a stream, which need not exist.
  std::unique_ptr<KinesisApi> Connect(const std::string& stream);
  Result<std::unique_ptr<KinesisApi>> Open(const StreamOptions& options) override;
  Result<std::unique_ptr<KinesisApi>> OpenService(const StreamOptions& options) override { return Open(options); }

  // What other clients of the service do, at once.
  void Put(const std::string& stream, const std::string& partition_key, const std::string& data);
  void SplitShard(const std::string& stream, const std::string& shard_id);  // in the middle of its range
  void MergeShards(const std::string& stream, const std::string& shard_id, const std::string& adjacent_id);
  // Forgets a shard whose records are all older than the retention. Requires a closed one.
  void ExpireShard(const std::string& stream, const std::string& shard_id);
  // Drops the shard's first records, as the retention does, until `left` are left.
  void TrimShard(const std::string& stream, const std::string& shard_id, size_t left);
  std::vector<std::string> OpenShards(const std::string& stream) const;  // in the order of their ranges
  std::vector<StoredRecord> Records(
      const std::string& stream) const;  // by shard, in the order of their sequence numbers
  Counts counts() const;

  // Executes or answers one call that is due, picked at random. False: none is due.
  bool Step();
  // SteadyMicros at which a call becomes due; kNever.
  int64_t NextDue() const;

 private:
  friend class ModelClient;
  struct ModelShard {
    std::string id, parent_id, adjacent_parent_id;
    HashKey first_hash = 0, last_hash = 0;
    std::string starting_sequence_number;
    bool closed = false, expired = false;
    int64_t created_micros = 0;  // steady
    std::vector<StoredRecord> records;
    uint64_t trimmed = 0;  // of records, that many are gone
    std::vector<std::string> children;
    int64_t read_second = -1;  // the second that reads_in_second counts
    int reads_in_second = 0;
  };
  struct Stream {
    std::string status = "ACTIVE";
    std::vector<std::unique_ptr<ModelShard>> shards;  // in the order of their ids
  };
  struct Event {
    uint64_t client;
    int64_t due_micros;
    std::function<void()> run;     // with mutex_ locked; may add an event
    std::function<void()> answer;  // without the lock; one of the two is set
    std::function<void()> cancel;  // without the lock: the client goes away
    std::function<void()> orphan;  // with mutex_ locked: what `run` does without a client; may be unset
  };

  template <class T>
  void Submit(uint64_t client, ModelCall call, std::function<Outcome<T>()> execute, Callback<T> done);
  template <class T>
  Outcome<T> Execute(ModelCall call, const std::function<Outcome<T>()>& execute);
  template <class T>
  void Answer(uint64_t client, Outcome<T> outcome, Callback<T> done);
  void RemoveClient(uint64_t client);

  // All below: mutex_ is locked.
  Outcome<StreamSummary> DoDescribe(const std::string& stream);
  Outcome<ListShardsResult> DoListShards(const std::string& stream, const std::string& token);
  Outcome<std::string> DoGetShardIterator(const std::string& stream, const IteratorRequest& request);
  Outcome<GetRecordsResult> DoGetRecords(const std::string& stream, const std::string& iterator, int limit);
  Outcome<std::vector<std::string>> DoListStreams();
  Outcome<PutResult> DoPutRecords(const std::string& stream, const std::vector<StoredRecord>& entries);
  Stream* FindStream(const std::string& name);
  ModelShard* FindShard(Stream* stream, const std::string& id);
  ModelShard* AddShard(Stream* stream, HashKey first_hash, HashKey last_hash);
  const StoredRecord& Append(Stream* stream, const std::string& partition_key, const std::string& data,
                             const std::string& explicit_hash_key = "");
  std::string NextSequenceNumber();
  bool Chance(double probability) { return probability > 0 && random_.UniformDouble() < probability; }
  int64_t Delay() {
    return faults_.max_delay_micros == 0
               ? 0
               : static_cast<int64_t>(random_.Uniform(static_cast<uint64_t>(faults_.max_delay_micros) + 1));
  }
  int64_t Lateness() {
    return static_cast<int64_t>(random_.Uniform(static_cast<uint64_t>(faults_.most_late_micros) + 1));
  }
  int64_t ServiceMicros() const { return clock_->WallMicros() / kMicrosPerSecond * kMicrosPerSecond; }

  const Clock* const clock_;
  const ModelOptions options_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable answered_;
  Random random_;
  ModelFaults faults_;
  std::map<std::string, Stream> streams_;
  std::map<ModelCall, std::vector<ApiError>> fail_next_;
  std::vector<Event> events_;
  uint64_t next_client_ = 1;
  uint64_t clients_ = 0;
  uint64_t answering_client_ = 0;  // whose callback runs just now
  uint64_t next_sequence_ = 1;
  Counts counts_;
};

}  // namespace laminar::kinesis
