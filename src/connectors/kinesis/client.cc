#include "connectors/kinesis/client.h"

#include <cstdlib>

#include "aws/error_code.h"
#include "aws/http_date.h"
#include "connectors/kinesis/codec_json.h"

namespace laminar::kinesis {

// One call of the API: its request, kept until the answer in case it has to be sent again, and what to do with the
// answer.
struct HttpKinesisApi::Call {
  const char* operation;
  const Codec* codec;
  std::shared_ptr<const std::string> body;  // shared: with the request on the wire
  std::function<void(aws::HttpReply, std::optional<ApiError>, int64_t service_micros)> done;
  bool repeated_for_clock = false, repeated_for_token = false;
};

namespace {
// Answers that a server gives to a content type it does not know. Garbage means that only from one that has never
// answered in CBOR.
bool RefusesCbor(const ApiError& error, WireState before) {
  const std::string& code = error.status.code();
  return (code == "GarbageAnswer" && before == WireState::kUntried) || code == "SerializationException" ||
         code == "UnknownOperationException" || code == "UnsupportedMediaTypeException" || code == "HTTP415";
}
}  // namespace

bool IsAwsHost(std::string_view host) {
  return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") || host.ends_with(".api.aws");
}

HttpKinesisApi::HttpKinesisApi(Target target, std::unique_ptr<aws::HttpClient> http,
                               std::shared_ptr<aws::CredentialsProvider> credentials,
                               std::shared_ptr<EndpointState> endpoint)
    : target_(std::move(target)),
      stream_{target_.stream_name, target_.stream_arn},
      http_(std::move(http)),
      credentials_(std::move(credentials)),
      endpoint_(std::move(endpoint)) {}

HttpKinesisApi::~HttpKinesisApi() {
  http_->Shutdown();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return in_flight_ == 0; });
}

void HttpKinesisApi::Finished() {
  std::lock_guard lock(mutex_);
  --in_flight_;
  idle_.notify_all();
}

template <class T>
void HttpKinesisApi::Start(const char* operation, const Codec& codec, std::string body,
                           std::function<Result<T>(std::string)> decode, Callback<T> done) {
  {
    std::lock_guard lock(mutex_);
    ++in_flight_;
  }
  auto call = std::make_shared<Call>();  // shared: by the callbacks on its way
  call->operation = operation;
  call->codec = &codec;
  call->body = std::make_shared<const std::string>(std::move(body));
  call->done = [this, operation, decode = std::move(decode), done = std::move(done)](
                   aws::HttpReply reply, std::optional<ApiError> error, int64_t service_micros) {
    Outcome<T> outcome;
    outcome.service_micros = service_micros;
    outcome.error = std::move(error);
    if (!outcome.error) {
      constexpr size_t kShown = 200;  // for the message, should the body make no sense
      const std::string begin = reply.body.substr(0, kShown);
      auto decoded = decode(std::move(reply.body));
      if (decoded.ok()) {
        outcome.value = std::move(decoded).value();
      } else {
        reply.body = begin;
        outcome.error = MakeGarbageError(target_, operation, reply, decoded.status().message());
      }
    }
    done(std::move(outcome));
  };
  Send(std::move(call));
}

void HttpKinesisApi::Send(std::shared_ptr<Call> call) {
  credentials_->Get([this, call](aws::CredentialsResult credentials) {
    if (!credentials.ok()) {
      call->done({}, MakeCredentialsError(target_, credentials.status()), 0);
      call->done = nullptr;
      return Finished();
    }
    aws::HttpRequest request;
    request.headers = {{"content-type", call->codec->content_type()},
                       {"x-amz-target", std::string("Kinesis_20131202.") + call->operation},
                       {"user-agent", "laminar"}};
    request.body = call->body;
    request.sign = aws::SigV4{credentials.value(), target_.region, "kinesis", endpoint_->clock.WallMicros()};
    http_->Send(std::move(request), [this, call](aws::HttpReply reply) { OnReply(call, std::move(reply)); });
  });
}

void HttpKinesisApi::OnReply(const std::shared_ptr<Call>& call, aws::HttpReply reply) {
  const int64_t service_micros = aws::ParseHttpDate(reply.Header("date"));
  std::optional<ApiError> error;
  if (reply.failure != aws::HttpFailure::kNone) {
    error = MakeTransportError(target_, call->operation, reply);
  } else if (reply.status != 200) {
    ServiceError service = call->codec->DecodeError(reply.status, reply.body);
    if (service.code.empty()) service.code = aws::BareErrorCode(reply.Header("x-amzn-errortype"));
    if (Repeat(call, service, reply)) return;
    error = service.code.empty() ? MakeGarbageError(target_, call->operation, reply, "it names no error code")
                                 : MakeServiceError(target_, call->operation, service);
  }
  const auto done = std::move(call->done);
  done(std::move(reply), std::move(error), service_micros);
  Finished();
}

