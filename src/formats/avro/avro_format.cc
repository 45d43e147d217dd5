#include "formats/avro/avro_format.h"

#include <map>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_decoder.h"
#include "formats/avro/avro_encoder.h"
#include "formats/avro/avro_options.h"
#include "formats/avro/avro_references.h"
#include "formats/registry_options.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

constexpr std::string_view kSchema = "avro.schema";
constexpr std::string_view kSchemaFile = "avro.schema_file";
constexpr std::string_view kWriterSchemaFiles = "avro.writer_schema_files";
constexpr std::string_view kEncoding = "avro.encoding";
constexpr std::string_view kCodec = "avro.codec";

constexpr std::pair<std::string_view, AvroEncoding> kEncodings[] = {
    {"auto", AvroEncoding::kAuto},
    {"single_object", AvroEncoding::kSingleObject},
    {"container", AvroEncoding::kContainer},
    {"raw", AvroEncoding::kRaw},
    {"confluent", AvroEncoding::kRegistered},
};

AvroEncoding EncodingOf(const OptionValues& values) {
  const std::string& name = values.String(kEncoding);
  if (name == "auto" && NamesSchemaRegistry(values)) return AvroEncoding::kRegistered;
  for (const auto& [choice, encoding] : kEncodings) {
    if (choice == name) return encoding;
  }
  return AvroEncoding::kAuto;
}

// The registry's options, and whether they go with the others.
Status CheckRegistry(const OptionValues& values) {
  RETURN_IF_ERROR(CheckSchemaRegistryOptions(values));
  const bool is_registered = EncodingOf(values) == AvroEncoding::kRegistered;
  if (is_registered && values.String(kEncoding) == "confluent" && RegistryKindOf(values) != RegistryKind::kConfluent) {
    return Status::User("avro.encoding = 'confluent' is not how records with a schema in AWS Glue begin",
                        "Leave avro.encoding out, or schema_registry.type")
        .At(values.position(kEncoding));
  }
  if (is_registered && !NamesSchemaRegistry(values)) {
    return Status::User("avro.encoding = 'confluent' needs a schema registry, and none is given",
                        "Add 'schema_registry.endpoint' = 'https://...'")
        .At(values.position(kEncoding));
  }
  if (!is_registered && NamesSchemaRegistry(values)) {
    return Status::User("a schema registry is given, and avro.encoding = '" + values.String(kEncoding) +
                            "' has no place for the ids of its schemas",
                        "Leave avro.encoding out, or the options schema_registry.*")
        .At(values.position(kEncoding));
  }
  if (is_registered && values.Written(kWriterSchemaFiles)) {
    return Status::User("avro.writer_schema_files is not used where a schema registry has the schemas", "Leave it out")
        .At(values.position(kWriterSchemaFiles));
  }
  return Status::Ok();
}

Result<AvroSchemaRef> ParseRegistered(const RegisteredSchema& schema) {
  RETURN_IF_ERROR(CheckSchemaType(schema, "AVRO", "Avro"));
  ASSIGN_OR_RETURN(const std::string text, InlineAvroReferences(schema));
  return AvroSchema::Parse(text);
}

// The parsed schemas of files, by path: each worker makes a decoder of its own, and all must see the same schema.
class SchemaFiles {
 public:
  explicit SchemaFiles(SchemaFileReader read) : read_(std::move(read)) {}

  Result<AvroSchemaRef> Get(const std::string& path) {
    std::lock_guard lock(mutex_);
    const auto found = schemas_.find(path);
    if (found != schemas_.end()) return found->second;
    ASSIGN_OR_RETURN(const std::string text, read_(path));
    Result<AvroSchemaRef> schema = AvroSchema::Parse(text);
    if (!schema.ok()) return Status(schema.status()).WithContext(path);
    schemas_.emplace(path, *schema);
    return schema;
  }

 private:
  const SchemaFileReader read_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, AvroSchemaRef> schemas_;
};

std::vector<std::string> SplitList(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    const size_t first = list.find_first_not_of(' ', begin);
    const size_t last = list.find_last_not_of(' ', comma == 0 ? 0 : comma - 1);
    if (first < comma && last != std::string::npos && last >= first)
      parts.push_back(list.substr(first, last - first + 1));
    begin = comma + 1;
  }
  return parts;
}

