#include "connectors/kinesis/error.h"

#include <algorithm>

#include "aws/error_code.h"

namespace laminar::kinesis {

namespace {

// Hints may contain %S stream, %R region, %E endpoint, %O operation.
struct Rule {
  const char* code;
  ErrorClass error_class;
  const char* what;  // "" = the service's own message
  const char* hint;
};

constexpr char kKeysHint[] =
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or the profile, and that they belong to this "
    "endpoint";
constexpr char kKmsHint[] =
    "Check the KMS key of the stream: it must be enabled and its policy must let these credentials use it";

constexpr Rule kRules[] = {
    {"ResourceNotFoundException", ErrorClass::kFatal, "no such stream in this region and account",
     "Check the stream's name and region, or create it: aws kinesis create-stream --stream-name %S --region %R "
     "--shard-count 1"},
    {"AccessDeniedException", ErrorClass::kFatal, "access denied",
     "Allow kinesis:%O on this stream for the credentials in use, or set aws_role_arn to a role that may"},
    {"AccessDenied", ErrorClass::kFatal, "access denied", "Allow kinesis:%O on this stream for the credentials in use"},
    {"KMSAccessDeniedException", ErrorClass::kFatal, "access to the stream's encryption key denied",
     "Allow kms:Decrypt (to read) and kms:GenerateDataKey (to write) on the stream's KMS key"},
    {"OptInRequired", ErrorClass::kFatal, "this account is not signed up for Kinesis in this region",
     "Enable the region %R for the account"},
    {"ExpiredTokenException", ErrorClass::kFatal, "the session token has expired",
     "Get new temporary credentials (for example: aws sso login) and start again"},
    {"ExpiredToken", ErrorClass::kFatal, "the session token has expired",
     "Get new temporary credentials (for example: aws sso login) and start again"},
    {"UnrecognizedClientException", ErrorClass::kFatal, "the access key is not known there", kKeysHint},
    {"InvalidClientTokenId", ErrorClass::kFatal, "the access key is not known there", kKeysHint},
    {"InvalidSignatureException", ErrorClass::kFatal,
     "the signature was refused: wrong secret key, wrong region for this endpoint, or a wrong clock",
     "Check AWS_SECRET_ACCESS_KEY, that aws_region (%R) is the endpoint's region, and the machine's clock"},
    {"SignatureDoesNotMatch", ErrorClass::kFatal,
     "the signature was refused: wrong secret key, or wrong region for this endpoint",
     "Check AWS_SECRET_ACCESS_KEY and that aws_region (%R) is the endpoint's region"},
    {"IncompleteSignatureException", ErrorClass::kFatal, "the signature was refused", kKeysHint},
    {"IncompleteSignature", ErrorClass::kFatal, "the signature was refused", kKeysHint},
    {"MissingAuthenticationTokenException", ErrorClass::kFatal, "the request was not recognised as signed", kKeysHint},
    {"MissingAuthenticationToken", ErrorClass::kFatal, "the request was not recognised as signed", kKeysHint},
    {"RequestExpired", ErrorClass::kFatal, "the request's time was refused",
     "Set the machine's clock (for example with chrony)"},
    {"NotAuthorized", ErrorClass::kFatal, "not authorised",
     "Allow kinesis:%O on this stream for the credentials in use"},
    {"InvalidArgumentException", ErrorClass::kFatal, "", "Check the table's options against the stream"},
    {"ValidationException", ErrorClass::kFatal, "", "Check the table's options, stream_name above all"},
    {"SerializationException", ErrorClass::kFatal, "", "Check that the endpoint %E speaks the Kinesis protocol"},
    {"UnknownOperationException", ErrorClass::kFatal, "the endpoint does not know this operation",
     "Check that %E is a Kinesis endpoint"},
    {"InvalidAction", ErrorClass::kFatal, "the endpoint does not know this operation",
     "Check that %E is a Kinesis endpoint"},
    {"ExpiredIteratorException", ErrorClass::kExpiredIterator, "the shard iterator has expired", ""},
    {"ExpiredNextTokenException", ErrorClass::kTransient, "the list of shards took too long to page through", ""},
    {"ResourceInUseException", ErrorClass::kTransient, "the stream is being created, changed or deleted",
     "Wait until it is ACTIVE"},
    {"ProvisionedThroughputExceededException", ErrorClass::kThrottled, "a shard's throughput limit is used up",
     "Add shards, or read with fewer consumers"},
    {"LimitExceededException", ErrorClass::kThrottled, "too many requests", ""},
    {"ThrottlingException", ErrorClass::kThrottled, "too many requests", ""},
    {"Throttling", ErrorClass::kThrottled, "too many requests", ""},
    {"TooManyRequestsException", ErrorClass::kThrottled, "too many requests", ""},
    {"RequestLimitExceeded", ErrorClass::kThrottled, "too many requests", ""},
    {"KMSThrottlingException", ErrorClass::kThrottled, "too many requests to KMS for the stream's key",
     "Raise the KMS request quota of the account"},
    {"KMSDisabledException", ErrorClass::kFatal, "the stream's encryption key is disabled", kKmsHint},
    {"KMSInvalidStateException", ErrorClass::kFatal, "the stream's encryption key is not usable", kKmsHint},
    {"KMSNotFoundException", ErrorClass::kFatal, "the stream's encryption key was not found", kKmsHint},
    {"KMSOptInRequired", ErrorClass::kFatal, "the account is not signed up for KMS", kKmsHint},
    {"InternalFailure", ErrorClass::kTransient, "an internal failure of the service", ""},
    {"InternalFailureException", ErrorClass::kTransient, "an internal failure of the service", ""},
    {"InternalServerError", ErrorClass::kTransient, "an internal failure of the service", ""},
    {"ServiceUnavailable", ErrorClass::kTransient, "the service is unavailable", ""},
    {"ServiceUnavailableException", ErrorClass::kTransient, "the service is unavailable", ""},
    {"RequestTimeout", ErrorClass::kTransient, "the service gave up waiting for the request", ""},
};

std::string Fill(std::string_view text, const Target& target, std::string_view operation) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'S':
        out += target.stream_name;
        break;
      case 'R':
        out += target.region;
        break;
      case 'E':
        out += target.endpoint;
        break;
      case 'O':
        out += operation;
        break;
      default:
        out += '%';
        out += text[i];
    }
  }
  return out;
}

