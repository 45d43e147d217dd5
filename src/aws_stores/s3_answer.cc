// Codes: "Error responses", Amazon S3 API reference. Where an answer has none, as those of a proxy do, its HTTP status
// says whose fault it is.
#include "aws_stores/s3_answer.h"

#include <algorithm>

#include "aws/xml.h"

namespace laminar::s3 {

namespace {

// Codes that come with a 4xx and pass by themselves, the request not done.
constexpr std::string_view kPassing[] = {
    "ConditionalRequestConflict", "OperationAborted",     "RequestTimeout", "TooManyRequests", "Throttling",
    "ThrottlingException",        "RequestLimitExceeded", "BadDigest",      "IncompleteBody"};

constexpr char kKeysHint[] =
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or the profile, and that they belong to this "
    "endpoint";

// Hints may contain %B bucket, %R region, %E endpoint, %P permission.
struct Rule {
  const char* code;
  const char* what;
  const char* hint;
};
constexpr Rule kRules[] = {
    {"NoSuchBucket", "there is no bucket %B",
     "Create it (aws s3 mb s3://%B --region %R), or correct the bucket's name"},
    {"AccessDenied", "access denied",
     "Allow %P for the credentials in use, in their policy and in the bucket's, and the bucket's KMS key if it has "
     "one"},
    {"AllAccessDisabled", "access to the bucket is disabled", "Ask the owner of the account"},
    {"InvalidAccessKeyId", "the access key is not known there", kKeysHint},
    {"InvalidToken", "the session token is not known there", kKeysHint},
    {"InvalidSecurity", "the credentials were refused", kKeysHint},
    {"SignatureDoesNotMatch", "the signature was refused: wrong secret key",
     "Check AWS_SECRET_ACCESS_KEY or the profile"},
    {"ExpiredToken", "the session token has expired",
     "Get new temporary credentials (for example: aws sso login) and start again"},
    {"RequestTimeTooSkewed", "the request's time was refused", "Set the machine's clock (for example with chrony)"},
    {"RequestExpired", "the request's time was refused", "Set the machine's clock (for example with chrony)"},
    {"PermanentRedirect", "the bucket is in another region than %R", "Set AWS_REGION to the bucket's region"},
    {"TemporaryRedirect", "the bucket is in another region than %R", "Set AWS_REGION to the bucket's region"},
    {"AuthorizationHeaderMalformed", "the bucket is in another region than %R",
     "Set AWS_REGION to the bucket's region"},
    {"NotImplemented", "the server does not know what the request asks for",
     "Use a service that knows conditional writes (If-None-Match) and ListObjectsV2"},
    {"InvalidBucketName", "%B is not the name of a bucket", "Correct the bucket's name"},
    {"EntityTooLarge", "the server takes no object of this size", "Raise the limit of %E"},
    {"QuotaExceeded", "the space that the server grants is used up", "Free space there"},
    {"EndpointUnreachable", "nothing answers at %E",
     "Check the network, the endpoint (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL), and that the server runs"},
    {"EndpointUnknown", "the host name of %E cannot be resolved",
     "Check the region (%R), the endpoint and the network"},
    {"Timeout", "no answer from %E in time",
     "Check the network, the endpoint, and a firewall or missing VPC endpoint on the way"},
    {"CertificateNotTrusted", "the TLS certificate of %E is not trusted",
     "Set AWS_CA_BUNDLE to a PEM file with the certificate authority of this endpoint, or correct the endpoint's host "
     "name"},
    {"TlsHandshakeFailed", "the TLS handshake with %E failed",
     "Check that the endpoint speaks TLS (http:// or https://?) and, for an own certificate, AWS_CA_BUNDLE"},
    {"ConnectionLost", "the connection to %E broke",
     "If it always does, check whether the endpoint is http:// or https://"},
    {"GarbageAnswer", "the answer of %E is not usable", "Check that %E is an endpoint of S3"},
};

std::string Fill(std::string_view text, const Asked& asked) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'B':
        out += asked.bucket;
        break;
      case 'R':
        out += asked.region;
        break;
      case 'E':
        out += asked.endpoint;
        break;
      default:
        out += asked.action.permission;
        if (asked.action.permission == std::string_view(kGet.permission)) {
          out += " and s3:ListBucket (without it S3 denies what does not exist)";
        }
    }
  }
  return out;
}