class AvroFormat final : public Format {
 public:
  AvroFormat(SchemaFileReader read_file, SchemaRegistries* registries, size_t most_block_bytes)
      : files_(std::move(read_file)), registries_(registries), most_block_bytes_(most_block_bytes) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(AvroOptions options, Read(values, EncodingOf(values)));
    Result<std::unique_ptr<AvroDecoder>> decoder = AvroDecoder::Make(schema, std::move(options));
    if (!decoder.ok()) return Status(decoder.status()).At(PositionOf(values));
    return std::unique_ptr<Decoder>(std::move(decoder).value());
  }

  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(AvroOptions options, Read(values, EncodingOf(values)));
    if (options.encoding == AvroEncoding::kAuto) options.encoding = AvroEncoding::kSingleObject;
    if (options.encoding == AvroEncoding::kRegistered) RETURN_IF_ERROR(TakeRegistered(schema, values, &options));
    Result<std::unique_ptr<AvroEncoder>> encoder = AvroEncoder::Make(schema, std::move(options));
    if (!encoder.ok()) return Status(encoder.status()).At(PositionOf(values));
    return std::unique_ptr<Encoder>(std::move(encoder).value());
  }

  // A container is a file; nothing else is.
  Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema& schema,
                                                       const OptionValues& values) const override {
    if (Layout(values) == FileLayout::kNone) return std::unique_ptr<FileEncoder>();
    ASSIGN_OR_RETURN(AvroOptions options, Read(values, AvroEncoding::kContainer));
    Result<std::unique_ptr<AvroEncoder>> rows = AvroEncoder::Make(schema, std::move(options));
    if (!rows.ok()) return Status(rows.status()).At(PositionOf(values));
    return std::unique_ptr<FileEncoder>(std::make_unique<AvroFileEncoder>(std::move(rows).value()));
  }

  Result<Schema> ColumnsOf(const OptionValues& values) const override {
    ASSIGN_OR_RETURN(AvroSchemaRef schema, ReadSchema(values));
    if (schema == nullptr && NamesSchemaRegistry(values)) {
      if (RegistersColumns(values)) return Schema{};
      RETURN_IF_ERROR(CheckRegistry(values));
      ASSIGN_OR_RETURN(const RegisteredSchemaRef newest, NewestSchema(values, registries_));
      Result<AvroSchemaRef> parsed = ParseRegistered(*newest);
      if (!parsed.ok()) return Status(parsed.status()).At(SchemaRegistryPosition(values));
      schema = std::move(parsed).value();
    }
    return schema == nullptr ? Schema{} : laminar::ColumnsOf(*schema);
  }

  // A container is a file. Nothing shows where another datum ends.
  FileLayout Layout(const OptionValues& values) const override {
    const AvroEncoding encoding = EncodingOf(values);
    return encoding == AvroEncoding::kAuto || encoding == AvroEncoding::kContainer ? FileLayout::kWhole
                                                                                   : FileLayout::kNone;
  }

  // The columns came from the newest schema: records with others are read as that one says.
  std::vector<WrittenOption> OptionsOfColumns(const OptionValues& values) const override {
    if (!NamesSchemaRegistry(values) || values.Has(kSchema) || values.Has(kSchemaFile)) return {};
    const auto registry = OpenSchemaRegistry(values, registries_);
    const auto subject = SchemaSubject(values, "");
    if (!registry.ok() || !subject.ok()) return {};
    const RegisteredSchemaRef latest = registry.value()->Known(*subject, "");
    if (latest == nullptr) return {};
    Result<std::string> text = InlineAvroReferences(*latest);
    return {{std::string(kSchema), std::move(text).value(), {}}};  // ColumnsOf parsed it
  }

  Status PrepareSink(const Schema& schema, const OptionValues& values) const override {
    if (EncodingOf(values) != AvroEncoding::kRegistered) return Status::Ok();
    ASSIGN_OR_RETURN(const AvroOptions options, Read(values, AvroEncoding::kRegistered));
    ASSIGN_OR_RETURN(const Wanted wanted, WantedBy(schema, values, options));
    const Result<RegisteredSchemaRef> entered =
        wanted.text.empty() ? options.registry->Latest(wanted.subject)
                            : options.registry->Enter(wanted.subject, "AVRO", wanted.text, RegistersSchemas(values));
    if (!entered.ok()) return Status(entered.status()).At(SchemaRegistryPosition(values));
    return MakeEncoder(schema, values).status();  // the newest schema may not fit the columns
  }

  bool PacksRows(const OptionValues& values) const override { return EncodingOf(values) == AvroEncoding::kContainer; }

 private:
  // What a sink needs of its registry.
  struct Wanted {
    std::string subject;
    std::string text;  // of the schema; "" = the subject's newest
  };

  static SqlPosition PositionOf(const OptionValues& values) {
    return values.position(values.Written(kSchemaFile) ? kSchemaFile : kSchema);
  }

  static Result<Wanted> WantedBy(const Schema& schema, const OptionValues& values, const AvroOptions& options) {
    Wanted wanted;
    ASSIGN_OR_RETURN(wanted.subject, SchemaSubject(values, options.schema ? options.schema->root().name : ""));
    if (options.schema != nullptr) {
      wanted.text = options.schema->text();
    } else if (RegistersSchemas(values)) {
      ASSIGN_OR_RETURN(wanted.text, SchemaOf(schema));
    }
    return wanted;
  }

  // The schema and the header of a sink's records, where PrepareSink got them.
  static Status TakeRegistered(const Schema& schema, const OptionValues& values, AvroOptions* options) {
    ASSIGN_OR_RETURN(const Wanted wanted, WantedBy(schema, values, *options));
    const RegisteredSchemaRef known = options->registry->Known(wanted.subject, wanted.text);
    if (known == nullptr) return Status::Ok();
    options->header = MakeSchemaHeader(known->id);
    if (options->schema != nullptr || !wanted.text.empty()) return Status::Ok();
    ASSIGN_OR_RETURN(options->schema, ParseRegistered(*known));
    return Status::Ok();
  }

  Result<AvroSchemaRef> ReadSchema(const OptionValues& values) const {
    if (values.Has(kSchema) && values.Has(kSchemaFile)) {
      return Status::User("both avro.schema and avro.schema_file are given", "Keep one of them")
          .At(values.position(kSchemaFile));
    }
    if (!values.Has(kSchema) && !values.Has(kSchemaFile)) return AvroSchemaRef();
    Result<AvroSchemaRef> schema =
        values.Has(kSchema) ? AvroSchema::Parse(values.String(kSchema)) : files_.Get(values.String(kSchemaFile));
    if (!schema.ok()) return Status(schema.status()).At(PositionOf(values));
    return schema;
  }

  Result<AvroOptions> Read(const OptionValues& values, AvroEncoding encoding) const {
    RETURN_IF_ERROR(CheckRegistry(values));
    AvroOptions options;
    options.encoding = encoding;
    options.most_block_bytes = most_block_bytes_;
    if (options.encoding == AvroEncoding::kRegistered) {
      options.registry_kind = RegistryKindOf(values);
      ASSIGN_OR_RETURN(options.registry, OpenSchemaRegistry(values, registries_));
    }
    ASSIGN_OR_RETURN(options.schema, ReadSchema(values));
    for (const std::string& path : SplitList(values.StringOr(kWriterSchemaFiles, ""))) {
      Result<AvroSchemaRef> writer = files_.Get(path);
      if (!writer.ok()) return Status(writer.status()).At(values.position(kWriterSchemaFiles));
      options.writers.push_back(std::move(writer).value());
    }
    options.codec = FindAvroCodec(values.StringOr(kCodec, "null")).value_or(AvroCodec::kNull);
    if (options.codec != AvroCodec::kNull && options.encoding != AvroEncoding::kContainer) {
      return Status::User("avro.codec compresses the blocks of containers, and these records are none",
                          "Add 'avro.encoding' = 'container', or leave avro.codec out")
          .At(values.position(kCodec));
    }
    return options;
  }

  mutable SchemaFiles files_;
  SchemaRegistries* const registries_;
  const size_t most_block_bytes_;
};

}  // namespace

