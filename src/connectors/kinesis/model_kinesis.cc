#include "connectors/kinesis/model_kinesis.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "formats/format.h"

namespace laminar::kinesis {

namespace {

constexpr uint64_t kNobody = 0;  // of events that no client waits for
constexpr size_t kMostPutRecords = 500;
constexpr size_t kMostPutBytes = 10 << 20;

std::string ToDecimal(HashKey number) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number > 0);
  return {digits.rbegin(), digits.rend()};
}

template <class T>
Outcome<T> Fail(ErrorClass error_class, const std::string& code, const std::string& message) {
  Outcome<T> outcome;
  outcome.error = ApiError{error_class, Status::Environment(message).WithCode(code)};
  return outcome;
}

template <class T>
Outcome<T> NoSuchStream(const std::string& stream) {
  return Fail<T>(ErrorClass::kFatal, "ResourceNotFoundException", "there is no stream " + stream);
}

// "shard/index/created": an iterator carries its position.
struct ModelIterator {
  std::string shard_id;
  uint64_t index = 0;
  int64_t created_micros = 0;
};

std::string ToText(const ModelIterator& iterator) {
  return iterator.shard_id + "/" + std::to_string(iterator.index) + "/" + std::to_string(iterator.created_micros);
}

std::optional<ModelIterator> ParseIterator(const std::string& text) {
  const size_t first = text.find('/');
  const size_t second = first == std::string::npos ? first : text.find('/', first + 1);
  if (second == std::string::npos) return std::nullopt;
  ModelIterator out{.shard_id = text.substr(0, first)};
  std::from_chars(text.data() + first + 1, text.data() + second, out.index);
  std::from_chars(text.data() + second + 1, text.data() + text.size(), out.created_micros);
  return out;
}

}  // namespace

// One caller's view of a stream.
class ModelClient final : public KinesisApi {
 public:
  ModelClient(ModelKinesis* model, uint64_t id, std::string stream)
      : model_(model), id_(id), stream_(std::move(stream)) {}
  ~ModelClient() override { model_->RemoveClient(id_); }

  void DescribeStreamSummary(Callback<StreamSummary> done) override {
    model_->Submit<StreamSummary>(
        id_, ModelCall::kDescribe, [this] { return model_->DoDescribe(stream_); }, std::move(done));
  }
  void ListShards(const std::string& next_token, Callback<ListShardsResult> done) override {
    model_->Submit<ListShardsResult>(
        id_, ModelCall::kListShards, [this, next_token] { return model_->DoListShards(stream_, next_token); },
        std::move(done));
  }
  void GetShardIterator(const IteratorRequest& request, Callback<std::string> done) override {
    model_->Submit<std::string>(
        id_, ModelCall::kGetShardIterator, [this, request] { return model_->DoGetShardIterator(stream_, request); },
        std::move(done));
  }
  void GetRecords(const std::string& iterator, int limit, Callback<GetRecordsResult> done) override {
    model_->Submit<GetRecordsResult>(
        id_, ModelCall::kGetRecords, [this, iterator, limit] { return model_->DoGetRecords(stream_, iterator, limit); },
        std::move(done));
  }
  void PutRecords(const std::vector<PutEntry>& entries, Callback<PutResult> done) override {
    std::vector<ModelKinesis::StoredRecord> owned;
    owned.reserve(entries.size());
    for (const PutEntry& entry : entries) {
      owned.push_back(
          {"", "", std::string(entry.partition_key), std::string(entry.data), 0, std::string(entry.explicit_hash_key)});
    }
    model_->Submit<PutResult>(
        id_, ModelCall::kPutRecords,
        [model = model_, stream = stream_, owned = std::move(owned)] { return model->DoPutRecords(stream, owned); },
        std::move(done));
  }
  void ListStreams(Callback<std::vector<std::string>> done) override {
    model_->Submit<std::vector<std::string>>(
        id_, ModelCall::kListStreams, [this] { return model_->DoListStreams(); }, std::move(done));
  }
  std::string Describe() const override { return "stream " + stream_ + " in the model"; }
  const std::string& stream_name() const override { return stream_; }

 private:
  ModelKinesis* const model_;
  const uint64_t id_;
  const std::string stream_;
};

ModelKinesis::ModelKinesis(const Clock* clock, uint64_t seed, ModelOptions options)
    : clock_(clock), options_(options), random_(seed) {}

