// A version of a schema is checked against those before, after it was registered: it is PENDING until it becomes
// AVAILABLE or FAILURE. So what was registered and is PENDING is remembered, and asked for by the next attempt.
#include "schema_registries/glue_client.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "aws/await.h"
#include "aws/signing_clock.h"
#include "formats/schema_header.h"
#include "schema_registries/glue_error.h"
#include "schema_registries/json_text.h"

namespace laminar {
namespace {

using nlohmann::json;

class GlueClient final : public RegistryClient {
 public:
  GlueClient(std::unique_ptr<aws::HttpClient> http, std::shared_ptr<aws::CredentialsProvider> credentials,
             GlueRegistryOptions options, const Clock* clock)
      : http_(std::move(http)),
        credentials_(std::move(credentials)),
        options_(std::move(options)),
        signing_clock_(clock) {}

  RegistryAnswer Fetch(std::string_view id) override {
    const std::string uuid = DescribeSchemaId(id);
    json found;
    RegistryAnswer answer = Ask("GetSchemaVersion", {{"SchemaVersionId", uuid}}, "schema id " + uuid, &found);
    if (answer.outcome == RegistryOutcome::kMissing)
      answer.problem = Status::User("unknown schema id " + uuid + ": " + Describe() + " does not have it");
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    return TakeSchema(found);
  }

  RegistryAnswer Latest(const std::string& name) override {
    json found;
    RegistryAnswer answer =
        Ask("GetSchemaVersion", {{"SchemaId", IdOf(name)}, {"SchemaVersionNumber", {{"LatestVersion", true}}}},
            "the schema " + name, &found);
    if (answer.outcome == RegistryOutcome::kMissing) answer.problem = Missing(NoSchema(name));
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    return TakeSchema(found);
  }

  RegistryAnswer LookUp(const std::string& name, const std::string& type, const std::string& text) override {
    json found;
    RegistryAnswer answer = ByDefinition(name, text, &found);
    if (answer.outcome == RegistryOutcome::kMissing) {
      answer.problem = Missing(
          Status::User("the schema " + name + " of " + Describe() + " does not have a version that is that of the rows",
                       "Register it there, or leave schema_registry.auto_register out")
              .WithCode(kNoSuchSubject));
    }
    if (answer.outcome != RegistryOutcome::kDone) return answer;
    return TakeVersion(found, TextIn(found, "Status"), name, type, text);
  }

  RegistryAnswer Register(const std::string& name, const std::string& type, const std::string& text) override {
    std::unique_lock lock(mutex_);
    const auto pending = pending_.find({name, text});
    const std::string version = pending == pending_.end() ? "" : pending->second;
    lock.unlock();
    json found;
    if (!version.empty()) {
      RegistryAnswer answer = Ask("GetSchemaVersion", {{"SchemaVersionId", version}}, "schema id " + version, &found);
      if (answer.outcome != RegistryOutcome::kDone) return answer;
      return TakeVersion(found, TextIn(found, "Status"), name, type, text);
    }
    RegistryAnswer answer = ByDefinition(name, text, &found);
    if (answer.outcome == RegistryOutcome::kDone && TextIn(found, "Status") != "FAILURE")
      return TakeVersion(found, TextIn(found, "Status"), name, type, text);
    if (answer.outcome != RegistryOutcome::kDone && answer.outcome != RegistryOutcome::kMissing) return answer;

    answer = Ask("RegisterSchemaVersion", {{"SchemaId", IdOf(name)}, {"SchemaDefinition", text}},
                 "a version of the schema " + name, &found);
    if (answer.outcome == RegistryOutcome::kDone) return TakeVersion(found, TextIn(found, "Status"), name, type, text);
    if (answer.outcome != RegistryOutcome::kMissing) return answer;

    answer = Ask("CreateSchema",
                 {{"RegistryId", {{"RegistryName", options_.name}}},
                  {"SchemaName", name},
                  {"DataFormat", type},
                  {"Compatibility", options_.compatibility},
                  {"SchemaDefinition", text}},
                 "the new schema " + name, &found);
    if (answer.outcome == RegistryOutcome::kDone)
      return TakeVersion(found, TextIn(found, "SchemaVersionStatus"), name, type, text);
    if (answer.outcome == RegistryOutcome::kMissing) answer.problem = NoRegistry();
    return answer;
  }

  std::string Describe() const override {
    return "the AWS Glue schema registry " + options_.name + " in " + options_.region + " (" +
           http_->endpoint().ToString() + ")";
  }
  void Cancel() override { http_->Shutdown(); }

 private:
  json IdOf(const std::string& name) const { return {{"RegistryName", options_.name}, {"SchemaName", name}}; }

  Status NoSchema(const std::string& name) const {
    return Status::User(Describe() + " has no schema " + name,
                        "Make it there, or correct schema_registry.schema_name or the stream's name")
        .WithCode(kNoSuchSubject);
  }

  Status NoRegistry() const {
    return Status::User(Describe() + " does not exist", "Make it (aws glue create-registry --registry-name " +
                                                            options_.name + " --region " + options_.region +
                                                            "), or correct schema_registry.registry_name or "
                                                            "schema_registry.region");
  }

