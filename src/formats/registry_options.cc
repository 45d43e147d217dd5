#include "formats/registry_options.h"

#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr std::string_view kEndpoint = "schema_registry.endpoint";
constexpr std::string_view kUsername = "schema_registry.username";
constexpr std::string_view kPassword = "schema_registry.password";
constexpr std::string_view kToken = "schema_registry.token";
constexpr std::string_view kSubject = "schema_registry.subject";
constexpr std::string_view kSubjectStrategy = "schema_registry.subject_strategy";
constexpr std::string_view kAutoRegister = "schema_registry.auto_register";
constexpr std::string_view kStartTimeout = "schema_registry.start_timeout";

// Of the table; "": its connector has no streams.
std::string StreamOf(const OptionValues& values) {
  std::string stream = values.StringOr("stream_name", "");
  if (!stream.empty()) return stream;
  const std::string arn = values.StringOr("stream_arn", "");
  return arn.substr(arn.rfind('/') + 1);
}

}  // namespace

std::vector<OptionSpec> SchemaRegistryOptionSpecs() {
  return {
      {.name = kEndpoint,
       .help = "The URL of a schema registry that speaks Confluent's API, with the path that it stands under: records "
               "begin with the id of their schema",
       .example = "https://schemas.example.com/apis/ccompat/v7"},
      {.name = kUsername, .help = "The user name, or API key, that the registry asks for", .example = "laminar"},
      {.name = kPassword,
       .help = "The password, or API secret; ${NAME} takes it from the environment",
       .example = "${REGISTRY_PASSWORD}",
       .secret = true},
      {.name = kToken,
       .help = "A bearer token, instead of a user name; ${NAME} takes it from the environment",
       .example = "${REGISTRY_TOKEN}",
       .secret = true},
      {.name = kSubject,
       .help = "The subject of the table's schema; if not given, schema_registry.subject_strategy names it",
       .example = "orders-value"},
      {.name = kSubjectStrategy,
       .type = OptionType::kEnum,
       .default_value = "topic",
       .choices = {"topic", "record", "topic_record"},
       .help = "What the subject is called: topic, the stream with -value behind it; record, the full name of the "
               "schema's record; topic_record, the stream, a hyphen and that name",
       .example = "record"},
      {.name = kAutoRegister,
       .type = OptionType::kBoolean,
       .use = OptionUse::kSink,
       .default_value = "true",
       .help = "Register the schema of the rows if the subject does not have it; false only looks it up, and without a "
               "schema in the options rows are written with the subject's newest",
       .example = "false"},
      {.name = kStartTimeout,
       .type = OptionType::kMillis,
       .default_value = "60s",
       .help = "How long a pipeline that starts waits for a registry that does not answer",
       .example = "5 min"},
  };
}

bool NamesSchemaRegistry(const OptionValues& values) {
  return values.Has(kEndpoint);
}

Status CheckSchemaRegistryOptions(const OptionValues& values) {
  if (!NamesSchemaRegistry(values)) {
    for (const std::string_view option : {kUsername, kPassword, kToken, kSubject, kSubjectStrategy, kAutoRegister}) {
      if (values.Written(option)) {
        return Status::User(std::string(option) + " is given, but no schema registry is",
                            "Add 'schema_registry.endpoint' = 'https://...', or leave it out")
            .At(values.position(option));
      }
    }
    return Status::Ok();
  }
  if (values.Has(kToken) && values.Has(kUsername)) {
    return Status::User("both schema_registry.token and schema_registry.username are given", "Keep one of them")
        .At(values.position(kToken));
  }
  if (values.Has(kUsername) != values.Has(kPassword)) {
    const bool has_name = values.Has(kUsername);
    return Status::User("schema_registry." + std::string(has_name ? "username" : "password") +
                            " is given without schema_registry." + (has_name ? "password" : "username"),
                        has_name ? "Add 'schema_registry.password' = '${NAME}', which takes it from the environment"
                                 : "Add 'schema_registry.username' = '...', or set schema_registry.token alone")
        .At(values.position(has_name ? kUsername : kPassword));
  }
  return Status::Ok();
}

Result<std::shared_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionValues& values, SchemaRegistries* registries) {
  SchemaRegistryOptions options;
  options.endpoint = values.String(kEndpoint);
  options.username = values.StringOr(kUsername, "");
  options.password = values.StringOr(kPassword, "");
  options.token = values.StringOr(kToken, "");
  options.start_timeout_ms = values.Integer(kStartTimeout);
  Result<std::shared_ptr<SchemaRegistry>> registry = registries->Open(options);
  if (!registry.ok()) return Status(registry.status()).At(SchemaRegistryPosition(values));
  return registry;
}

SqlPosition SchemaRegistryPosition(const OptionValues& values) {
  return values.position(kEndpoint);
}

bool RegistersColumns(const OptionValues& values) {
  return values.StringOr("type", "") == "sink" && RegistersSchemas(values);
}

Result<RegisteredSchemaRef> NewestSchema(const OptionValues& values, SchemaRegistries* registries) {
  ASSIGN_OR_RETURN(const auto registry, OpenSchemaRegistry(values, registries));
  ASSIGN_OR_RETURN(const std::string subject, SchemaSubject(values, ""));
  Result<RegisteredSchemaRef> latest = registry->Latest(subject);
  if (latest.ok()) return latest;
  Status problem = latest.status();
  if (problem.code() == kNoSuchSubject) {
    problem = Status::User(problem.message(),
                           "List the columns in CREATE TABLE, or correct schema_registry.subject or the stream's "
                           "name; a sink with type = 'sink' takes them from its query");
  }
  return std::move(problem).At(SchemaRegistryPosition(values));
}

Status CheckSchemaType(const RegisteredSchema& schema, std::string_view type, const std::string& name) {
  if (schema.type == type) return Status::Ok();
  return Status::User("schema id " + DescribeSchemaId(schema.id) + " of the registry is one of the type " +
                          schema.type + ", not of " + name,
                      "Read it with another format, or correct schema_registry.subject");
}

bool RegistersSchemas(const OptionValues& values) {
  return values.Boolean(kAutoRegister);
}

Result<std::string> SchemaSubject(const OptionValues& values, const std::string& record_name) {
  if (values.Has(kSubject)) return values.String(kSubject);
  const std::string& strategy = values.String(kSubjectStrategy);
  const std::string stream = StreamOf(values);
  if (strategy != "record" && stream.empty()) {
    return Status::User("the table has no stream that the subject of its schema could be named by",
                        "Add 'schema_registry.subject' = '...'")
        .At(values.position(kEndpoint));
  }
  if (strategy == "topic") return stream + "-value";
  if (record_name.empty()) {
    return Status::User("schema_registry.subject_strategy = '" + strategy +
                            "' names the subject by a record, and no schema that has one is given",
                        "Add 'schema_registry.subject' = '...', or the schema")
        .At(values.position(kSubjectStrategy));
  }
  return strategy == "record" ? record_name : stream + "-" + record_name;
}

}  // namespace laminar
