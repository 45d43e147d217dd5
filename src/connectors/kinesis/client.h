// KinesisApi over HTTP: signs, sends, reads answers; repeats a call only where the error says nothing about the request
// itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "aws/credentials.h"
#include "aws/http_client.h"
#include "aws/signing_clock.h"
#include "base/clock.h"
#include "connectors/kinesis/codec.h"
#include "connectors/kinesis/error.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

// Which wire form an endpoint takes. Reading tells: an untried endpoint is asked for records in CBOR, and the form of
// the first Data in its answer decides. Bytes: it knows CBOR. Anything else (base64 text, a mangled value, an error):
// JSON from then on, and the call is repeated if it gave nothing. Writing to an untried endpoint is done in JSON,
// because a server that mangles CBOR says nothing (kinesalite).
enum class WireState { kUntried, kCbor, kJson };

// What is known about one endpoint. Shared by its clients.
struct EndpointState {
  // clock: borrowed.
  explicit EndpointState(const Clock* clock) : clock(clock) {}
  aws::SigningClock clock;
  std::atomic<WireState> wire{WireState::kUntried};
};

// The service's own hosts know CBOR: "kinesis.us-east-1.amazonaws.com" and the like.
bool IsAwsHost(std::string_view host);

class HttpKinesisApi final : public KinesisApi {
 public:
  // credentials, endpoint: shared with other clients of the same role and endpoint.
  HttpKinesisApi(Target target, std::unique_ptr<aws::HttpClient> http,
                 std::shared_ptr<aws::CredentialsProvider> credentials, std::shared_ptr<EndpointState> endpoint);
  ~HttpKinesisApi() override;

  void DescribeStreamSummary(Callback<StreamSummary> done) override;
  void ListShards(const std::string& next_token, Callback<ListShardsResult> done) override;
  void GetShardIterator(const IteratorRequest& request, Callback<std::string> done) override;
  void GetRecords(const std::string& iterator, int limit, Callback<GetRecordsResult> done) override;
  void PutRecords(const std::vector<PutEntry>& entries, Callback<PutResult> done) override;
  void ListStreams(Callback<std::vector<std::string>> done) override;
  bool is_aws() const override { return IsAwsHost(http_->endpoint().host); }
  std::string Describe() const override { return target_.Describe(); }
  const std::string& stream_name() const override { return target_.stream_name; }

 private:
  struct Call;
  template <class T>
  void Start(const char* operation, const Codec& codec, std::string body, std::function<Result<T>(std::string)> decode,
             Callback<T> done);
  void StartGetRecords(const Codec& codec, const std::string& iterator, int limit, Callback<GetRecordsResult> done);
  void StartPutRecords(const Codec& codec, const std::vector<PutEntry>& entries, Callback<PutResult> done);
  void Send(std::shared_ptr<Call> call);
  void OnReply(const std::shared_ptr<Call>& call, aws::HttpReply reply);
  // True if the error was one that a repetition cures, and the call is under way again.
  bool Repeat(const std::shared_ptr<Call>& call, const ServiceError& error, const aws::HttpReply& reply);
  void Finished();

  const Target target_;
  const StreamId stream_;
  const std::unique_ptr<aws::HttpClient> http_;
  const std::shared_ptr<aws::CredentialsProvider> credentials_;
  const std::shared_ptr<EndpointState> endpoint_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int in_flight_ = 0;  // guarded by mutex_
};

}  // namespace laminar::kinesis
