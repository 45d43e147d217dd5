#include "schema_registries/confluent_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "aws/await.h"
#include "base/cut_text.h"
#include "base/percent.h"
#include "formats/schema_header.h"
#include "schema_registries/json_text.h"

namespace laminar {
namespace {

using nlohmann::json;

constexpr size_t kMostReferences = 200;    // of one schema, those of references too
constexpr size_t kMostMessageBytes = 300;  // of what a registry says about an error
constexpr char kContentType[] = "application/vnd.schemaregistry.v1+json";

struct Asked {
  std::string what;     // "schema id 17": the subject of messages
  std::string missing;  // what it is called when there is none
  std::string code;     // of that problem
  std::string hint = "Register the schema there, or correct schema_registry.subject or the stream's name";
};

std::optional<int64_t> NumberIn(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

RegistryAnswer FailedAnswer(RegistryOutcome outcome, Status problem) {
  RegistryAnswer answer;
  answer.outcome = outcome;
  answer.problem = std::move(problem);
  return answer;
}

class ConfluentClient final : public RegistryClient {
 public:
  ConfluentClient(std::unique_ptr<aws::HttpClient> http, AuthorizationSource authorization)
      : http_(std::move(http)), authorization_(std::move(authorization)), prefix_(http_->endpoint().path) {
    while (prefix_.ends_with('/')) prefix_.pop_back();
  }

  RegistryAnswer Fetch(std::string_view id) override {
    const std::string number = DescribeSchemaId(id);
    const Asked asked{"schema id " + number, "unknown schema id " + number + ": " + Where() + " does not have it", ""};
    json body;
    RegistryAnswer answer = Ask("GET", "/schemas/ids/" + number, nullptr, asked, &body);
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    answer.schema.id = id;
    return TakeSchema(asked, body, std::move(answer));
  }

  RegistryAnswer Latest(const std::string& subject) override {
    const Asked asked = OfSubject(subject);
    json body;
    RegistryAnswer answer =
        Ask("GET", "/subjects/" + PercentEncode(subject) + "/versions/latest", nullptr, asked, &body);
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    if (!TakeId(body, &answer.schema)) return NoSchema(asked, "no \"id\"");
    return TakeSchema(asked, body, std::move(answer));
  }

  RegistryAnswer LookUp(const std::string& subject, const std::string& type, const std::string& text) override {
    Asked asked = OfSubject(subject);
    asked.missing = "the subject " + subject + " of " + Where() + " does not have the schema of the rows";
    asked.hint = "Register it there, or leave schema_registry.auto_register out";
    return Enter(PercentEncode(subject), type, text, asked);
  }

  RegistryAnswer Register(const std::string& subject, const std::string& type, const std::string& text) override {
    return Enter(PercentEncode(subject) + "/versions", type, text, OfSubject(subject));
  }

  std::string Describe() const override { return http_->endpoint().ToString() + prefix_; }
  void Cancel() override { http_->Shutdown(); }

 private:
  std::string Where() const { return "the schema registry " + Describe(); }

  Asked OfSubject(const std::string& subject) const {
    return {"the subject " + subject, Where() + " has no subject " + subject, kNoSuchSubject};
  }

  RegistryAnswer Enter(const std::string& path, const std::string& type, const std::string& text, const Asked& asked) {
    json schema = {{"schema", text}};
    if (type != "AVRO") schema["schemaType"] = type;  // older registries know no other type
    auto body = std::make_shared<const std::string>(schema.dump(-1, ' ', false, json::error_handler_t::replace));
    json answered;
    RegistryAnswer answer = Ask("POST", "/subjects/" + path, std::move(body), asked, &answered);
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    if (!TakeId(answered, &answer.schema)) return NoSchema(asked, "no \"id\"");
    answer.schema.type = type;
    answer.schema.text = text;
    return answer;
  }

  static bool TakeId(const json& body, RegisteredSchema* schema) {
    const std::optional<int64_t> id = NumberIn(body, "id");
    if (!id || *id < 0 || *id > UINT32_MAX) return false;
    schema->id = SchemaIdOf(static_cast<uint32_t>(*id));
    return true;
  }

  RegistryAnswer TakeSchema(const Asked& asked, const json& body, RegistryAnswer answer) {
    RegisteredSchema& schema = answer.schema;
    schema.text = TextIn(body, "schema");
    if (schema.text.empty()) return NoSchema(asked, "no \"schema\"");
    schema.type = TextIn(body, "schemaType");
    if (schema.type.empty()) schema.type = "AVRO";
    const Status problem = Resolve(asked, body, &answer);
    if (answer.outcome != RegistryOutcome::kDone) answer.problem = problem;
    return answer;
  }

  // Appends what `body` refers to, and what that refers to. An error: answer->outcome says of which kind.
  Status Resolve(const Asked& asked, const json& body, RegistryAnswer* answer) {
    const auto references = body.find("references");
    if (references == body.end() || !references->is_array()) return Status::Ok();
    std::vector<SchemaReference>& known = answer->schema.references;
    for (const json& reference : *references) {
      const std::string name = TextIn(reference, "name"), subject = TextIn(reference, "subject");
      const std::optional<int64_t> version = NumberIn(reference, "version");
      if (name.empty() || subject.empty() || !version || known.size() >= kMostReferences) {
        answer->outcome = RegistryOutcome::kTryAgain;
        return NoSchema(asked, known.size() >= kMostReferences ? "more than 200 references" : "a reference to nothing")
            .problem;
      }
      const bool is_known =
          std::any_of(known.begin(), known.end(), [&](const SchemaReference& other) { return other.name == name; });
      if (is_known) continue;
      const std::string number = std::to_string(*version);
      const Asked referred{"version " + number + " of the subject " + subject,
                           asked.what + " refers to version " + number + " of the subject " + subject + ", which " +
                               Where() + " does not have",
                           ""};
      json found;
      RegistryAnswer got =
          Ask("GET", "/subjects/" + PercentEncode(subject) + "/versions/" + number, nullptr, referred, &found);
      std::string text = got.outcome == RegistryOutcome::kDone ? TextIn(found, "schema") : "";
      if (got.outcome == RegistryOutcome::kDone && text.empty()) got = NoSchema(referred, "no \"schema\"");
      answer->outcome = got.outcome;
      if (got.outcome != RegistryOutcome::kDone) return got.problem;
      known.push_back({name, std::move(text)});
      const Status problem = Resolve(referred, found, answer);
      if (answer->outcome != RegistryOutcome::kDone) return problem;
    }
    return Status::Ok();
  }

  // What answers, but not as a registry does.
  RegistryAnswer NoSchema(const Asked& asked, const std::string& instead) const {
    return FailedAnswer(RegistryOutcome::kTryAgain,
                  Status::Environment(Where() + " answers a request for " + asked.what + " with " + instead,
                                      "Check schema_registry.endpoint: it is the URL of a registry with Confluent's "
                                      "API, with the path that it stands under"));
  }

  // A kDone answer's JSON object is in `body`.
  RegistryAnswer Ask(const char* method, const std::string& path, std::shared_ptr<const std::string> sent,
                     const Asked& asked, json* body) {
    aws::HttpRequest request;
    request.method = method;
    request.path = prefix_ + path;
    request.headers = {{"accept", std::string(kContentType) + ", application/json"}, {"user-agent", "laminar"}};
    if (sent != nullptr) request.headers.emplace_back("content-type", kContentType);
    if (authorization_) {
      Result<std::string> authorization = authorization_();
      if (!authorization.ok()) {
        const bool may_pass = authorization.status().kind() == StatusKind::kEnvironment;
        return FailedAnswer(may_pass ? RegistryOutcome::kTryAgain : RegistryOutcome::kRefused, authorization.status());
      }
      request.headers.emplace_back("authorization", std::move(*authorization));
    }
    request.body = std::move(sent);
    const auto reply = aws::Await<aws::HttpReply>([&](auto done) { http_->Send(std::move(request), std::move(done)); });
    return Read(reply, asked, body);
  }

  RegistryAnswer Read(const aws::HttpReply& reply, const Asked& asked, json* body) const {
    if (reply.failure != aws::HttpFailure::kNone) {
      const bool certificate = reply.failure == aws::HttpFailure::kCertificate;
      return FailedAnswer(RegistryOutcome::kTryAgain,
                    Status::Environment(Where() + " cannot be reached: " + reply.failure_text,
                                        certificate ? "Name the file of its certificate authority in SSL_CERT_FILE"
                                                    : "Check schema_registry.endpoint, and that the registry runs"));
    }
    *body = json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
    const bool is_object = body->is_object();
    if (reply.status == 200) return is_object ? RegistryAnswer{} : NoSchema(asked, "what is no JSON object");
    const int64_t code = is_object ? NumberIn(*body, "error_code").value_or(0) : 0;
    const std::string message = CutText(TextIn(*body, "message"), kMostMessageBytes);
    const std::string said = Where() + " answers a request for " + asked.what + " with status " +
                             std::to_string(reply.status) + (message.empty() ? "" : ": " + message);
    switch (reply.status) {
      case 401:
      case 403:
        return FailedAnswer(RegistryOutcome::kRefused, Refusal(reply.status, said));
      case 404:
        // Without such a code it is the path that is not known.
        if (code < 40401 || code > 40499) return NoSchema(asked, "status 404, and not with the error of a registry");
        return FailedAnswer(RegistryOutcome::kMissing, Status::User(asked.missing, asked.hint).WithCode(asked.code));
      case 400:
      case 409:
      case 422:
        return FailedAnswer(RegistryOutcome::kRefused,
                      Status::User(said,
                                   "Make the schema compatible with those of the subject, or change the "
                                   "subject's compatibility level"));
      case 429:
      case 500:
      case 502:
      case 503:
      case 504:
        return FailedAnswer(RegistryOutcome::kTryAgain, Status::Environment(said, "See what is wrong with the registry"));
      default:
        return NoSchema(asked, "status " + std::to_string(reply.status));
    }
  }

  Status Refusal(int status, const std::string& said) const {
    if (!authorization_)
      return Status::User(said, "Set schema_registry.username and schema_registry.password, or schema_registry.token");
    return Status::User(said, status == 401 ? "Correct the user name, password or token of schema_registry"
                                            : "Give this user of the registry the right to read, and for sinks to "
                                              "write, the subject");
  }

  const std::unique_ptr<aws::HttpClient> http_;
  const AuthorizationSource authorization_;
  std::string prefix_;
};

}  // namespace

std::unique_ptr<RegistryClient> MakeConfluentClient(std::unique_ptr<aws::HttpClient> http,
                                                    AuthorizationSource authorization) {
  return std::make_unique<ConfluentClient>(std::move(http), std::move(authorization));
}

}  // namespace laminar