ModelKinesis::~ModelKinesis() {
  CHECK(clients_ == 0);
}

void ModelKinesis::CreateStream(const std::string& name, int shards) {
  CHECK(shards > 0);
  std::lock_guard lock(mutex_);
  Stream& stream = streams_[name];
  CHECK(stream.shards.empty());
  const HashKey width = ~HashKey{0} / static_cast<unsigned>(shards);
  for (int i = 0; i < shards; i++) {
    const HashKey first = width * static_cast<unsigned>(i) + (i == 0 ? 0 : 1);
    AddShard(&stream, first, i == shards - 1 ? ~HashKey{0} : width * static_cast<unsigned>(i + 1));
  }
}

void ModelKinesis::SetStatus(const std::string& stream, const std::string& status) {
  std::lock_guard lock(mutex_);
  streams_.at(stream).status = status;
}

void ModelKinesis::SetFaults(const ModelFaults& faults) {
  std::lock_guard lock(mutex_);
  faults_ = faults;
}

void ModelKinesis::FailNext(ModelCall call, ApiError error, int times) {
  std::lock_guard lock(mutex_);
  fail_next_[call].insert(fail_next_[call].end(), static_cast<size_t>(times), error);
}

std::unique_ptr<KinesisApi> ModelKinesis::Connect(const std::string& stream) {
  std::lock_guard lock(mutex_);
  clients_++;
  return std::make_unique<ModelClient>(this, next_client_++, stream);
}

Result<std::unique_ptr<KinesisApi>> ModelKinesis::Open(const StreamOptions& options) {
  if (!options.stream_name.empty()) return Connect(options.stream_name);
  return Connect(options.stream_arn.substr(options.stream_arn.rfind('/') + 1));
}

void ModelKinesis::Put(const std::string& stream, const std::string& partition_key, const std::string& data) {
  std::lock_guard lock(mutex_);
  Append(&streams_.at(stream), partition_key, data);
}

void ModelKinesis::SplitShard(const std::string& stream, const std::string& shard_id) {
  std::lock_guard lock(mutex_);
  Stream& into = streams_.at(stream);
  ModelShard* parent = FindShard(&into, shard_id);
  CHECK(parent != nullptr && !parent->closed && parent->first_hash < parent->last_hash);
  const HashKey middle = parent->first_hash + (parent->last_hash - parent->first_hash) / 2;
  parent->closed = true;
  for (const auto& [first, last] : {std::pair{parent->first_hash, middle}, std::pair{middle + 1, parent->last_hash}}) {
    ModelShard* child = AddShard(&into, first, last);
    child->parent_id = parent->id;
    parent->children.push_back(child->id);
  }
}

void ModelKinesis::MergeShards(const std::string& stream, const std::string& shard_id, const std::string& adjacent_id) {
  std::lock_guard lock(mutex_);
  Stream& into = streams_.at(stream);
  ModelShard* one = FindShard(&into, shard_id);
  ModelShard* other = FindShard(&into, adjacent_id);
  CHECK(one != nullptr && other != nullptr && !one->closed && !other->closed);
  CHECK(one->last_hash + 1 == other->first_hash || other->last_hash + 1 == one->first_hash);
  one->closed = other->closed = true;
  ModelShard* child =
      AddShard(&into, std::min(one->first_hash, other->first_hash), std::max(one->last_hash, other->last_hash));
  child->parent_id = one->id;
  child->adjacent_parent_id = other->id;
  one->children.push_back(child->id);
  other->children.push_back(child->id);
}

void ModelKinesis::ExpireShard(const std::string& stream, const std::string& shard_id) {
  std::lock_guard lock(mutex_);
  ModelShard* shard = FindShard(&streams_.at(stream), shard_id);
  CHECK(shard != nullptr && shard->closed);
  shard->expired = true;
}

void ModelKinesis::TrimShard(const std::string& stream, const std::string& shard_id, size_t left) {
  std::lock_guard lock(mutex_);
  ModelShard* shard = FindShard(&streams_.at(stream), shard_id);
  CHECK(shard != nullptr && shard->records.size() - shard->trimmed >= left);
  shard->trimmed = shard->records.size() - left;
}