std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file, SchemaRegistries* registries,
                                       size_t most_block_bytes) {
  return std::make_unique<AvroFormat>(std::move(read_file), registries, std::min(most_block_bytes, kMaxAvroBlockBytes));
}

std::vector<OptionSpec> AvroFormatOptions() {
  OptionSpec encoding;
  encoding.name = kEncoding;
  encoding.type = OptionType::kEnum;
  encoding.default_value = "auto";
  for (const auto& [choice, value] : kEncodings) encoding.choices.push_back(choice);
  encoding.help =
      "What a record holds: a single object, a container file (of many rows), a raw datum, or, confluent, the id of a "
      "schema in a registry and a datum; auto is what the registry's serializers write where one is given, and else "
      "tells by how the record begins, and writes single objects";
  encoding.example = "container";
  OptionSpec codec;
  codec.name = kCodec;
  codec.type = OptionType::kEnum;
  codec.use = OptionUse::kSink;
  codec.default_value = "null";
  codec.choices = {"null", "deflate", "snappy", "zstandard"};
  codec.help = "How the rows of a container are compressed";
  codec.example = "zstandard";
  std::vector<OptionSpec> specs = {
      {.name = kSchema,
       .help =
           "The schema, as JSON: of a source what its columns are read as, of a sink what is written; a sink without "
           "one makes it from its columns",
       .example = R"({"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]})"},
      {.name = kSchemaFile,
       .help = "A file that holds the schema; a relative path starts at the current directory",
       .example = "order.avsc"},
      {.name = kWriterSchemaFiles,
       .use = OptionUse::kSource,
       .help = "Files, separated by commas, with other schemas that records were written with: a single object says "
               "which by its fingerprint, a raw datum has the first",
       .example = "order-v1.avsc, order-v2.avsc"},
      encoding,
      codec,
  };
  for (OptionSpec& spec : SchemaRegistryOptionSpecs()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace laminar
