// LLVMFuzzerTestOneInput: any bytes as a file, and in two halves as records. Build this file with -fsanitize=fuzzer for
// a long run; the test below feeds it mutations of good files, which a sanitizer build then watches.
#include <gtest/gtest.h>

#include <set>

#include "base/check.h"
#include "base/random.h"
#include "duck/pch.h"
#include "formats/compression/compressor.h"
#include "infer/statement.h"
#include "infer/world_for_test.h"

namespace laminar::infer {
namespace {

// CHECKs that whatever the bytes are is no fault of ours, and that a table says what it is made of.
void Exercise(TestWorld* world, std::vector<std::string> records, bool drops_bad) {
  const auto table = world->Infer(std::move(records), {.format = "", .drops_bad = drops_bad}, 1000);
  if (!table.ok()) {
    CHECK_MSG(table.status().kind() != StatusKind::kBug, table.status().ToString().c_str());
    const std::string message = table.status().ToString();
    CHECK(!table.status().message().empty() && duckdb::Value::StringIsValid(message.data(), message.size()));
    return;
  }
  CHECK(!table->columns.empty() && table->rows <= 1000);
  CHECK(drops_bad || table->bad_rows == 0 || table->format == "csv");
  std::set<std::string> names;
  for (const InferredColumn& column : table->columns) {
    CHECK(column.nulls <= table->rows && !column.name.empty());
    CHECK(names.insert(duckdb::StringUtil::Lower(column.name)).second);
  }
  const std::string sql = CreateTable(*table, {"t", "bytes", {{"connector", "kinesis"}}});
  CHECK(sql.ends_with(");\n-- To run it, add a query: SELECT * FROM t;\n") && sql.find('\0') == sql.npos);
}

}  // namespace
}  // namespace laminar::infer

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar::infer;
  static TestWorld* const world = new TestWorld;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Exercise(world, {text}, true);
  Exercise(world, {text.substr(0, size / 2), text.substr(size / 2)}, false);
  return 0;
}

namespace laminar::infer {
namespace {

std::string Mutated(std::string text, Random* random) {
  for (uint64_t n = 1 + random->Uniform(4); n > 0 && !text.empty(); n--) {
    const size_t at = random->Uniform(text.size());
    switch (random->Uniform(4)) {
      case 0:
        text[at] = static_cast<char>(random->Uniform(256));
        break;
      case 1:
        text.insert(at, text.substr(random->Uniform(text.size()), random->Uniform(30)));
        break;
      case 2:
        text.erase(at, 1 + random->Uniform(8));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST(InferFuzz, MutationsOfGoodFiles) {
  std::string zipped;
  Compressor(Compression::kGzip).Append("{\"n\":1}\n{\"n\":2}\n", &zipped);
  const std::string avro = "Obj\x01\x02\x16" + std::string("avro.schema\x0c\"long\"\x00", 19) + std::string(16, 's') +
                           "\x04\x04\x02\x04" + std::string(16, 's');
  const std::vector<std::string> files = {
      "{\"a\":1,\"t\":\"2026-01-01T10:00:00Z\",\"o\":{\"x\":[1,2.5,null]}}\n{\"a\":\"x\",\"b\":true}\n",
      "id;name\n1;\"a;b\"\n2;\"c\"\"d\"\n3;\n", "1,2026-01-01\n2,2026-01-02\n", zipped, avro};
  TestWorld world;
  EXPECT_TRUE(world.Infer({avro}).ok());
  Random random(11);
  for (int round = 0; round < 2000; round++) {
    const std::string text = Mutated(files[random.Uniform(files.size())], &random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
}  // namespace laminar::infer
