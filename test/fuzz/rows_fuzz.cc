// Rows of a checkpoint's files. The first byte of the input says which schema is expected: of one column, of several,
// or whatever the input itself says; the rest are batches. What is read without an error is written, and then read and
// written once more: the bytes must be the same.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "state/rows_codec.h"

namespace laminar {
namespace {

constexpr const char* kTypes[] = {"BOOLEAN",
                                  "TINYINT",
                                  "SMALLINT",
                                  "INTEGER",
                                  "BIGINT",
                                  "HUGEINT",
                                  "UBIGINT",
                                  "UHUGEINT",
                                  "FLOAT",
                                  "DOUBLE",
                                  "DECIMAL(4,2)",
                                  "DECIMAL(38,10)",
                                  "DATE",
                                  "TIME",
                                  "TIMETZ",
                                  "TIMESTAMP",
                                  "TIMESTAMP_NS",
                                  "TIMESTAMPTZ",
                                  "INTERVAL",
                                  "UUID",
                                  "VARCHAR",
                                  "BLOB",
                                  "BIT",
                                  "ENUM('x','y')",
                                  "BIGINT[]",
                                  "VARCHAR[][]",
                                  "INTEGER[3]",
                                  "STRUCT(a BIGINT, b VARCHAR[])",
                                  "MAP(VARCHAR, DOUBLE)",
                                  "STRUCT(a VARCHAR[2], b MAP(BIGINT, BLOB))[]"};
constexpr size_t kTypeCount = std::size(kTypes);

// One for each type, and one of many columns.
const std::vector<Schema>& Schemas() {
  static const std::vector<Schema> schemas = [] {
    std::vector<Schema> all;
    for (const char* type : kTypes) all.push_back({Column{"c", MakeType(type)}});
    Schema many;
    for (size_t i = 0; i < kTypeCount; i += 4) many.push_back(Column{"c" + std::to_string(i), MakeType(kTypes[i])});
    all.push_back(std::move(many));
    return all;
  }();
  return schemas;
}

std::string HeaderOf(const Schema& schema) {
  std::string bytes = RowsWriter(schema).Take();
  bytes.resize(bytes.size() - 4);  // the four bytes that say: no more batches
  return bytes;
}

// What the bytes hold, written again; false: they hold no rows of the schema.
bool Rewrite(const std::string& bytes, const Schema& schema, std::string* out) {
  // In an allocation of their own, so that a sanitizer sees every byte too far.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  auto reader = RowsReader::Open("fuzz", {exact.data(), exact.size()}, schema);
  if (!reader.ok()) return false;
  RowsWriter writer(schema);
  Batch batch(schema);
  for (;;) {
    batch.Reset();
    const auto more = reader->Next(&batch);
    if (!more.ok()) {
      CHECK(more.status().kind() == StatusKind::kEnvironment);
      return false;
    }
    if (!*more) break;
    CHECK(batch.rows() > 0);
    writer.Add(batch);
  }
  *out = writer.Take();
  return true;
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  if (size == 0) return 0;
  const size_t choice = data[0] % (Schemas().size() * 2);
  const Schema& schema = Schemas()[choice % Schemas().size()];
  std::string bytes = choice < Schemas().size() ? HeaderOf(schema) : "";
  bytes.append(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string once, twice;
  if (Rewrite(bytes, schema, &once)) {
    CHECK(Rewrite(once, schema, &twice));
    CHECK(once == twice);
  }
  return 0;
}
