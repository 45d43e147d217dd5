#include "connectors/kinesis/connection_probe.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "aws/await.h"
#include "base/units.h"
#include "base/waker.h"
#include "connectors/kinesis/answer_records.h"

namespace laminar::kinesis {

namespace {

constexpr int64_t kRetryMicros = 300'000;
constexpr int kMostThrottles = 4;
constexpr int kMostListings = 5;  // pages of ListShards
constexpr size_t kMostSampledShards = 4;
constexpr int kMostReads = 4;  // of a shard that has nothing where the reading begins
constexpr int64_t kNewestMicros = 10 * 60 * kMicrosPerSecond;
constexpr int64_t kClockMicros = 60 * kMicrosPerSecond;  // the service's own clock is told in whole seconds

constexpr std::string_view kEndpointCodes[] = {"EndpointUnreachable",    "Timeout",
                                               "CertificateNotTrusted",  "TlsHandshakeFailed",
                                               "ConnectionLost",         "GarbageAnswer",
                                               "NetworkFailure",         "AnswerTooLarge",
                                               "SerializationException", "UnknownOperationException",
                                               "InvalidAction"};
constexpr std::string_view kCredentialsCodes[] = {"UnrecognizedClientException",
                                                  "InvalidClientTokenId",
                                                  "InvalidSignatureException",
                                                  "SignatureDoesNotMatch",
                                                  "IncompleteSignatureException",
                                                  "IncompleteSignature",
                                                  "MissingAuthenticationTokenException",
                                                  "MissingAuthenticationToken",
                                                  "ExpiredTokenException",
                                                  "ExpiredToken",
                                                  "OptInRequired",
                                                  "RequestExpired"};
constexpr std::string_view kPermissionCodes[] = {"AccessDeniedException", "AccessDenied", "NotAuthorized",
                                                 "KMSAccessDeniedException"};

template <size_t n>
bool IsAmong(const std::string& code, const std::string_view (&codes)[n]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

std::string Counted(int64_t count, const std::string& what) {
  return FormatCount(static_cast<uint64_t>(count)) + " " + what + (count == 1 ? "" : "s");
}

std::string WhoseCredentials(const StreamOptions& options) {
  const std::string whose = options.keys ? "the keys of aws_access_key_id" : "the credentials of the default chain";
  return options.role_arn.empty() ? whose : "the role " + options.role_arn + ", assumed by " + whose;
}

}  // namespace

template <class T>
std::optional<Outcome<T>> ConnectionProbe::Ask(const std::string& operation,
                                               const std::function<void(Callback<T>)>& start) {
  for (int throttles = 0;; throttles++) {
    std::optional<Outcome<T>> outcome = aws::AwaitFor<Outcome<T>>(test_.micros_left(), start);
    if (!outcome) {
      test_.Failed(operation, Status::Environment(api_->Describe() + ": " + operation + ": no answer in time",
                                                  "Check the endpoint, the network, and a firewall on the way"));
      return std::nullopt;
    }
    const bool is_throttled = !outcome->ok() && outcome->error->error_class == ErrorClass::kThrottled;
    if (!is_throttled || throttles == kMostThrottles || test_.micros_left() < 2 * kRetryMicros) return outcome;
    ThreadWaker nobody;
    nobody.WaitUntil(test_.clock(), test_.clock().SteadyMicros() + kRetryMicros);
  }
}

bool ConnectionProbe::TellWay(const StreamOptions& options, const std::optional<ApiError>& error,
                              int64_t service_micros) {
  const std::string code = error ? error->status.code() : "";
  if (error && error->no_credentials) {
    test_.Failed("credentials", error->status);
    return false;
  }
  if (error && (IsAmong(code, kEndpointCodes) || code.starts_with("HTTP"))) {
    test_.Failed("endpoint", error->status);
    return false;
  }
  test_.Ok("endpoint", api_->Describe() + " answers");
  TellClock(service_micros);
  if (error && IsAmong(code, kCredentialsCodes)) {
    test_.Failed("credentials", error->status);
    return false;
  }
  test_.Ok("credentials", WhoseCredentials(options) + " are accepted" +
                              (api_->is_aws() ? "" : ", as a server that is not AWS may do with any"));
  return true;
}

void ConnectionProbe::TellClock(int64_t service_micros) {
  if (service_micros == 0) return;
  const int64_t ahead = test_.clock().WallMicros() - service_micros;
  const std::string by = FormatCount(static_cast<uint64_t>(std::abs(ahead) / kMicrosPerSecond)) + " seconds";
  if (std::abs(ahead) <= kClockMicros) {
    test_.Ok("clock", "it agrees with the service's to " + by);
  } else {
    test_.Failed("clock",
                 Status::Environment("this machine's clock is " + by + (ahead > 0 ? " ahead of" : " behind") +
                                         " the service's: requests are signed with the service's time, but NOW() and "
                                         "lag are wrong",
                                     "Set the machine's clock (for example with chrony)"));
  }
}

void ConnectionProbe::TellPermission(const std::string& operation, const std::optional<ApiError>& error) {
  const std::string name = "kinesis:" + operation;
  if (!error) return test_.Ok(name, "allowed");
  if (error->error_class == ErrorClass::kThrottled) {
    return test_.Ok(name, "allowed, but throttled: " + error->status.message(), error->status.hint());
  }
  test_.Failed(name, error->status);
}

bool ConnectionProbe::Describe(const StreamOptions& stream) {
  if (!api_) {
    Result<std::unique_ptr<KinesisApi>> api = factory_->Open(stream);
    if (!api.ok()) {
      test_.Failed("endpoint", api.status());
      return false;
    }
    api_ = std::move(api).value();
  }
  auto answer = Ask<StreamSummary>("endpoint", [&](auto done) { api_->DescribeStreamSummary(std::move(done)); });
  if (!answer || !TellWay(stream, answer->error, answer->service_micros)) return false;
  const std::string code = answer->error ? answer->error->status.code() : "";
  const bool is_about_stream =
      answer->error && answer->error->error_class == ErrorClass::kFatal && !IsAmong(code, kPermissionCodes);
  if (is_about_stream) {
    test_.Failed("stream", answer->error->status);
    return false;
  }
  TellPermission("DescribeStreamSummary", answer->error);
  if (answer->error) return true;
  summary_ = std::move(answer->value);
  const std::string& status = summary_->status;
  if (status == "CREATING" || status == "DELETING") {
    test_.Failed("stream",
                 Status::Environment(api_->Describe() + " is being " + (status == "CREATING" ? "made" : "deleted"),
                                     status == "CREATING" ? "Wait until it is ACTIVE" : "Name another one"));
    return false;
  }
  test_.Ok("stream",
           "it is there, and " + status + "; it keeps records for " + Counted(summary_->retention_hours, "hour"));
  return true;
}

void ConnectionProbe::TestService(const StreamOptions& service) {
  Result<std::unique_ptr<KinesisApi>> api = factory_->OpenService(service);
  if (!api.ok()) return test_.Failed("endpoint", api.status());
  api_ = std::move(api).value();
  const auto answer = Ask<std::vector<std::string>>("endpoint", [&](auto done) { api_->ListStreams(std::move(done)); });
  if (!answer || !TellWay(service, answer->error, answer->service_micros)) return;
  if (!answer->error) {
    std::string names;
    for (const std::string& name : answer->value) names += (names.empty() ? ": " : ", ") + name;
    return test_.Ok("streams", answer->value.empty() ? "there are none" : "there are streams" + names);
  }
  // Whoever may not list streams may still read and write some.
  test_.Skipped("streams", answer->error->status.message(),
                "Laminar does not need to list streams: test a table to see whether its stream can be used");
}

void ConnectionProbe::TestSource(const StreamOptions& stream, IteratorRequest begin) {
  if (!Describe(stream)) return;
  if (summary_ && summary_->open_shards > 0) {
    test_.Ok("limits", Counted(summary_->open_shards, "open shard") + (summary_->is_on_demand ? ", on demand" : "") +
                           ": together " + FormatCount(static_cast<uint64_t>(2 * summary_->open_shards)) + " MB" +
                           " and " + Counted(5 * summary_->open_shards, "request") + " a second for all who read them");
  }
  if (begin.type == IteratorType::kLatest) {
    begin.type = IteratorType::kAtTimestamp;
    begin.timestamp_micros = test_.clock().WallMicros() - kNewestMicros;
  }
  TryShards(begin);
}

std::vector<Shard> ConnectionProbe::ListShards() {
  std::vector<Shard> shards;
  std::string token;
  bool told = false;
  for (int page = 0; page < kMostListings; page++) {
    auto answer =
        Ask<ListShardsResult>("kinesis:ListShards", [&](auto done) { api_->ListShards(token, std::move(done)); });
    if (!answer) return {};
    if (!told || answer->error) TellPermission("ListShards", answer->error);
    told = true;
    if (answer->error) return {};
    shards.insert(shards.end(), std::make_move_iterator(answer->value.shards.begin()),
                  std::make_move_iterator(answer->value.shards.end()));
    token = answer->value.next_token;
    if (token.empty()) break;
  }
  // Those that take records first; of the others the newest.
  std::stable_sort(shards.begin(), shards.end(), [](const Shard& a, const Shard& b) {
    return a.closed != b.closed ? !a.closed : a.closed && a.id > b.id;
  });
  return shards;
}

void ConnectionProbe::TryShards(const IteratorRequest& begin) {
  const std::vector<Shard> shards = ListShards();
  if (shards.empty()) {
    for (const char* name : {"kinesis:GetShardIterator", "kinesis:GetRecords"})
      test_.Skipped(name, "no shard is known to try it with");
    return;
  }
  const size_t tried = std::min(shards.size(), kMostSampledShards);
  for (size_t i = 0; i < tried; i++) {
    if (i > 0 && (records_ >= test_.limits().records || bytes_ >= test_.limits().bytes || test_.micros_left() <= 0))
      break;
    const bool may_read = Sample(shards[i], begin, /*first=*/i == 0);
    if (i == 0 && !may_read) return;
  }
  // Nothing is that new: the oldest, then.
  for (size_t i = 0; i < tried && records_ == 0 && begin.type == IteratorType::kAtTimestamp; i++) {
    IteratorRequest oldest;
    if (test_.micros_left() > kMicrosPerSecond) Sample(shards[i], oldest, /*first=*/false);
  }
  if (records_ > 0) {
    test_.Ok("records", Counted(static_cast<int64_t>(records_), "record") + " read");
  } else {
    test_.Skipped("records", "there are none in the shards that were looked at", "Put some, and test again");
  }
}

bool ConnectionProbe::Sample(const Shard& shard, const IteratorRequest& begin, bool first) {
  IteratorRequest request = begin;
  request.shard_id = shard.id;
  auto iterator = Ask<std::string>("kinesis:GetShardIterator",
                                   [&](auto done) { api_->GetShardIterator(request, std::move(done)); });
  if (!iterator) return false;
  if (first) TellPermission("GetShardIterator", iterator->error);
  if (iterator->error) {
    if (first) test_.Skipped("kinesis:GetRecords", "there is no iterator to try it with");
    return false;
  }
  std::string next = iterator->value;
  for (int read = 0; read < kMostReads && !next.empty(); read++) {
    const auto limit = static_cast<int>(std::clamp<size_t>(test_.limits().records - records_, 1, 1'000));
    auto answer =
        Ask<GetRecordsResult>("kinesis:GetRecords", [&](auto done) { api_->GetRecords(next, limit, std::move(done)); });
    if (!answer) return false;
    if (first && read == 0) TellPermission("GetRecords", answer->error);
    if (answer->error) return false;
    next = answer->value.next_iterator;
    const int64_t behind = answer->value.millis_behind_latest;
    if (answer->value.records.empty()) {
      if (behind == 0) return true;
      continue;
    }
    SampledRecords sample;
    auto records = std::make_shared<AnswerRecords>(answer->value, api_->stream_name(), shard.id, /*range=*/nullptr,
                                                   &sample.records);
    sample.storage = records;
    sample.origins = std::move(records);
    records_ += sample.records.size();
    bytes_ += answer->value.bytes;
    test_.samples.push_back(std::move(sample));
    return true;
  }
  return true;
}

void ConnectionProbe::TestSink(const StreamOptions& stream) {
  if (!Describe(stream)) return;
  if (summary_ && summary_->open_shards > 0) {
    test_.Ok("limits", Counted(summary_->open_shards, "open shard") + (summary_->is_on_demand ? ", on demand" : "") +
                           ": together " + FormatCount(static_cast<uint64_t>(summary_->open_shards)) + " MB" + " and " +
                           Counted(1'000 * summary_->open_shards, "record") + " a second; a record has up to " +
                           FormatBytes(static_cast<uint64_t>(summary_->max_record_bytes)));
  }
  TryPut();
}

// A request for a hash key beyond all shards: who may write is told that there is no such key ("ExplicitHashKey must be
// in the range: [0, 2^128-1]"), and nothing is written; who may not is told that. Only AWS is trusted to do so.
void ConnectionProbe::TryPut() {
  constexpr const char* kName = "kinesis:PutRecords";
  if (!api_->is_aws()) {
    return test_.Skipped(kName, "it is not tried: it would write a record");
  }
  constexpr std::string_view kNoKey = "340282366920938463463374607431768211456";  // 2^128
  const std::vector<PutEntry> entries = {{"x", "laminar", kNoKey}};
  const auto answer = Ask<PutResult>(kName, [&](auto done) { api_->PutRecords(entries, std::move(done)); });
  if (!answer) return;
  const std::string code = answer->error ? answer->error->status.code() : "";
  if (code == "InvalidArgumentException") return test_.Ok(kName, "allowed; nothing was written");
  if (IsAmong(code, kPermissionCodes)) return test_.Failed(kName, answer->error->status);
  test_.Skipped(kName, "it could not be found out without writing" +
                           (answer->error ? ": " + answer->error->status.message() : ""));
}

}  // namespace laminar::kinesis
