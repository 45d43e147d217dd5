#include "schema_registries/glue_error.h"

#include <algorithm>
#include <utility>

#include "aws/error_code.h"
#include "base/cut_text.h"
#include "schema_registries/json_text.h"

namespace laminar {
namespace {

using nlohmann::json;

constexpr size_t kMostErrorBytes = 300;  // of what the service says about an error

// Hints may contain %O, the operation, and %R, the region.
struct Rule {
  const char* code;
  RegistryOutcome outcome;
  const char* hint;
};

constexpr char kKeysHint[] =
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or the profile, and that "
    "schema_registry.region (%R) is the registry's";
constexpr char kTokenHint[] = "Get new temporary credentials (for example: aws sso login) and start again";
constexpr char kRightsHint[] =
    "Allow glue:%O on the registry and its schemas for the credentials in use, or set aws_role_arn to a role that may";
constexpr char kSchemaHint[] = "Correct the schema, schema_registry.schema_name or schema_registry.registry_name";

constexpr Rule kRules[] = {
    {"EntityNotFoundException", RegistryOutcome::kMissing, ""},
    {"AccessDeniedException", RegistryOutcome::kRefused, kRightsHint},
    {"UnrecognizedClientException", RegistryOutcome::kRefused, kKeysHint},
    {"InvalidClientTokenId", RegistryOutcome::kRefused, kKeysHint},
    {"InvalidSignatureException", RegistryOutcome::kRefused, kKeysHint},
    {"SignatureDoesNotMatch", RegistryOutcome::kRefused, kKeysHint},
    {"IncompleteSignatureException", RegistryOutcome::kRefused, kKeysHint},
    {"MissingAuthenticationTokenException", RegistryOutcome::kRefused, kKeysHint},
    {"ExpiredTokenException", RegistryOutcome::kRefused, kTokenHint},
    {"RequestExpired", RegistryOutcome::kRefused, "Set the machine's clock (for example with chrony)"},
    {"OptInRequired", RegistryOutcome::kRefused, "Enable the region %R for the account"},
    {"InvalidInputException", RegistryOutcome::kRefused, kSchemaHint},
    {"ValidationException", RegistryOutcome::kRefused, kSchemaHint},
    {"ResourceNumberLimitExceededException", RegistryOutcome::kRefused,
     "Delete versions of schemas that nobody uses, or have the account's quota of AWS Glue raised"},
    {"AlreadyExistsException", RegistryOutcome::kTryAgain, ""},  // another made it meanwhile
    {"ConcurrentModificationException", RegistryOutcome::kTryAgain, ""},
    {"ThrottlingException", RegistryOutcome::kTryAgain, "Have the account's quota of requests to AWS Glue raised"},
    {"InternalServiceException", RegistryOutcome::kTryAgain, ""},
    {"OperationTimeoutException", RegistryOutcome::kTryAgain, ""},
};

std::string Fill(std::string_view hint, const GlueCall& call) {
  std::string out;
  for (size_t i = 0; i < hint.size(); i++) {
    if (hint[i] == '%' && i + 1 < hint.size()) {
      out += hint[++i] == 'O' ? call.operation : call.region;
    } else {
      out += hint[i];
    }
  }
  return out;
}

GlueAnswer FailedCall(RegistryOutcome outcome, Status problem) {
  GlueAnswer answer;
  answer.outcome = outcome;
  answer.problem = std::move(problem);
  return answer;
}

GlueAnswer Unreached(const aws::HttpReply& reply, const GlueCall& call) {
  const bool certificate = reply.failure == aws::HttpFailure::kCertificate;
  return FailedCall(RegistryOutcome::kTryAgain,
                Status::Environment(call.registry + " cannot be reached: " + reply.failure_text,
                                    certificate ? "Name the file of its certificate authority in AWS_CA_BUNDLE"
                                                : "Check the network and schema_registry.region, or the endpoint that "
                                                  "schema_registry.endpoint or AWS_ENDPOINT_URL_GLUE names"));
}

}  // namespace

Status NoGlue(const std::string& registry, const std::string& why) {
  return Status::Environment(registry + " does not answer as AWS Glue does: " + why,
                             "Check schema_registry.endpoint, or AWS_ENDPOINT_URL_GLUE and AWS_ENDPOINT_URL: what they "
                             "name must be an endpoint of AWS Glue");
}

GlueAnswer ReadGlueAnswer(const aws::HttpReply& reply, const GlueCall& call) {
  if (reply.failure != aws::HttpFailure::kNone) return Unreached(reply, call);
  json body = json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (reply.status == 200) {
    if (!body.is_object()) return FailedCall(RegistryOutcome::kTryAgain, NoGlue(call.registry, "it is no JSON object"));
    GlueAnswer answer;
    answer.body = std::move(body);
    return answer;
  }
  std::string code = TextIn(body, "__type");
  if (code.empty()) code = TextIn(body, "code");
  if (code.empty()) code = reply.Header("x-amzn-errortype");
  code = std::string(aws::BareErrorCode(code));
  std::string message = TextIn(body, "message");
  if (message.empty()) message = TextIn(body, "Message");
  message = CutText(message, kMostErrorBytes);
  const std::string status = "status " + std::to_string(reply.status);
  const std::string said = call.registry + ": " + call.operation + " of " + call.what + ": " +
                           (code.empty() ? status : code) + (message.empty() ? "" : ": " + message);
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& r) { return code == r.code; });
  if (rule != std::end(kRules)) {
    const bool waits = rule->outcome == RegistryOutcome::kTryAgain;
    GlueAnswer answer = FailedCall(rule->outcome, waits ? Status::Environment(said, Fill(rule->hint, call))
                                                    : Status::User(said, Fill(rule->hint, call)));
    answer.is_clock =
        code == "InvalidSignatureException" || code == "SignatureDoesNotMatch" || code == "RequestExpired";
    answer.is_expired = code == "ExpiredTokenException";
    return answer;
  }
  const bool passes = reply.status == 429 || reply.status >= 500;
  if (passes)
    return FailedCall(RegistryOutcome::kTryAgain, Status::Environment(said, "See what is wrong with the endpoint"));
  if (code.empty()) return FailedCall(RegistryOutcome::kTryAgain, NoGlue(call.registry, status));
  return FailedCall(RegistryOutcome::kRefused, Status::User(said, "Check the options schema_registry.*"));
}

}  // namespace laminar