std::vector<std::string> ModelKinesis::OpenShards(const std::string& stream) const {
  std::lock_guard lock(mutex_);
  std::vector<const ModelShard*> open;
  for (const auto& shard : streams_.at(stream).shards) {
    if (!shard->closed) open.push_back(shard.get());
  }
  std::sort(open.begin(), open.end(),
            [](const ModelShard* a, const ModelShard* b) { return a->first_hash < b->first_hash; });
  std::vector<std::string> ids;
  for (const ModelShard* shard : open) ids.push_back(shard->id);
  return ids;
}

std::vector<ModelKinesis::StoredRecord> ModelKinesis::Records(const std::string& stream) const {
  std::lock_guard lock(mutex_);
  std::vector<StoredRecord> all;
  for (const auto& shard : streams_.at(stream).shards)
    all.insert(all.end(), shard->records.begin(), shard->records.end());
  return all;
}

ModelKinesis::Counts ModelKinesis::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

template <class T>
void ModelKinesis::Submit(uint64_t client, ModelCall call, std::function<Outcome<T>()> execute, Callback<T> done) {
  std::lock_guard lock(mutex_);
  std::function<void()> orphan;
  if (call == ModelCall::kPutRecords) orphan = [execute] { execute(); };
  auto run = [this, client, call, execute = std::move(execute), done] {
    Answer<T>(client, Execute<T>(call, execute), done);
  };
  auto cancel = [done] { done(Fail<T>(ErrorClass::kTransient, "", "the client is closed")); };
  events_.push_back(
      {client, clock_->SteadyMicros() + Delay(), std::move(run), nullptr, std::move(cancel), std::move(orphan)});
}

template <class T>
Outcome<T> ModelKinesis::Execute(ModelCall call, const std::function<Outcome<T>()>& execute) {
  Outcome<T> outcome;
  if (auto planned = fail_next_.find(call); planned != fail_next_.end() && !planned->second.empty()) {
    outcome.error = planned->second.front();
    planned->second.erase(planned->second.begin());
  } else if (Chance(faults_.throttled)) {
    outcome = Fail<T>(ErrorClass::kThrottled, "ProvisionedThroughputExceededException", "rate exceeded");
  } else if (Chance(faults_.lost_request)) {
    outcome = Fail<T>(ErrorClass::kTransient, "", "connection reset");
  } else if (call == ModelCall::kPutRecords && Chance(faults_.late_request)) {
    events_.push_back(
        {kNobody, clock_->SteadyMicros() + Lateness(), [execute] { execute(); }, nullptr, nullptr, nullptr});
    outcome = Fail<T>(ErrorClass::kTransient, "", "timed out");
  } else if (call == ModelCall::kGetRecords && Chance(faults_.expired_iterator)) {
    outcome = Fail<T>(ErrorClass::kExpiredIterator, "ExpiredIteratorException", "iterator expired");
  } else {
    outcome = execute();
    if (outcome.ok() && Chance(faults_.lost_answer)) outcome = Fail<T>(ErrorClass::kTransient, "", "timed out");
  }
  outcome.service_micros = ServiceMicros();
  return outcome;
}

template <class T>
void ModelKinesis::Answer(uint64_t client, Outcome<T> outcome, Callback<T> done) {
  auto answer = [done, outcome = std::move(outcome)] { done(outcome); };
  auto cancel = [done] { done(Fail<T>(ErrorClass::kTransient, "", "the client is closed")); };
  events_.push_back({client, clock_->SteadyMicros() + Delay(), nullptr, std::move(answer), std::move(cancel), nullptr});
}

void ModelKinesis::RemoveClient(uint64_t client) {
  std::vector<Event> cancelled;
  {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return answering_client_ != client; });
    const auto keep =
        std::stable_partition(events_.begin(), events_.end(), [&](const Event& e) { return e.client != client; });
    cancelled.assign(std::make_move_iterator(keep), std::make_move_iterator(events_.end()));
    events_.erase(keep, events_.end());
    for (const Event& event : cancelled) {
      if (event.orphan && Chance(faults_.orphaned_request))
        events_.push_back({kNobody, event.due_micros + Lateness(), event.orphan, nullptr, nullptr, nullptr});
    }
    clients_--;
  }
  for (Event& event : cancelled) event.cancel();
}

