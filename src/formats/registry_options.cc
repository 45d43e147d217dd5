#include "formats/registry_options.h"

#include <algorithm>
#include <iterator>

#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr std::string_view kType = "schema_registry.type";
constexpr std::string_view kEndpoint = "schema_registry.endpoint";
constexpr std::string_view kUsername = "schema_registry.username";
constexpr std::string_view kPassword = "schema_registry.password";
constexpr std::string_view kToken = "schema_registry.token";
constexpr std::string_view kSubject = "schema_registry.subject";
constexpr std::string_view kSubjectStrategy = "schema_registry.subject_strategy";
constexpr std::string_view kRegistryName = "schema_registry.registry_name";
constexpr std::string_view kSchemaName = "schema_registry.schema_name";
constexpr std::string_view kRegion = "schema_registry.region";
constexpr std::string_view kCompression = "schema_registry.compression";
constexpr std::string_view kCompatibility = "schema_registry.compatibility";
constexpr std::string_view kAutoRegister = "schema_registry.auto_register";
constexpr std::string_view kStartTimeout = "schema_registry.start_timeout";

constexpr std::string_view kOfConfluent[] = {kUsername, kPassword, kToken, kSubject, kSubjectStrategy};
constexpr std::string_view kOfGlue[] = {kRegistryName, kSchemaName, kRegion, kCompression, kCompatibility};

// Of the table; "": its connector has no streams.
std::string StreamOf(const OptionValues& values) {
  std::string stream = values.StringOr("stream_name", "");
  if (!stream.empty()) return stream;
  const std::string arn = values.StringOr("stream_arn", "");
  return arn.substr(arn.rfind('/') + 1);
}

// Of AWS Glue: schema_registry.region, else the stream's as the table names it; "" = nobody names one.
std::string RegionOf(const OptionValues& values) {
  for (const std::string_view option : {kRegion, std::string_view("aws_region")}) {
    if (std::string region = values.StringOr(option, ""); !region.empty()) return region;
  }
  std::string arn = values.StringOr("stream_arn", "");  // arn:aws:kinesis:REGION:ACCOUNT:stream/NAME
  for (int part = 0; part < 3; part++) arn.erase(0, std::min(arn.size(), arn.find(':') + 1));
  return arn.substr(0, arn.find(':'));
}

std::string UpperCase(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

Status CheckConfluent(const OptionValues& values) {
  for (const std::string_view option : kOfGlue) {
    if (!values.Written(option)) continue;
    return Status::User(std::string(option) + " is an option of AWS Glue's schema registry, and the table's is not",
                        "Add 'schema_registry.type' = 'glue', or leave it out")
        .At(values.position(option));
  }
  if (values.Written(kSubject) && values.String(kSubject).empty()) {
    return Status::User("schema_registry.subject is empty", "Name the subject, or leave it out")
        .At(values.position(kSubject));
  }
  if (values.Written(kSubject) && values.Written(kSubjectStrategy)) {
    return Status::User("both schema_registry.subject and schema_registry.subject_strategy name the subject",
                        "Keep one of them")
        .At(values.position(kSubjectStrategy));
  }
  if (values.Has(kToken) && values.Has(kUsername)) {
    return Status::User("both schema_registry.token and schema_registry.username are given", "Keep one of them")
        .At(values.position(kToken));
  }
  if (values.Has(kUsername) == values.Has(kPassword)) return Status::Ok();
  const bool has_name = values.Has(kUsername);
  return Status::User("schema_registry." + std::string(has_name ? "username" : "password") +
                          " is given without schema_registry." + (has_name ? "password" : "username"),
                      has_name
                          ? "Add 'schema_registry.password' = '{{ env.NAME }}', which takes it from the environment"
                          : "Add 'schema_registry.username' = '...', or set schema_registry.token alone")
      .At(values.position(has_name ? kUsername : kPassword));
}

Status CheckGlue(const OptionValues& values) {
  for (const std::string_view option : kOfConfluent) {
    if (!values.Written(option)) continue;
    const bool is_subject = option == kSubject || option == kSubjectStrategy;
    return Status::User(std::string(option) +
                            " is an option of Confluent's schema registries, and the table's is AWS "
                            "Glue's",
                        is_subject ? "Write schema_registry.schema_name for the schema's name; if not given, it is the "
                                     "stream's"
                                   : "Leave it out: requests to AWS Glue are signed with the AWS credentials")
        .At(values.position(option));
  }
  for (const std::string_view option : {kRegistryName, kSchemaName}) {
    if (values.Written(option) && values.String(option).empty()) {
      return Status::User(std::string(option) + " is empty", "Give the name, or leave it out")
          .At(values.position(option));
    }
  }
  return Status::Ok();
}

}  // namespace