bool HttpKinesisApi::Repeat(const std::shared_ptr<Call>& call, const ServiceError& error, const aws::HttpReply& reply) {
  if (IsClockError(error) && !call->repeated_for_clock && endpoint_->clock.Correct(reply, target_.endpoint)) {
    call->repeated_for_clock = true;
    Send(call);
    return true;
  }
  if (IsExpiredToken(error) && !call->repeated_for_token) {
    call->repeated_for_token = true;
    credentials_->Invalidate();
    Send(call);
    return true;
  }
  return false;
}

void HttpKinesisApi::DescribeStreamSummary(Callback<StreamSummary> done) {
  Start<StreamSummary>(
      "DescribeStreamSummary", JsonCodec(), EncodeDescribeStreamSummary(stream_),
      [](std::string body) { return DecodeDescribeStreamSummary(std::move(body)); }, std::move(done));
}

void HttpKinesisApi::ListShards(const std::string& next_token, Callback<ListShardsResult> done) {
  Start<ListShardsResult>(
      "ListShards", JsonCodec(), EncodeListShards(stream_, next_token),
      [](std::string body) { return DecodeListShards(std::move(body)); }, std::move(done));
}

void HttpKinesisApi::GetShardIterator(const IteratorRequest& request, Callback<std::string> done) {
  Start<std::string>(
      "GetShardIterator", JsonCodec(), EncodeGetShardIterator(stream_, request),
      [](std::string body) { return DecodeGetShardIterator(std::move(body)); }, std::move(done));
}

void HttpKinesisApi::ListStreams(Callback<std::vector<std::string>> done) {
  Start<std::vector<std::string>>(
      "ListStreams", JsonCodec(), EncodeListStreams(), [](std::string body) { return DecodeListStreams(std::move(body)); },
      std::move(done));
}

void HttpKinesisApi::StartGetRecords(const Codec& codec, const std::string& iterator, int limit,
                                     Callback<GetRecordsResult> done) {
  Start<GetRecordsResult>(
      "GetRecords", codec, codec.EncodeGetRecords(stream_, iterator, limit),
      [&codec, endpoint = endpoint_](std::string body) {
        DataForm form;
        auto result = codec.DecodeGetRecords(std::move(body), &form);
        if (codec.wire() == Wire::kCbor && form != DataForm::kNone) {
          endpoint->wire = form == DataForm::kBytes ? WireState::kCbor : WireState::kJson;
        }
        return result;
      },
      std::move(done));
}

void HttpKinesisApi::GetRecords(const std::string& iterator, int limit, Callback<GetRecordsResult> done) {
  const WireState wire = endpoint_->wire;
  if (wire == WireState::kJson) return StartGetRecords(JsonCodec(), iterator, limit, std::move(done));
  const auto on_outcome = [this, wire, iterator, limit, done = std::move(done)](Outcome<GetRecordsResult> outcome) {
    if (outcome.ok() || !RefusesCbor(*outcome.error, wire)) return done(std::move(outcome));
    endpoint_->wire = WireState::kJson;
    StartGetRecords(JsonCodec(), iterator, limit, done);
  };
  StartGetRecords(CborCodec(), iterator, limit, on_outcome);
}

void HttpKinesisApi::StartPutRecords(const Codec& codec, const std::vector<PutEntry>& entries,
                                     Callback<PutResult> done) {
  Start<PutResult>(
      "PutRecords", codec, codec.EncodePutRecords(stream_, entries),
      [&codec, count = entries.size()](std::string body) -> Result<PutResult> {
        auto result = codec.DecodePutRecords(std::move(body));
        if (result.ok() && result->entries.size() != count) {
          return Status::Environment("it tells the outcome of " + std::to_string(result->entries.size()) +
                                     " records, " + std::to_string(count) + " were sent");
        }
        return result;
      },
      std::move(done));
}

void HttpKinesisApi::PutRecords(const std::vector<PutEntry>& entries, Callback<PutResult> done) {
  const bool cbor = endpoint_->wire == WireState::kCbor;
  StartPutRecords(cbor ? CborCodec() : JsonCodec(), entries, std::move(done));
}

}  // namespace laminar::kinesis