bool ModelKinesis::Step() {
  Event event;
  {
    std::lock_guard lock(mutex_);
    const int64_t now = clock_->SteadyMicros();
    std::vector<size_t> due;
    for (size_t i = 0; i < events_.size(); i++) {
      if (events_[i].due_micros <= now) due.push_back(i);
    }
    if (due.empty()) return false;
    const size_t picked = due[random_.Uniform(due.size())];
    event = std::move(events_[picked]);
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(picked));
    if (event.run) {
      event.run();
      return true;
    }
    answering_client_ = event.client;
  }
  event.answer();
  {
    std::lock_guard lock(mutex_);
    answering_client_ = 0;
  }
  answered_.notify_all();
  return true;
}

int64_t ModelKinesis::NextDue() const {
  std::lock_guard lock(mutex_);
  int64_t due = kNever;
  for (const Event& event : events_) due = std::min(due, event.due_micros);
  return due;
}

Outcome<std::vector<std::string>> ModelKinesis::DoListStreams() {
  Outcome<std::vector<std::string>> outcome;
  outcome.service_micros = ServiceMicros();
  for (const auto& [name, stream] : streams_) outcome.value.push_back(name);
  return outcome;
}

Outcome<StreamSummary> ModelKinesis::DoDescribe(const std::string& name) {
  counts_.describes++;
  Stream* stream = FindStream(name);
  if (stream == nullptr) return NoSuchStream<StreamSummary>(name);
  Outcome<StreamSummary> outcome;
  outcome.value.name = name;
  outcome.value.arn = "arn:aws:kinesis:model:000000000000:stream/" + name;
  outcome.value.status = stream->status;
  outcome.value.retention_hours = options_.retention_hours;
  outcome.value.max_record_bytes = options_.max_record_bytes;
  outcome.value.ignores_keys = options_.ignores_keys;
  for (const auto& shard : stream->shards) outcome.value.open_shards += shard->closed ? 0 : 1;
  return outcome;
}

Outcome<ListShardsResult> ModelKinesis::DoListShards(const std::string& name, const std::string& token) {
  counts_.lists++;
  Stream* stream = FindStream(name);
  if (stream == nullptr) return NoSuchStream<ListShardsResult>(name);
  Outcome<ListShardsResult> outcome;
  for (const auto& shard : stream->shards) {
    if (shard->expired || shard->id <= token) continue;
    if (shard->created_micros + options_.listing_lag_micros > clock_->SteadyMicros() && !shard->parent_id.empty())
      continue;
    if (outcome.value.shards.size() == options_.shards_per_page) {
      outcome.value.next_token = outcome.value.shards.back().id;
      break;
    }
    outcome.value.shards.push_back({.id = shard->id,
                                    .parent_id = shard->parent_id,
                                    .adjacent_parent_id = shard->adjacent_parent_id,
                                    .range = {ToDecimal(shard->first_hash), ToDecimal(shard->last_hash)},
                                    .starting_sequence_number = shard->starting_sequence_number,
                                    .closed = shard->closed});
  }
  return outcome;
}

Outcome<std::string> ModelKinesis::DoGetShardIterator(const std::string& name, const IteratorRequest& request) {
  counts_.iterators++;
  Stream* stream = FindStream(name);
  ModelShard* shard = stream == nullptr ? nullptr : FindShard(stream, request.shard_id);
  if (shard == nullptr || shard->expired) {
    return Fail<std::string>(ErrorClass::kFatal, "ResourceNotFoundException",
                             "there is no shard " + request.shard_id + " in stream " + name);
  }
  const auto& records = shard->records;
  const auto first = [&](auto predicate) {
    return static_cast<uint64_t>(std::find_if(records.begin(), records.end(), predicate) - records.begin());
  };
  const bool by_number =
      request.type == IteratorType::kAtSequenceNumber || request.type == IteratorType::kAfterSequenceNumber;
  if (by_number && options_.refuses_trimmed && shard->trimmed > 0 &&
      request.sequence_number <= records[shard->trimmed - 1].sequence_number) {
    return Fail<std::string>(ErrorClass::kFatal, "InvalidArgumentException",
                             "the sequence number " + request.sequence_number + " is trimmed");
  }
  ModelIterator iterator{.shard_id = shard->id, .created_micros = clock_->SteadyMicros()};
  switch (request.type) {
    case IteratorType::kTrimHorizon:
      break;
    case IteratorType::kLatest:
      iterator.index = records.size();
      break;
    case IteratorType::kAtTimestamp:
      iterator.index = first([&](const StoredRecord& r) { return r.arrival_micros >= request.timestamp_micros; });
      break;
    // All sequence numbers have the same length, so that their text has their order.
    case IteratorType::kAtSequenceNumber:
      iterator.index = first([&](const StoredRecord& r) { return r.sequence_number >= request.sequence_number; });
      break;
    case IteratorType::kAfterSequenceNumber:
      iterator.index = first([&](const StoredRecord& r) { return r.sequence_number > request.sequence_number; });
      break;
  }
  Outcome<std::string> outcome;
  outcome.value = ToText(iterator);
  return outcome;
}