std::vector<OptionSpec> SchemaRegistryOptionSpecs() {
  return {
      {.name = kType,
       .type = OptionType::kEnum,
       .default_value = "confluent",
       .choices = {"confluent", "glue"},
       .help = "Whose schema registry keeps the schemas of the records: one that speaks Confluent's API, or AWS Glue's",
       .example = "glue"},
      {.name = kEndpoint,
       .help = "The URL of a schema registry that speaks Confluent's API, with the path that it stands under: records "
               "begin with the id of their schema; of AWS Glue, where not AWS itself answers",
       .example = "https://schemas.example.com/apis/ccompat/v7"},
      {.name = kUsername, .help = "The user name, or API key, that the registry asks for", .example = "laminar"},
      {.name = kPassword,
       .help = "The password, or API secret",
       .example = "{{ env.REGISTRY_PASSWORD }}",
       .secret = true},
      {.name = kToken,
       .help = "A bearer token, instead of a user name",
       .example = "{{ env.REGISTRY_TOKEN }}",
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
      {.name = kRegistryName,
       .default_value = "default-registry",
       .help = "AWS Glue: the registry",
       .example = "orders"},
      {.name = kSchemaName,
       .help = "AWS Glue: the schema; if not given, it has the stream's name",
       .example = "orders"},
      {.name = kRegion,
       .help = "AWS Glue: the region of the registry; if not given, the stream's",
       .example = "eu-west-1"},
      {.name = kCompression,
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "none",
       .choices = {"none", "zlib"},
       .help = "AWS Glue: how the rows are compressed behind the header; a source reads both",
       .example = "zlib"},
      {.name = kCompatibility,
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "backward",
       .choices = {"none", "disabled", "backward", "backward_all", "forward", "forward_all", "full", "full_all"},
       .help = "AWS Glue: what later versions have to be, of a schema that the sink makes because there is none",
       .example = "full"},
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

RegistryKind RegistryKindOf(const OptionValues& values) {
  return values.String(kType) == "glue" ? RegistryKind::kGlue : RegistryKind::kConfluent;
}

bool CompressesBehindHeader(const OptionValues& values) {
  return RegistryKindOf(values) == RegistryKind::kGlue && values.StringOr(kCompression, "none") == "zlib";
}

bool NamesSchemaRegistry(const OptionValues& values) {
  return values.Has(kEndpoint) || RegistryKindOf(values) == RegistryKind::kGlue;
}

Status CheckSchemaRegistryOptions(const OptionValues& values) {
  if (NamesSchemaRegistry(values))
    return RegistryKindOf(values) == RegistryKind::kGlue ? CheckGlue(values) : CheckConfluent(values);
  std::vector<std::string_view> others = {kType, kAutoRegister, kStartTimeout};
  others.insert(others.end(), std::begin(kOfConfluent), std::end(kOfConfluent));
  for (const std::string_view option : others) {
    if (!values.Written(option)) continue;
    return Status::User(std::string(option) + " is given, but no schema registry is",
                        "Add 'schema_registry.endpoint' = 'https://...', or leave it out")
        .At(values.position(option));
  }
  return CheckConfluent(values);
}

Result<std::shared_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionValues& values, SchemaRegistries* registries) {
  SchemaRegistryOptions options;
  options.kind = RegistryKindOf(values);
  options.endpoint = values.StringOr(kEndpoint, "");
  options.username = values.StringOr(kUsername, "");
  options.password = values.StringOr(kPassword, "");
  options.token = values.StringOr(kToken, "");
  options.start_timeout_ms = values.Integer(kStartTimeout);
  if (options.kind == RegistryKind::kGlue) {
    options.glue = {values.String(kRegistryName),
                    RegionOf(values),
                    values.StringOr("aws_role_arn", ""),
                    values.StringOr("aws_external_id", ""),
                    UpperCase(values.StringOr(kCompatibility, "")),
                    values.StringOr("aws_access_key_id", ""),
                    values.StringOr("aws_secret_access_key", ""),
                    values.StringOr("aws_session_token", "")};
  }
  options.reveal = [values](std::string_view option) { return values.Revealed(option); };
  Result<std::shared_ptr<SchemaRegistry>> registry = registries->Open(options);
  if (!registry.ok()) return Status(registry.status()).At(SchemaRegistryPosition(values));
  return registry;
}

SqlPosition SchemaRegistryPosition(const OptionValues& values) {
  return values.position(values.Written(kEndpoint) ? kEndpoint : kType);
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
    // Its columns are known already.
    if (values.StringOr("type", "") == "sink" && !RegistersSchemas(values))
      return std::move(problem).At(SchemaRegistryPosition(values));
    std::string how = "List the columns in CREATE TABLE, or correct " +
                      std::string(RegistryKindOf(values) == RegistryKind::kGlue ? kSchemaName : kSubject) +
                      " or the stream's name";
    if (values.StringOr("type", "") != "source") how += "; a table that is inserted into takes them from its query";
    problem = Status::User(problem.message(), std::move(how));
  }
  return std::move(problem).At(SchemaRegistryPosition(values));
}

Status CheckSchemaType(const RegisteredSchema& schema, std::string_view type, const std::string& name) {
  if (schema.type == type) return Status::Ok();
  return Status::User("schema id " + DescribeSchemaId(schema.id) + " of the registry is one of the type " +
                          schema.type + ", not of " + name,
                      "Read it with another format, or name another schema");
}

bool RegistersSchemas(const OptionValues& values) {
  return values.Boolean(kAutoRegister);
}

Result<std::string> SchemaSubject(const OptionValues& values, const std::string& record_name) {
  if (RegistryKindOf(values) == RegistryKind::kGlue) {
    std::string name = values.StringOr(kSchemaName, StreamOf(values));
    if (!name.empty()) return name;
    return Status::User("the table has no stream that its schema could have the name of",
                        "Add 'schema_registry.schema_name' = '...'")
        .At(SchemaRegistryPosition(values));
  }
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
