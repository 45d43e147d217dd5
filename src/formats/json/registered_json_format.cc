#include "formats/json/registered_json_format.h"

#include <utility>

#include "formats/json/json_format.h"
#include "formats/json/json_schema.h"
#include "formats/json/json_schema_writer.h"
#include "formats/json/registered_json.h"
#include "formats/registry_options.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr std::string_view kRegistered = "json.confluent_schema_registry";

// Records begin with the id of a schema: as Confluent's serializers write JSON, or AWS Glue's.
bool IsRegistered(const OptionValues& values) {
  return values.Boolean(kRegistered) || RegistryKindOf(values) == RegistryKind::kGlue;
}

class RegisteredJsonFormat final : public Format {
 public:
  RegisteredJsonFormat(std::unique_ptr<Format> json, SchemaRegistries* registries)
      : json_(std::move(json)), registries_(registries) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    RETURN_IF_ERROR(CheckOptions(values));
    ASSIGN_OR_RETURN(std::unique_ptr<Decoder> decoder, json_->MakeDecoder(schema, values));
    if (!IsRegistered(values)) return decoder;
    return std::unique_ptr<Decoder>(
        std::make_unique<RegisteredJsonDecoder>(std::move(decoder), RegistryKindOf(values)));
  }

  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    RETURN_IF_ERROR(CheckOptions(values));
    ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder, json_->MakeEncoder(schema, values));
    if (!IsRegistered(values)) return encoder;
    ASSIGN_OR_RETURN(const Wanted wanted, WantedBy(schema, values));
    const RegisteredSchemaRef known = wanted.registry->Known(wanted.subject, wanted.text);
    std::string header = known == nullptr ? "" : MakeSchemaHeader(known->id);
    return std::unique_ptr<Encoder>(std::make_unique<RegisteredJsonEncoder>(std::move(encoder), std::move(header)));
  }

  Status PrepareSink(const Schema& schema, const OptionValues& values) const override {
    RETURN_IF_ERROR(json_->PrepareSink(schema, values));
    if (!IsRegistered(values)) return Status::Ok();
    ASSIGN_OR_RETURN(const Wanted wanted, WantedBy(schema, values));
    const Status entered =
        wanted.registry->Enter(wanted.subject, "JSON", wanted.text, RegistersSchemas(values)).status();
    return Status(entered).At(SchemaRegistryPosition(values));
  }

  Result<Schema> ColumnsOf(const OptionValues& values) const override {
    Result<Schema> own = json_->ColumnsOf(values);
    if (!own.ok() || !own->empty() || !IsRegistered(values) || !NamesSchemaRegistry(values) || RegistersColumns(values))
      return own;
    RETURN_IF_ERROR(CheckOptions(values));
    ASSIGN_OR_RETURN(const RegisteredSchemaRef newest, NewestSchema(values, registries_));
    Status problem = CheckSchemaType(*newest, "JSON", "JSON");
    if (problem.ok()) {
      Result<Schema> columns = ColumnsOfJsonSchema(newest->text);
      if (columns.ok()) return columns;
      problem = Status(columns.status()).WithContext("schema id " + DescribeSchemaId(newest->id) + " of the registry");
    }
    return std::move(problem).At(SchemaRegistryPosition(values));
  }
  std::vector<WrittenOption> OptionsOfColumns(const OptionValues& values) const override {
    return json_->OptionsOfColumns(values);
  }
  bool ReadsAllColumns(const OptionValues& values) const override { return json_->ReadsAllColumns(values); }
  bool PacksRows(const OptionValues& values) const override { return json_->PacksRows(values); }
  // An id may hold a line feed.
  FileLayout Layout(const OptionValues& values) const override {
    return IsRegistered(values) ? FileLayout::kNone : json_->Layout(values);
  }
  std::string FileHeader(const Schema& schema, const OptionValues& values) const override {
    return json_->FileHeader(schema, values);
  }
  Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema& schema,
                                                       const OptionValues& values) const override {
    return json_->MakeFileEncoder(schema, values);
  }
  void Check(const Schema& columns, const OptionValues& values, OptionUse use,
             std::vector<Status>* problems) const override {
    json_->Check(columns, values, use, problems);
  }

 private:
  // What a sink needs of its registry.
  struct Wanted {
    std::shared_ptr<SchemaRegistry> registry;
    std::string subject, text;
  };

  static Status CheckOptions(const OptionValues& values) {
    RETURN_IF_ERROR(CheckSchemaRegistryOptions(values));
    if (values.Boolean(kRegistered) && RegistryKindOf(values) == RegistryKind::kGlue) {
      return Status::User(
                 "json.confluent_schema_registry = 'true' is for records as Confluent's serializers write "
                 "them, and the table's schema registry is AWS Glue's",
                 "Leave it out, or schema_registry.type")
          .At(values.position(kRegistered));
    }
    if (!NamesSchemaRegistry(values) || IsRegistered(values)) return Status::Ok();
    return Status::User("a schema registry is given, and records of JSON do not carry the ids of its schemas",
                        "Add 'json.confluent_schema_registry' = 'true', or leave schema_registry.endpoint out")
        .At(SchemaRegistryPosition(values));
  }

  Result<Wanted> WantedBy(const Schema& schema, const OptionValues& values) const {
    if (!NamesSchemaRegistry(values)) {
      return Status::User("json.confluent_schema_registry = 'true' needs a registry for the schema of what is written",
                          "Add 'schema_registry.endpoint' = 'https://...'")
          .At(values.position(kRegistered));
    }
    Wanted wanted;
    ASSIGN_OR_RETURN(wanted.registry, OpenSchemaRegistry(values, registries_));
    ASSIGN_OR_RETURN(wanted.subject, SchemaSubject(values, ""));
    wanted.text = JsonSchemaOf(schema, JsonTimestampFormatOf(values));
    return wanted;
  }

  const std::unique_ptr<Format> json_;
  SchemaRegistries* const registries_;
};

}  // namespace

std::unique_ptr<Format> MakeRegisteredJsonFormat(std::unique_ptr<Format> json, SchemaRegistries* registries) {
  return std::make_unique<RegisteredJsonFormat>(std::move(json), registries);
}

std::vector<OptionSpec> WithRegisteredJson(std::vector<OptionSpec> specs) {
  OptionSpec registered;
  registered.name = kRegistered;
  registered.type = OptionType::kBoolean;
  registered.default_value = "false";
  registered.help =
      "Records begin with the id of their schema in a registry with Confluent's API: a source takes it off, a sink "
      "registers the JSON Schema of its columns and writes its id";
  registered.example = "true";
  specs.push_back(registered);
  for (OptionSpec& spec : SchemaRegistryOptionSpecs()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace laminar