Answer NoAnswer(const aws::HttpReply& reply) {
  using aws::HttpFailure;
  Answer answer;
  answer.outcome = Outcome::kTryAgain;
  answer.message = reply.failure_text;
  answer.maybe_done = true;
  switch (reply.failure) {
    case HttpFailure::kUnreachable:
      answer.code = "EndpointUnreachable";
      answer.maybe_done = false;
      break;
    case HttpFailure::kUnknownHost:
      answer.code = "EndpointUnknown";
      answer.maybe_done = false;
      break;
    case HttpFailure::kCertificate:
      answer.code = "CertificateNotTrusted";
      answer.outcome = Outcome::kRefused;
      answer.maybe_done = false;
      break;
    case HttpFailure::kTls:
      answer.code = "TlsHandshakeFailed";
      answer.maybe_done = false;
      break;
    case HttpFailure::kTimeout:
      answer.code = "Timeout";
      break;
    case HttpFailure::kGarbage:
    case HttpFailure::kTooLarge:
      answer.code = "GarbageAnswer";
      break;
    default:
      answer.code = "ConnectionLost";
      break;
  }
  return answer;
}

std::string WithoutFullStop(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

Answer ReadAnswer(const aws::HttpReply& reply) {
  if (reply.failure != aws::HttpFailure::kNone) return NoAnswer(reply);
  Answer answer;
  answer.status = reply.status;
  if (reply.status >= 200 && reply.status < 300) return answer;
  answer.outcome = Outcome::kRefused;
  answer.region = reply.Header("x-amz-bucket-region");
  if (const auto xml = aws::ParseXml(reply.body); xml.ok() && xml->name == "Error") {
    answer.code = xml->ChildText("Code");
    answer.message = WithoutFullStop(std::string(xml->ChildText("Message")));
    if (answer.region.empty()) answer.region = xml->ChildText("Region");
  }
  const std::string& code = answer.code;
  if (reply.status >= 500 || reply.status == 408 || reply.status == 429 ||
      std::find(std::begin(kPassing), std::end(kPassing), code) != std::end(kPassing)) {
    answer.outcome = code == "NotImplemented" ? Outcome::kRefused : Outcome::kTryAgain;
    // S3 says SlowDown before it begins; what a 500 or a proxy's 502 left behind nobody knows.
    answer.maybe_done = answer.outcome == Outcome::kTryAgain && reply.status >= 500 && code != "SlowDown";
  } else if (code == "NoSuchKey") {
    answer.outcome = Outcome::kNoSuchKey;
  } else if (reply.status == 412) {
    answer.outcome = Outcome::kExists;
  } else if (code == "RequestTimeTooSkewed" || code == "RequestExpired") {
    answer.outcome = Outcome::kWrongClock;
  } else if (code == "ExpiredToken") {
    answer.outcome = Outcome::kExpiredToken;
  } else if (!answer.region.empty() &&
             (code == "PermanentRedirect" || code == "TemporaryRedirect" || code == "AuthorizationHeaderMalformed" ||
              code == "IllegalLocationConstraintException" || (code.empty() && reply.status < 403))) {
    answer.outcome = Outcome::kWrongRegion;
  }
  return answer;
}

Status DescribeAnswer(const Asked& asked, const Answer& answer) {
  const auto* rule =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& r) { return answer.code == r.code; });
  std::string what, hint;
  if (rule != std::end(kRules)) {
    what = Fill(rule->what, asked);
    hint = Fill(rule->hint, asked);
    const std::string code = answer.status != 0 ? answer.code : "";
    const std::string said = code + (code.empty() || answer.message.empty() ? "" : ": ") + answer.message;
    if (!said.empty()) what += " (" + said + ")";
  } else if (!answer.code.empty()) {
    what = answer.code + (answer.message.empty() ? "" : ": " + answer.message);
  } else {
    what = "HTTP status " + std::to_string(answer.status) + " without an error of S3";
    hint = "Check that " + asked.endpoint + " is an endpoint of S3";
  }
  return Status::Environment(std::string("cannot ") + asked.action.verb + " " + asked.object + ": " + what, hint)
      .WithCode(answer.code.empty() ? "HTTP" + std::to_string(answer.status) : answer.code);
}

}  // namespace laminar::s3