Outcome<GetRecordsResult> ModelKinesis::DoGetRecords(const std::string& name, const std::string& text, int limit) {
  counts_.reads++;
  Stream* stream = FindStream(name);
  if (stream == nullptr) return NoSuchStream<GetRecordsResult>(name);
  const std::optional<ModelIterator> iterator = ParseIterator(text);
  ModelShard* shard = iterator ? FindShard(stream, iterator->shard_id) : nullptr;
  if (shard == nullptr || limit < 1 || limit > 10'000) {
    counts_.violations.push_back("GetRecords with iterator '" + text + "' and limit " + std::to_string(limit));
    return Fail<GetRecordsResult>(ErrorClass::kFatal, "InvalidArgumentException", "invalid iterator or limit");
  }
  const int64_t now = clock_->SteadyMicros();
  if (iterator->created_micros + options_.iterator_ttl_micros < now) {
    return Fail<GetRecordsResult>(ErrorClass::kExpiredIterator, "ExpiredIteratorException", "iterator expired");
  }
  if (options_.reads_per_second > 0) {
    if (shard->read_second != now / kMicrosPerSecond) shard->reads_in_second = 0;
    shard->read_second = now / kMicrosPerSecond;
    if (shard->reads_in_second++ >= options_.reads_per_second) {
      return Fail<GetRecordsResult>(ErrorClass::kThrottled, "ProvisionedThroughputExceededException",
                                    "rate exceeded for shard " + shard->id);
    }
  }

  Outcome<GetRecordsResult> outcome;
  GetRecordsResult& result = outcome.value;
  const uint64_t begin = std::max(iterator->index, shard->trimmed);
  uint64_t end = begin;
  const bool behind = end < shard->records.size();
  const bool withhold = behind && options_.says_millis_behind && Chance(faults_.empty_answer);
  const size_t most = std::min(static_cast<size_t>(limit), options_.max_answer_records);
  size_t data_bytes = 0;
  std::string bytes;
  while (!withhold && end < shard->records.size() && end - begin < most) {
    const StoredRecord& record = shard->records[end];
    const size_t size = record.data.size() + record.partition_key.size();
    if (end > begin && data_bytes + size > options_.max_answer_bytes) break;
    data_bytes += size;
    bytes += record.data + record.partition_key + record.sequence_number;
    end++;
  }
  if (data_bytes > options_.max_client_bytes)
    return Fail<GetRecordsResult>(ErrorClass::kTransient, kAnswerTooLarge, "the answer is too large");
  bytes.append(kRecordPadding, '\0');
  const auto storage = std::make_shared<const std::string>(std::move(bytes));
  const char* at = storage->data();
  const auto take = [&](size_t size) { return std::string_view(std::exchange(at, at + size), size); };
  for (uint64_t i = begin; i < end; i++) {
    const StoredRecord& record = shard->records[i];
    const std::string_view data = take(record.data.size());
    const std::string_view key = take(record.partition_key.size());
    result.records.push_back({data, key, take(record.sequence_number.size()), record.arrival_micros});
  }
  result.storage = storage;
  result.bytes = data_bytes;
  const bool at_end = end == shard->records.size();
  result.millis_behind_latest = 0;
  if (!at_end && options_.says_millis_behind) {
    result.millis_behind_latest =
        std::max<int64_t>(1, (clock_->WallMicros() - shard->records[end].arrival_micros) / kMicrosPerMilli);
  }
  // The end of a closed shard comes with its last records or in an empty answer after them.
  if (shard->closed && at_end && (result.records.empty() || random_.Uniform(2) == 0)) {
    if (options_.names_child_shards) result.child_shard_ids = shard->children;
  } else {
    result.next_iterator = ToText({shard->id, end, now});
  }
  return outcome;
}

