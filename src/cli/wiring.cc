#include "cli/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "aws/environment.h"
#include "connectors/blackhole/blackhole_connector.h"
#include "connectors/file/file_connector.h"
#include "connectors/generator/generator_connector.h"
#include "connectors/kinesis/factory.h"
#include "connectors/kinesis/kinesis_connector.h"
#include "connectors/stdout/stdout_connector.h"
#include "engine/memory_shares.h"
#include "formats/avro/avro_format.h"
#include "formats/compression/compressed_format.h"
#include "formats/csv/csv_format.h"
#include "formats/json/json_format.h"
#include "formats/json/registered_json_format.h"
#include "formats/parquet/parquet_format.h"
#include "formats/raw/raw_format.h"
#include "schema_registries/registries.h"

namespace laminar::cli {

namespace {

constexpr size_t kMaxSchemaFileBytes = 16 << 20;

// An eighth, as of what DuckDB may take.
size_t LargestPlainRecord(int64_t memory_limit_bytes) {
  return std::min(static_cast<size_t>(DuckMemory(memory_limit_bytes)), kLargestPlainRecord);
}

SchemaFileReader SchemaFilesOf(const FileAccess& files) {
  return [files](const std::string& path) -> Result<std::string> {
    Result<std::string> text = files.Read(path, kMaxSchemaFileBytes);
    if (!text.ok() && text.status().kind() == StatusKind::kUser) return text;
    if (text.ok() && !text->empty()) return text;
    return Status::User(
        "the schema file " + path + (text.ok() ? " is empty" : " cannot be read: " + text.status().message()),
        "Name a file with one schema, and check its permissions");
  };
}

}  // namespace

World::World() : random_(Random::EntropySeed()) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::Make(int64_t memory_limit_bytes, WorldOptions options) {
  RETURN_IF_ERROR(DuckSelfTest());
  std::unique_ptr<World> world(new World());
  world->secrets_ = options.secrets != nullptr
                        ? std::move(options.secrets)
                        : MakeSecrets({aws::ProcessEnvironment(), FileAccess::Any(), /*hidden_prefix=*/""});
  world->registry_.UseSecrets(world->secrets_.get());
  const SchemaFileReader schema_files = SchemaFilesOf(options.files);
  ASSIGN_OR_RETURN(world->database_, DuckDatabase::Open(&world->clock_, DuckMemory(memory_limit_bytes)));
  world->session_ = world->database_->NewSession();
  const auto aws = std::make_shared<aws::Session>(&world->clock_, world->random_.Next());
  world->kinesis_ = kinesis::MakeHttpKinesisApiFactory(aws);
  world->registries_ = MakeHttpSchemaRegistries(aws, world->random_.Next());
  world->registry_.Add(kinesis::MakeKinesisConnector(world->kinesis_.get(), options.files));
  world->registry_.Add(MakeFileConnector(options.files));
  world->registry_.Add(MakeStdoutConnector());
  world->registry_.Add(MakeBlackholeConnector());
  world->registry_.Add(MakeGeneratorConnector(world->database_.get()));
  const auto compressed = [most = LargestPlainRecord(memory_limit_bytes)](std::unique_ptr<Format> inner) {
    return MakeCompressedFormat(std::move(inner), most);
  };
  const auto with_registry = [most = LargestPlainRecord(memory_limit_bytes)](std::unique_ptr<Format> inner) {
    return MakeGlueCompressedFormat(std::move(inner), most);
  };
  world->registry_.AddFormat(
      "json",
      compressed(with_registry(MakeRegisteredJsonFormat(MakeJsonFormat(schema_files), world->registries_.get()))),
      WithCompression(WithRegisteredJson(JsonFormatOptions())));
  world->registry_.AddFormat("csv", compressed(MakeCsvFormat(world->database_.get())),
                             WithCompression(CsvFormatOptions()));
  world->registry_.AddFormat("raw", compressed(MakeRawFormat()), WithCompression({}));
  world->registry_.AddFormatAlias("raw_bytes", "raw");
  world->registry_.AddFormat("raw_string", compressed(MakeRawStringFormat()), WithCompression({}));
  world->registry_.AddFormat("parquet", MakeParquetFormat(DuckMemory(memory_limit_bytes)), ParquetFormatOptions());
  world->registry_.AddFormat(
      "avro",
      with_registry(MakeAvroFormat(schema_files, world->registries_.get(), LargestPlainRecord(memory_limit_bytes))),
      AvroFormatOptions());
  return world;
}

int64_t DefaultMemoryLimit() {
  int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  std::ifstream limit("/sys/fs/cgroup/memory.max");  // "max" where there is none
  int64_t group = 0;
  if (limit >> group && group > 0) bytes = std::min(bytes, group);
  return std::max(bytes / 2, kLeastMemoryLimit);
}

}  // namespace laminar::cli