  // Why something is not found: it is the registry that is missing, or else `problem`.
  Status Missing(Status problem) {
    json found;
    const RegistryAnswer registry =
        Ask("GetRegistry", {{"RegistryId", {{"RegistryName", options_.name}}}}, "the registry", &found);
    return registry.outcome == RegistryOutcome::kMissing ? NoRegistry() : std::move(problem);
  }

  RegistryAnswer ByDefinition(const std::string& name, const std::string& text, json* found) {
    return Ask("GetSchemaByDefinition", {{"SchemaId", IdOf(name)}, {"SchemaDefinition", text}}, "the schema " + name,
               found);
  }

  // An answer without what it must have.
  RegistryAnswer Senseless(const char* member) const {
    return {RegistryOutcome::kTryAgain, {}, NoGlue(Describe(), std::string("an answer has no \"") + member + "\"")};
  }

  RegistryAnswer TakeSchema(const json& found) const {
    RegistryAnswer answer;
    const auto id = SchemaIdOf(std::string_view(TextIn(found, "SchemaVersionId")));
    if (!id) return Senseless("SchemaVersionId");
    answer.schema = {*id, TextIn(found, "DataFormat"), TextIn(found, "SchemaDefinition"), {}};
    if (answer.schema.type.empty()) return Senseless("DataFormat");
    if (answer.schema.text.empty()) return Senseless("SchemaDefinition");
    return answer;
  }

  // The version that has `text`.
  RegistryAnswer TakeVersion(const json& found, const std::string& status, const std::string& name,
                             const std::string& type, const std::string& text) {
    const std::string version = TextIn(found, "SchemaVersionId");
    const auto id = SchemaIdOf(std::string_view(version));
    if (!id) return Senseless("SchemaVersionId");
    const std::pair<std::string, std::string> key{name, text};
    std::lock_guard lock(mutex_);
    if (status == "PENDING") {
      pending_[key] = version;
      return {RegistryOutcome::kTryAgain,
              {},
              Status::Environment(Describe() + " is still checking the version " + version + " of the schema " + name,
                                  "Wait until its status is AVAILABLE")};
    }
    pending_.erase(key);
    if (status == "AVAILABLE") {
      RegistryAnswer answer;
      answer.schema = {*id, type, text, {}};
      return answer;
    }
    return {RegistryOutcome::kRefused,
            {},
            Status::User(Describe() + " does not take the schema of the rows: the version " + version +
                             " of the schema " + name + " is " + (status.empty() ? "without a status" : status),
                         "Make it compatible with the versions before, or change the schema's compatibility: aws glue "
                         "update-schema")};
  }

  // One call; a wrong clock or an expired token is mended and the call made once more. A kDone answer's object is in
  // `found`. what: that is asked for, in messages.
  RegistryAnswer Ask(const char* operation, const json& body, const std::string& what, json* found) {
    const auto sent = std::make_shared<const std::string>(body.dump(-1, ' ', false, json::error_handler_t::replace));
    for (int attempt = 0;; attempt++) {
      Result<aws::HttpReply> reply = Send(operation, sent);
      if (!reply.ok()) {
        const bool passes = reply.status().code() == aws::kCredentialsUnavailable;
        return {passes ? RegistryOutcome::kTryAgain : RegistryOutcome::kRefused,
                {},
                Status(reply.status()).WithContext(Describe())};
      }
      GlueAnswer answer = ReadGlueAnswer(*reply, {Describe(), operation, what, options_.region});
      if (attempt == 0 &&
          ((answer.is_clock && signing_clock_.Correct(*reply, http_->endpoint().ToString())) || answer.is_expired)) {
        if (answer.is_expired) credentials_->Invalidate();
        continue;
      }
      if (answer.outcome == RegistryOutcome::kDone) *found = std::move(answer.body);
      return {answer.outcome, {}, std::move(answer.problem)};
    }
  }

  // Error: there are no credentials.
  Result<aws::HttpReply> Send(const char* operation, const std::shared_ptr<const std::string>& body) {
    ASSIGN_OR_RETURN(auto credentials,
                     aws::Await<aws::CredentialsResult>([&](auto done) { credentials_->Get(std::move(done)); }));
    aws::HttpRequest request;
    request.path = "/";
    request.headers = {{"content-type", "application/x-amz-json-1.1"},
                       {"x-amz-target", std::string("AWSGlue.") + operation},
                       {"user-agent", "laminar"}};
    request.body = body;
    request.sign = aws::SigV4{std::move(credentials), options_.region, "glue", signing_clock_.WallMicros()};
    return aws::Await<aws::HttpReply>([&](auto done) { http_->Send(std::move(request), std::move(done)); });
  }

  const std::unique_ptr<aws::HttpClient> http_;
  const std::shared_ptr<aws::CredentialsProvider> credentials_;  // shared: with other clients of the role
  const GlueRegistryOptions options_;
  aws::SigningClock signing_clock_;
  std::mutex mutex_;
  // guarded by mutex_; the versions that are PENDING, by the schema's name and the text
  std::map<std::pair<std::string, std::string>, std::string> pending_;
};

}  // namespace

std::unique_ptr<RegistryClient> MakeGlueClient(std::unique_ptr<aws::HttpClient> http,
                                               std::shared_ptr<aws::CredentialsProvider> credentials,
                                               const GlueRegistryOptions& options, const Clock* clock) {
  return std::make_unique<GlueClient>(std::move(http), std::move(credentials), options, clock);
}

}  // namespace laminar
