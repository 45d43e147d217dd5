#include "formats/parquet/parquet_format.h"

#include <mutex>
#include <string>

#include "duckdb/common/types.hpp"

#include "formats/parquet/parquet_decoder.h"
#include "formats/parquet/parquet_encoder.h"

namespace laminar {
namespace {

constexpr std::string_view kCompression = "parquet.compression";
constexpr std::string_view kRowsPerRecord = "parquet.rows_per_record";

// The type within `type` that Parquet has no exact form for; nullptr: there is none.
const duckdb::LogicalType* InexactType(const duckdb::LogicalType& type) {
  using duckdb::LogicalTypeId;
  switch (type.id()) {
    case LogicalTypeId::HUGEINT:  // DuckDB would write a DOUBLE
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::UNION:
    case LogicalTypeId::BIT:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::BIGNUM:
      return &type;
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
      return InexactType(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::ARRAY:
      return InexactType(duckdb::ArrayType::GetChildType(type));
    case LogicalTypeId::STRUCT:
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        if (const duckdb::LogicalType* found = InexactType(child)) return found;
      }
      return nullptr;
    default:
      return nullptr;
  }
}

class ParquetFormat final : public Format {
 public:
  explicit ParquetFormat(int64_t memory_limit_bytes) : memory_limit_bytes_(memory_limit_bytes) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& /*options*/) const override {
    ASSIGN_OR_RETURN(std::shared_ptr<MemoryFiles> files, Files());
    return std::unique_ptr<Decoder>(std::make_unique<ParquetDecoder>(std::move(files), schema));
  }

  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& options) const override {
    ASSIGN_OR_RETURN(std::shared_ptr<MemoryFiles> files, Files());
    ASSIGN_OR_RETURN(auto writer, ParquetWriter::Make(files.get(), schema, options.String(kCompression)));
    return std::unique_ptr<Encoder>(std::make_unique<ParquetEncoder>(
        std::move(files), std::move(writer), schema, static_cast<size_t>(options.Integer(kRowsPerRecord))));
  }

  Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema& schema,
                                                       const OptionValues& options) const override {
    ASSIGN_OR_RETURN(std::shared_ptr<MemoryFiles> files, Files());
    ASSIGN_OR_RETURN(auto writer, ParquetWriter::Make(files.get(), schema, options.String(kCompression)));
    return std::unique_ptr<FileEncoder>(
        std::make_unique<ParquetFileEncoder>(std::move(files), std::move(writer), schema));
  }

  bool PacksRows(const OptionValues& options) const override { return options.Integer(kRowsPerRecord) > 1; }
  bool TakesPredicates() const override { return true; }
  FileLayout Layout(const OptionValues& /*options*/) const override { return FileLayout::kWhole; }

  void Check(const Schema& columns, const OptionValues& /*options*/, OptionUse use,
             std::vector<Status>* problems) const override {
    if (use != OptionUse::kSink) return;
    for (const Column& column : columns) {
      const duckdb::LogicalType* const type = InexactType(*column.type);
      if (type == nullptr) continue;
      problems->push_back(Status::User("column " + column.name + " " + TypeName(*column.type) +
                                           " cannot be written as Parquet, which has no type for " + TypeName(*type),
                                       "declare it as TEXT or DECIMAL(38, 0), and cast it in the query"));
    }
  }

 private:
  Result<std::shared_ptr<MemoryFiles>> Files() const {
    std::lock_guard lock(mutex_);
    if (files_ == nullptr) {
      ASSIGN_OR_RETURN(files_, MemoryFiles::Open(memory_limit_bytes_));
    }
    return files_;
  }

  const int64_t memory_limit_bytes_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<MemoryFiles> files_;  // guarded by mutex_; shared: with decoders and encoders
};

}  // namespace

std::unique_ptr<Format> MakeParquetFormat(int64_t memory_limit_bytes) {
  return std::make_unique<ParquetFormat>(memory_limit_bytes);
}

std::vector<OptionSpec> ParquetFormatOptions() {
  return {
      {.name = kCompression,
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "snappy",
       .choices = {"uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"},
       .help = "The codec of a file's pages; a source reads all of them",
       .example = "zstd"},
      {.name = kRowsPerRecord,
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "2048",
       .min = 1,
       .max = static_cast<double>(kBatchRows),
       .help = "How many rows a record holds at most; fewer where they come one by one, or where the stream takes no "
               "record so large",
       .example = "500"},
  };
}

}  // namespace laminar