std::string FirstBytes(std::string_view body) {
  constexpr size_t kMost = 120;
  std::string out;
  for (char c : body.substr(0, kMost)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  if (body.size() > kMost) out += "...";
  return out;
}

std::string WithoutFullStop(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

ApiError Make(ErrorClass error_class, const Target& target, std::string_view operation, const std::string& what,
              std::string hint, std::string code) {
  return {error_class,
          Status::Environment(target.Describe() + ": " + std::string(operation) + ": " + what, std::move(hint))
              .WithCode(std::move(code))};
}

}  // namespace

std::string Target::Describe() const {
  const bool is_service = stream_name.empty() && stream_arn.empty();
  std::string text = is_service ? "Kinesis in " + region : "stream " + (stream_name.empty() ? stream_arn : stream_name) + " in " + region;
  if (!endpoint.empty()) text += " (" + endpoint + ")";
  return text;
}

ApiError MakeServiceError(const Target& target, std::string_view operation, const ServiceError& error) {
  const std::string code(aws::BareErrorCode(error.code));
  const std::string said = WithoutFullStop(error.message);
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& r) { return code == r.code; });
  if (rule == std::end(kRules)) {
    // An unknown code: the HTTP status says whose fault it is.
    const auto error_class = error.http_status == 429   ? ErrorClass::kThrottled
                             : error.http_status >= 500 ? ErrorClass::kTransient
                                                        : ErrorClass::kFatal;
    std::string what = code.empty() ? "HTTP status " + std::to_string(error.http_status) : code;
    if (!said.empty()) what += ": " + said;
    return Make(error_class, target, operation, what, "",
                code.empty() ? "HTTP" + std::to_string(error.http_status) : code);
  }
  std::string what = rule->what;
  if (what.empty()) {
    what = code + (said.empty() ? "" : ": " + said);
  } else {
    what += " (" + code + (said.empty() ? "" : ": " + said) + ")";
  }
  return Make(rule->error_class, target, operation, what, Fill(rule->hint, target, operation), code);
}