Outcome<PutResult> ModelKinesis::DoPutRecords(const std::string& name, const std::vector<StoredRecord>& entries) {
  counts_.writes++;
  Stream* stream = FindStream(name);
  if (stream == nullptr) return NoSuchStream<PutResult>(name);
  size_t bytes = 0;
  bool valid = !entries.empty() && entries.size() <= kMostPutRecords;
  for (const StoredRecord& entry : entries) {
    const size_t size = entry.data.size() + entry.partition_key.size();
    bytes += size;
    valid = valid && size <= static_cast<size_t>(options_.max_record_bytes) && !entry.partition_key.empty() &&
            entry.partition_key.size() <= 256;
  }
  if (!valid || bytes > kMostPutBytes) {
    counts_.violations.push_back("PutRecords of " + std::to_string(entries.size()) + " records, " +
                                 std::to_string(bytes) + " bytes");
    return Fail<PutResult>(ErrorClass::kFatal, "InvalidArgumentException", "the request is over a limit");
  }
  counts_.most_put_records = std::max(counts_.most_put_records, entries.size());
  if (entries.size() > 1) counts_.most_put_bytes = std::max(counts_.most_put_bytes, bytes);
  Outcome<PutResult> outcome;
  for (const StoredRecord& entry : entries) {
    PutResult::Entry& answer = outcome.value.entries.emplace_back();
    if (Chance(faults_.refused_record)) {
      answer.error_code = random_.Uniform(4) == 0 ? "InternalFailure" : "ProvisionedThroughputExceededException";
      answer.error_message = "Rate exceeded for a shard of stream " + name;
      outcome.value.failed++;
      counts_.refused_records++;
      continue;
    }
    const StoredRecord& stored = Append(stream, entry.partition_key, entry.data, entry.explicit_hash_key);
    if (Chance(faults_.failed_written_record)) {
      answer.error_code = "InternalFailure";
      answer.error_message = "Internal service failure";
      outcome.value.failed++;
      continue;
    }
    answer.sequence_number = stored.sequence_number;
    answer.shard_id = stored.shard_id;
  }
  return outcome;
}

ModelKinesis::Stream* ModelKinesis::FindStream(const std::string& name) {
  const auto found = streams_.find(name);
  return found == streams_.end() ? nullptr : &found->second;
}

ModelKinesis::ModelShard* ModelKinesis::FindShard(Stream* stream, const std::string& id) {
  for (const auto& shard : stream->shards) {
    if (shard->id == id) return shard.get();
  }
  return nullptr;
}

ModelKinesis::ModelShard* ModelKinesis::AddShard(Stream* stream, HashKey first_hash, HashKey last_hash) {
  auto shard = std::make_unique<ModelShard>();
  const std::string number = std::to_string(stream->shards.size());
  shard->id = "shardId-";
  shard->id.append(12 - number.size(), '0').append(number);
  shard->first_hash = first_hash;
  shard->last_hash = last_hash;
  shard->starting_sequence_number = NextSequenceNumber();
  shard->created_micros = clock_->SteadyMicros();
  stream->shards.push_back(std::move(shard));
  return stream->shards.back().get();
}

const ModelKinesis::StoredRecord& ModelKinesis::Append(Stream* stream, const std::string& partition_key,
                                                       const std::string& data, const std::string& explicit_hash_key) {
  const HashKey hash = explicit_hash_key.empty() ? HashKeyOf(partition_key) : ParseHashKey(explicit_hash_key).value();
  const auto shard = std::find_if(stream->shards.begin(), stream->shards.end(), [&](const auto& candidate) {
    return !candidate->closed && candidate->first_hash <= hash && hash <= candidate->last_hash;
  });
  CHECK(shard != stream->shards.end());
  const int64_t arrival = options_.whole_second_arrivals ? ServiceMicros() : clock_->WallMicros();
  (*shard)->records.push_back({(*shard)->id, NextSequenceNumber(), partition_key, data, arrival, explicit_hash_key});
  return (*shard)->records.back();
}

std::string ModelKinesis::NextSequenceNumber() {
  const std::string digits = std::to_string(next_sequence_);
  next_sequence_ += 1 + random_.Uniform(3);
  std::string sequence_number = "49";
  sequence_number.append(54 - digits.size(), '0').append(digits);
  return sequence_number;
}

}  // namespace laminar::kinesis
