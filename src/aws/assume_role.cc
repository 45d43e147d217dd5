#include "aws/assume_role.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "aws/http_date.h"
#include "aws/xml.h"
#include "base/percent.h"

namespace laminar::aws {

namespace {

// A refused signature is blamed on the clock if the answer's Date is further off than this.
constexpr int64_t kMostSkewMicros = 4 * 60 * kMicrosPerSecond;

class AssumeRoleProvider final : public CredentialsProvider {
 public:
  AssumeRoleProvider(std::unique_ptr<HttpClient> sts, std::shared_ptr<CredentialsProvider> base,
                     AssumeRoleOptions options, const Clock* clock)
      : sts_(std::move(sts)), base_(std::move(base)), options_(std::move(options)), clock_(clock) {}
  ~AssumeRoleProvider() override {
    sts_->Shutdown();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return in_flight_ == 0; });
  }

  void Get(CredentialsCallback done) override {
    {
      std::lock_guard lock(mutex_);
      ++in_flight_;
    }
    const auto finish = [this, done = std::move(done)](CredentialsResult result) {
      done(std::move(result));
      std::lock_guard lock(mutex_);
      --in_flight_;
      idle_.notify_all();
    };
    base_->Get([this, finish](CredentialsResult base) {
      if (!base.ok()) return finish(base.status());
      Ask(base.value(), 0, finish);
    });
  }

 private:
  // clock_offset_micros: the service's clock minus ours; not 0 in the one repetition after the service refused the
  // time.
  void Ask(const std::shared_ptr<const Credentials>& base, int64_t clock_offset_micros,
           const CredentialsCallback& finish) {
    HttpRequest request;
    request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}, {"user-agent", "laminar"}};
    request.body = std::make_shared<const std::string>(EncodeAssumeRole(options_));
    request.sign = SigV4{base, options_.region, "sts", clock_->WallMicros() + clock_offset_micros};
    sts_->Send(std::move(request), [this, base, clock_offset_micros, finish](HttpReply reply) {
      OnReply(base, clock_offset_micros, reply, finish);
    });
  }

  void OnReply(const std::shared_ptr<const Credentials>& base, int64_t clock_offset_micros, const HttpReply& reply,
               const CredentialsCallback& finish) {
    const std::string endpoint = sts_->endpoint().ToString();
    const std::string role = "the role " + options_.role_arn + " cannot be assumed: ";
    if (reply.failure == HttpFailure::kCertificate) {
      return finish(
          Status::Environment(role + "the TLS certificate of " + endpoint + " is not trusted: " + reply.failure_text,
                              "Set AWS_CA_BUNDLE to a PEM file with the certificate authority of this endpoint"));
    }
    if (reply.failure != HttpFailure::kNone) {
      return finish(Status::Environment(role + "no answer from " + endpoint + ": " + reply.failure_text,
                                        "Check the network, AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL")
                        .WithCode(kCredentialsUnavailable));
    }
    const auto answer = ParseAssumeRoleAnswer(reply.body);
    if (!answer.ok()) {
      auto status = Status::Environment(role + endpoint + " answered with HTTP status " + std::to_string(reply.status) +
                                            " and no credentials: '" + reply.body.substr(0, 120) + "'",
                                        "Check that AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL is an endpoint of STS");
      return finish(reply.status >= 500 ? std::move(status).WithCode(kCredentialsUnavailable) : std::move(status));
    }
    const int64_t service_micros = ParseHttpDate(reply.Header("date"));
    const int64_t offset = service_micros == 0 ? 0 : service_micros - clock_->WallMicros();
    if (answer->error_code.empty()) {
      Credentials credentials = answer->credentials;
      if (std::abs(offset) > kMostSkewMicros) credentials.expires_micros -= offset;  // in our clock's time
      return finish(std::make_shared<const Credentials>(std::move(credentials)));
    }
    const std::string& code = answer->error_code;
    const bool about_time =
        code == "SignatureDoesNotMatch" || code == "RequestExpired" || code == "InvalidSignatureException";
    if (about_time && clock_offset_micros == 0 && std::abs(offset) > kMostSkewMicros) return Ask(base, offset, finish);
    std::string message = answer->error_message;
    while (message.ends_with('.')) message.pop_back();
    auto status = Status::Environment(
        role + code + (message.empty() ? "" : ": " + message),
        code == "AccessDenied" ? "Let the role's trust policy allow sts:AssumeRole to the credentials in use; check "
                                 "aws_role_arn and aws_external_id"
                               : "Check aws_role_arn, aws_external_id and the credentials that assume the role");
    const bool passes =
        reply.status >= 500 || code == "Throttling" || code == "ThrottlingException" || code == "IDPCommunicationError";
    finish(std::move(status).WithCode(passes ? kCredentialsUnavailable : code));
  }

  const std::unique_ptr<HttpClient> sts_;
  const std::shared_ptr<CredentialsProvider> base_;
  const AssumeRoleOptions options_;
  const Clock* const clock_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int in_flight_ = 0;  // guarded by mutex_
};

}  // namespace

Result<AssumeRoleAnswer> ParseAssumeRoleAnswer(std::string_view xml) {
  ASSIGN_OR_RETURN(const XmlElement document, ParseXml(xml));
  AssumeRoleAnswer answer;
  if (const XmlElement* const error = document.Find("Error")) {
    answer.error_code = error->ChildText("Code");
    answer.error_message = error->ChildText("Message");
    if (!answer.error_code.empty()) return answer;
  }
  const XmlElement* const found = document.Find("Credentials");
  if (found == nullptr) return Status::Environment("no credentials");
  const auto text = [&](std::string_view name) { return std::string(found->ChildText(name)); };
  answer.credentials = {text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"),
                        ParseIsoTime(text("Expiration"))};
  const Credentials& credentials = answer.credentials;
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() || credentials.session_token.empty() ||
      credentials.expires_micros == 0) {
    return Status::Environment("incomplete credentials");
  }
  return answer;
}

std::string EncodeAssumeRole(const AssumeRoleOptions& options) {
  std::string body = "Action=AssumeRole&Version=2011-06-15&RoleArn=" + PercentEncode(options.role_arn) +
                     "&RoleSessionName=" + PercentEncode(options.session_name);
  if (!options.external_id.empty()) body += "&ExternalId=" + PercentEncode(options.external_id);
  return body;
}

std::unique_ptr<CredentialsProvider> MakeAssumeRoleProvider(std::unique_ptr<HttpClient> sts,
                                                            std::shared_ptr<CredentialsProvider> base,
                                                            AssumeRoleOptions options, const Clock* clock) {
  return std::make_unique<AssumeRoleProvider>(std::move(sts), std::move(base), std::move(options), clock);
}

}  // namespace laminar::aws
