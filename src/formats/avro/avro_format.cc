#include "formats/avro/avro_format.h"

#include <map>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_decoder.h"
#include "formats/avro/avro_encoder.h"
#include "formats/avro/avro_options.h"

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
};

AvroEncoding EncodingOf(const OptionValues& values) {
  const std::string& name = values.String(kEncoding);
  for (const auto& [choice, encoding] : kEncodings) {
    if (choice == name) return encoding;
  }
  return AvroEncoding::kAuto;
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
  explicit AvroFormat(SchemaFileReader read_file) : files_(std::move(read_file)) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(AvroOptions options, Read(values));
    Result<std::unique_ptr<AvroDecoder>> decoder = AvroDecoder::Make(schema, std::move(options));
    if (!decoder.ok()) return Status(decoder.status()).At(PositionOf(values));
    return std::unique_ptr<Decoder>(std::move(decoder).value());
  }

  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& values) const override {
    ASSIGN_OR_RETURN(AvroOptions options, Read(values));
    if (options.encoding == AvroEncoding::kAuto) options.encoding = AvroEncoding::kSingleObject;
    Result<std::unique_ptr<AvroEncoder>> encoder = AvroEncoder::Make(schema, std::move(options));
    if (!encoder.ok()) return Status(encoder.status()).At(PositionOf(values));
    return std::unique_ptr<Encoder>(std::move(encoder).value());
  }

  Result<Schema> ColumnsOf(const OptionValues& values) const override {
    ASSIGN_OR_RETURN(const AvroSchemaRef schema, ReadSchema(values));
    return schema == nullptr ? Schema{} : laminar::ColumnsOf(*schema);
  }

  // A container is a file. Nothing shows where another datum ends.
  FileLayout Layout(const OptionValues& values) const override {
    const AvroEncoding encoding = EncodingOf(values);
    return encoding == AvroEncoding::kAuto || encoding == AvroEncoding::kContainer ? FileLayout::kWhole
                                                                                   : FileLayout::kNone;
  }
  bool PacksRows(const OptionValues& values) const override { return EncodingOf(values) == AvroEncoding::kContainer; }

 private:
  static SqlPosition PositionOf(const OptionValues& values) {
    return values.position(values.Written(kSchemaFile) ? kSchemaFile : kSchema);
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

  Result<AvroOptions> Read(const OptionValues& values) const {
    AvroOptions options;
    options.encoding = EncodingOf(values);
    ASSIGN_OR_RETURN(options.schema, ReadSchema(values));
    for (const std::string& path : SplitList(values.StringOr(kWriterSchemaFiles, ""))) {
      Result<AvroSchemaRef> writer = files_.Get(path);
      if (!writer.ok()) return Status(writer.status()).At(values.position(kWriterSchemaFiles));
      options.writers.push_back(std::move(writer).value());
    }
    options.codec = FindAvroCodec(values.StringOr(kCodec, "null")).value_or(AvroCodec::kNull);
    return options;
  }

  mutable SchemaFiles files_;
};

}  // namespace

std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file) {
  return std::make_unique<AvroFormat>(std::move(read_file));
}

std::vector<OptionSpec> AvroFormatOptions() {
  OptionSpec encoding;
  encoding.name = kEncoding;
  encoding.type = OptionType::kEnum;
  encoding.default_value = "auto";
  for (const auto& [choice, value] : kEncodings) encoding.choices.push_back(choice);
  encoding.help =
      "What a record holds: a single object, a container file (of many rows), or a raw datum; auto tells by how the "
      "record begins, and writes single objects";
  encoding.example = "container";
  OptionSpec codec;
  codec.name = kCodec;
  codec.type = OptionType::kEnum;
  codec.use = OptionUse::kSink;
  codec.default_value = "null";
  codec.choices = {"null", "deflate", "snappy", "zstandard"};
  codec.help = "How the rows of a container are compressed";
  codec.example = "zstandard";
  return {
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
}

}  // namespace laminar
