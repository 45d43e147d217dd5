#include "formats/compression/compressed_format.h"

#include <string>
#include <utility>

#include "formats/compression/compressed_decoder.h"
#include "formats/compression/compressed_encoder.h"
#include "formats/compression/uncompressed_decoder.h"
#include "formats/registry_options.h"

namespace laminar {
namespace {

constexpr std::string_view kCompression = "compression";

// How a table is read or written.
using CompressionOption = Compression (*)(const OptionValues& options, OptionUse use);

Compression ReadOption(const OptionValues& options, OptionUse /*use*/) {
  const std::string& name = options.String(kCompression);
  for (const auto& [choice, compression] : kCompressionNames) {
    if (choice == name) return compression;
  }
  return Compression::kNone;
}

// A source reads both; its headers say which.
Compression ReadGlueOption(const OptionValues& options, OptionUse use) {
  const bool is_compressed =
      use == OptionUse::kSink ? CompressesBehindHeader(options) : RegistryKindOf(options) == RegistryKind::kGlue;
  return is_compressed ? Compression::kGlue : Compression::kNone;
}

class CompressedFormat final : public Format {
 public:
  // hints: messages may name the option `compression`.
  CompressedFormat(std::unique_ptr<Format> inner, size_t most_bytes, CompressionOption read, bool hints)
      : inner_(std::move(inner)), most_bytes_(most_bytes), read_(read), hints_(hints) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& options) const override {
    ASSIGN_OR_RETURN(std::unique_ptr<Decoder> decoder, inner_->MakeDecoder(schema, options));
    const Compression compression = read_(options, OptionUse::kSource);
    if (compression == Compression::kNone && !hints_) return decoder;
    if (compression == Compression::kNone)
      return std::unique_ptr<Decoder>(std::make_unique<UncompressedDecoder>(std::move(decoder)));
    return std::unique_ptr<Decoder>(std::make_unique<CompressedDecoder>(std::move(decoder), compression, most_bytes_));
  }

  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& options) const override {
    ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder, inner_->MakeEncoder(schema, options));
    const Compression compression = read_(options, OptionUse::kSink);
    if (compression == Compression::kNone) return encoder;
    return std::unique_ptr<Encoder>(std::make_unique<CompressedEncoder>(std::move(encoder), compression));
  }

  Result<Schema> ColumnsOf(const OptionValues& options) const override { return inner_->ColumnsOf(options); }
  bool ReadsAllColumns(const OptionValues& options) const override { return inner_->ReadsAllColumns(options); }
  std::vector<WrittenOption> OptionsOfColumns(const OptionValues& options) const override {
    return inner_->OptionsOfColumns(options);
  }
  Status PrepareSink(const Schema& schema, const OptionValues& options) const override {
    return inner_->PrepareSink(schema, options);
  }

  bool PacksRows(const OptionValues& options) const override { return inner_->PacksRows(options); }

  // Line feeds show once it is decompressed: then they must be the inner decoder's business.
  FileLayout Layout(const OptionValues& options) const override {
    const FileLayout inner = inner_->Layout(options);
    if (read_(options, OptionUse::kSource) == Compression::kNone) return inner;
    return inner == FileLayout::kLines || inner == FileLayout::kWhole ? FileLayout::kWhole : FileLayout::kNone;
  }

  std::string FileHeader(const Schema& schema, const OptionValues& options) const override {
    std::string header = inner_->FileHeader(schema, options);
    const Compression compression = read_(options, OptionUse::kSink);
    if (header.empty() || compression == Compression::kNone) return header;
    std::string compressed;
    Compressor(compression).Append(header, &compressed);
    return compressed;
  }

  uint64_t HeaderBytes(std::string_view record, const OptionValues& options) const override {
    const Compression compression = CompressionOf(record, read_(options, OptionUse::kSource));
    if (compression == Compression::kNone) return inner_->HeaderBytes(record, options);
    RecordBuffer plain;
    if (!Decompressor(most_bytes_).Decompress(record, compression, &plain).empty()) return 0;
    return inner_->HeaderBytes(plain.view(), options);
  }

  Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema& schema,
                                                       const OptionValues& options) const override {
    if (read_(options, OptionUse::kSink) != Compression::kNone) return std::unique_ptr<FileEncoder>();
    return inner_->MakeFileEncoder(schema, options);
  }

  void Check(const Schema& columns, const OptionValues& options, OptionUse use,
             std::vector<Status>* problems) const override {
    inner_->Check(columns, options, use, problems);
    if (use != OptionUse::kSink || read_(options, use) != Compression::kAuto) return;
    problems->push_back(Status::User("compression = 'auto' is only for reading: a sink has to know what to write",
                                     "set it to gzip, zstd or none")
                            .At(options.position(kCompression)));
  }

 private:
  const std::unique_ptr<Format> inner_;
  const size_t most_bytes_;
  const CompressionOption read_;
  const bool hints_;
};

}  // namespace

std::unique_ptr<Format> MakeCompressedFormat(std::unique_ptr<Format> inner, size_t most_bytes) {
  return std::make_unique<CompressedFormat>(std::move(inner), most_bytes, ReadOption, /*hints=*/true);
}

std::unique_ptr<Format> MakeGlueCompressedFormat(std::unique_ptr<Format> inner, size_t most_bytes) {
  return std::make_unique<CompressedFormat>(std::move(inner), most_bytes, ReadGlueOption, /*hints=*/false);
}

std::vector<OptionSpec> WithCompression(std::vector<OptionSpec> specs) {
  OptionSpec compression;
  compression.name = kCompression;
  compression.type = OptionType::kEnum;
  compression.default_value = "none";
  for (const auto& [choice, value] : kCompressionNames) compression.choices.push_back(choice);
  compression.help =
      "What each record is compressed with; auto, of a source only, tells it by the first bytes of each record";
  compression.example = "gzip";
  specs.push_back(compression);
  return specs;
}

}  // namespace laminar
