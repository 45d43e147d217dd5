#include "cli/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

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

constexpr int64_t kMaxSchemaFileBytes = 16 << 20;

// An eighth, as of what DuckDB may take.
size_t LargestPlainRecord(int64_t memory_limit_bytes) {
  return std::min(static_cast<size_t>(DuckMemory(memory_limit_bytes)), kLargestPlainRecord);
}

Result<std::string> ReadSchemaFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSchemaFileBytes + 1, '\0');
  if (file.read(text.data(), kMaxSchemaFileBytes + 1) || file.bad())
    return Status::User("the schema file " + path + " is larger than 16 MB or no file", "Name a file with one schema");
  if (file.gcount() == 0)
    return Status::User("the schema file " + path + " cannot be read or is empty",
                        "Check its path and its permissions");
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

}  // namespace

World::World() : random_(Random::EntropySeed()) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::Make(int64_t memory_limit_bytes) {
  RETURN_IF_ERROR(DuckSelfTest());
  std::unique_ptr<World> world(new World());
  ASSIGN_OR_RETURN(world->database_, DuckDatabase::Open(&world->clock_, DuckMemory(memory_limit_bytes)));
  world->session_ = world->database_->NewSession();
  const auto aws = std::make_shared<aws::Session>(&world->clock_, world->random_.Next());
  world->kinesis_ = kinesis::MakeHttpKinesisApiFactory(aws);
  world->registries_ = MakeHttpSchemaRegistries(aws, world->random_.Next());
  world->registry_.Add(kinesis::MakeKinesisConnector(world->kinesis_.get()));
  world->registry_.Add(MakeFileConnector());
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
      compressed(with_registry(MakeRegisteredJsonFormat(MakeJsonFormat(ReadSchemaFile), world->registries_.get()))),
      WithCompression(WithRegisteredJson(JsonFormatOptions())));
  world->registry_.AddFormat("csv", compressed(MakeCsvFormat(world->database_.get())),
                             WithCompression(CsvFormatOptions()));
  world->registry_.AddFormat("raw", compressed(MakeRawFormat()), WithCompression({}));
  world->registry_.AddFormatAlias("raw_bytes", "raw");
  world->registry_.AddFormat("raw_string", compressed(MakeRawStringFormat()), WithCompression({}));
  world->registry_.AddFormat("parquet", MakeParquetFormat(DuckMemory(memory_limit_bytes)), ParquetFormatOptions());
  world->registry_.AddFormat(
      "avro",
      with_registry(MakeAvroFormat(ReadSchemaFile, world->registries_.get(), LargestPlainRecord(memory_limit_bytes))),
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