ApiError MakeTransportError(const Target& target, std::string_view operation, const aws::HttpReply& reply) {
  using aws::HttpFailure;
  const auto make = [&](const std::string& what, const std::string& hint, const char* code,
                        ErrorClass c = ErrorClass::kTransient) { return Make(c, target, operation, what, hint, code); };
  const std::string& text = reply.failure_text;
  const std::string& at = target.endpoint;
  switch (reply.failure) {
    case HttpFailure::kUnreachable:
      return make("nothing answers at " + at + ": " + text,
                  "Check the endpoint (option or AWS_ENDPOINT_URL), and that the server runs", "EndpointUnreachable");
    case HttpFailure::kUnknownHost:
      return make("the host name of " + at + " cannot be resolved",
                  "Check the region (" + target.region + "), the endpoint and the network", "EndpointUnreachable");
    case HttpFailure::kTimeout:
      return make("no answer from " + at + " in time: " + text,
                  "Check the network, the endpoint, and a firewall or missing VPC endpoint on the way", "Timeout");
    case HttpFailure::kCertificate:
      return make("the TLS certificate of " + at + " is not trusted: " + text,
                  "Set AWS_CA_BUNDLE to a PEM file with the certificate authority of this endpoint, or correct the "
                  "endpoint's host name",
                  "CertificateNotTrusted", ErrorClass::kFatal);
    case HttpFailure::kTls:
      return make(
          "the TLS handshake with " + at + " failed: " + text,
          "Check that the endpoint speaks TLS (http:// or https://?) and, for an own certificate, AWS_CA_BUNDLE",
          "TlsHandshakeFailed");
    case HttpFailure::kLost:
      return make("the connection to " + at + " broke: " + text,
                  "If it always does, check whether the endpoint is http:// or https://", "ConnectionLost");
    case HttpFailure::kGarbage:
      return make("the answer of " + at + " is not usable HTTP: " + text,
                  "Check that the endpoint is a Kinesis endpoint", "GarbageAnswer");
    case HttpFailure::kTooLarge:
      return make(
          "an answer of " + at + " is larger than " + std::to_string(aws::HttpClient::kMaxResponseBytes >> 20) + " MiB",
          "Check that the endpoint is a Kinesis endpoint", kAnswerTooLarge);
    case HttpFailure::kShutdown:
      return {ErrorClass::kTransient, Status::Cancelled(target.Describe() + ": closed")};
    case HttpFailure::kNone:
    case HttpFailure::kOther:
      break;
  }
  return make("no answer from " + at + ": " + text, "", "NetworkFailure");
}

ApiError MakeGarbageError(const Target& target, std::string_view operation, const aws::HttpReply& reply,
                          std::string_view why) {
  // 3xx and 4xx without an error code of AWS's: something else listens there.
  const bool other_server = reply.status >= 300 && reply.status < 500 && reply.status != 408 && reply.status != 429;
  return Make(other_server ? ErrorClass::kFatal : ErrorClass::kTransient, target, operation,
              "the answer (HTTP status " + std::to_string(reply.status) + ") makes no sense: " + std::string(why) +
                  "; it begins with '" + FirstBytes(reply.body) + "'",
              "Check that " + target.endpoint + " is a Kinesis endpoint", "GarbageAnswer");
}

ApiError MakeCredentialsError(const Target& target, const Status& status) {
  auto with_target = Status::Environment(target.Describe() + ": " + status.message(), status.hint());
  const bool passes = status.code() == aws::kCredentialsUnavailable;
  return {passes ? ErrorClass::kTransient : ErrorClass::kFatal,
          std::move(with_target).WithCode(status.code().empty() ? "NoCredentials" : status.code()),
          /*no_credentials=*/true};
}

bool IsClockError(const ServiceError& error) {
  const std::string_view code = aws::BareErrorCode(error.code);
  return code == "RequestExpired" || code == "InvalidSignatureException" || code == "SignatureDoesNotMatch" ||
         code == "RequestTimeTooSkewed" || code == "RequestInTheFuture";
}

bool IsExpiredToken(const ServiceError& error) {
  const std::string_view code = aws::BareErrorCode(error.code);
  return code == "ExpiredTokenException" || code == "ExpiredToken";
}

}  // namespace laminar::kinesis
