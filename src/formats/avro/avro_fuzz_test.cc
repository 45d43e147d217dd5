// LLVMFuzzerTestOneInput: any bytes through the decoder, what comes out through the encoder and back, and containers
// gone on with at every row. Build this file with -fsanitize=fuzzer for a long run; the test below feeds it mutations
// of good records, which a sanitizer build then watches.
#include "base/check.h"
#include "base/random.h"
#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_rows_for_test.h"

namespace laminar {
namespace {

const Schema& FuzzSchema() {
  static const Schema schema = TestSchema({{"a", "BIGINT"},
                                           {"s", "VARCHAR"},
                                           {"j", "JSON"},
                                           {"d", "DECIMAL(38,10)"},
                                           {"t", "TIMESTAMP"},
                                           {"l", "STRUCT(k INTEGER, v VARCHAR[])[]"},
                                           {"m", "MAP(VARCHAR, HUGEINT)"},
                                           {"b", "BLOB"},
                                           {"e", "ENUM('x','y')"},
                                           {"r", "UTINYINT[2]"},
                                           {"u", "JSON"},
                                           {"o", "JSON"}});
  return schema;
}

// What the columns need, a field that they do not, a union of several types, a type that holds itself.
const char kFuzzAvroSchema[] =
    R"({"type":"record","name":"Row","fields":[
    {"name":"a","type":["null","long"]},{"name":"s","type":["null","string"]},
    {"name":"x","type":{"type":"map","values":{"type":"array","items":["null","double",{"type":"fixed","name":"F","size":3}]}}},
    {"name":"j","type":["null","string"]},
    {"name":"d","type":["null",{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}]},
    {"name":"t","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},
    {"name":"l","type":{"type":"array","items":{"type":"record","name":"K","fields":[{"name":"v","type":{"type":"array","items":"string"}},{"name":"k","type":"int"}]}}},
    {"name":"m","type":["null",{"type":"map","values":{"type":"bytes","logicalType":"decimal","precision":39}}]},
    {"name":"b","type":"bytes"},{"name":"e","type":{"type":"enum","name":"E","symbols":["y","z","x"]}},
    {"name":"r","type":["null",{"type":"array","items":"int"}]},
    {"name":"u","type":["null","int","string","float","boolean",{"type":"fixed","name":"D","size":12,"logicalType":"duration"}]},
    {"name":"o","type":["null","Row"]}]})";

AvroOptions FuzzOptions() {
  static const AvroSchemaRef schema = TestAvroSchema(kFuzzAvroSchema);
  AvroOptions options;
  options.schema = schema;
  return options;
}

std::vector<std::string> RowsOf(const std::vector<std::string>& records, const AvroOptions& options,
                                DecodeCursor cursor, size_t* bad_rows) {
  const TestRecords memory(records, '\x7f');
  const auto decoder = TestDecoder(FuzzSchema(), options);
  std::vector<std::string> rows;
  BadRows bad;
  Batch batch(FuzzSchema());
  for (bool done = false; !done;) {
    batch.Reset();
    done = decoder->Decode(memory.views(), &cursor, &bad, &batch).value();
    for (size_t row = 0; row < batch.rows(); row++) {
      std::string text;
      for (size_t i = 0; i < FuzzSchema().size(); i++) text += batch.chunk().GetValue(i, row).ToString() + "|";
      rows.push_back(std::move(text));
    }
    // There and back, as the columns' own schema has it.
    AvroOptions own;
    own.encoding = AvroEncoding::kContainer;
    own.codec = static_cast<AvroCodec>(batch.rows() % 4);
    const auto encoded = EncodeAvro(FuzzSchema(), own, batch);
    CHECK(encoded.ok());
    const auto again = TestDecoder(FuzzSchema(), own);
    const Decoded decoded = DecodeAvro(again.get(), encoded.value());
    CHECK(decoded.bad.empty() && decoded.rows.size() == batch.rows());
    for (size_t row = 0; row < batch.rows(); row++) {
      std::string text;
      for (const duckdb::Value& value : decoded.rows[row]) text += value.ToString() + "|";
      CHECK(text == rows[rows.size() - batch.rows() + row]);
    }
  }
  *bad_rows = bad.rows.size();
  return rows;
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  const std::string text(reinterpret_cast<const char*>(data), size);
  size_t bad;
  const std::vector<std::string> rows = RowsOf({text}, FuzzOptions(), {}, &bad);
  CHECK(rows.size() + bad > 0 || text.starts_with(kAvroMagic));
  RowsOf({text.substr(0, size / 2), text.substr(size / 2)}, FuzzOptions(), {}, &bad);
  AvroOptions raw = FuzzOptions();
  raw.encoding = AvroEncoding::kRaw;
  RowsOf({text}, raw, {}, &bad);
  // A fresh decoder gives the rest of what the first one gave.
  if (!text.starts_with(kAvroMagic) || rows.size() > 100) return 0;
  for (uint64_t offset = 1; offset <= rows.size(); offset++) {
    const std::vector<std::string> rest = RowsOf({text}, FuzzOptions(), {0, offset, 0}, &bad);
    CHECK(rest.size() <= rows.size() && std::equal(rest.rbegin(), rest.rend(), rows.rbegin()));
  }
  return 0;
}

namespace laminar {
namespace {

TEST(AvroFuzz, MutationsOfGoodRecords) {
  std::string datum = AvroLong(1) + AvroLong(-5) + AvroLong(1) + AvroText("text");
  datum += AvroLong(1) + AvroText("k") + AvroLong(1) + AvroLong(2) + "abc" + AvroLong(0) + AvroLong(0);
  datum += AvroLong(1) + AvroText(R"({"a":[1,2]})") + AvroLong(1) + AvroText("\x01\x02") + AvroLong(1) + AvroLong(1500);
  datum += AvroLong(1) + AvroLong(1) + AvroText("v") + AvroLong(0) + AvroLong(7) + AvroLong(0);
  datum += AvroLong(1) + AvroLong(2) + AvroText("x") + AvroText("\x05") + AvroText("x") + AvroText("") + AvroLong(0);
  datum += AvroText("blob") + AvroLong(2) + AvroLong(1) + AvroLong(2) + AvroLong(1) + AvroLong(2) + AvroLong(0);
  datum += AvroLong(2) + AvroText("u") + AvroLong(0);
  size_t bad;
  ASSERT_EQ(RowsOf({datum}, FuzzOptions(), {}, &bad).size(), 1u);
  std::vector<std::string> seeds = {datum, "\xC3\x01" + AvroFixed(FuzzOptions().schema->fingerprint()) + datum};
  for (int codec = 0; codec < 4; codec++) {
    seeds.emplace_back();
    AppendAvroContainer(FuzzOptions().schema->text(), static_cast<AvroCodec>(codec), 3, datum + datum + datum,
                        &seeds.back());
    ASSERT_EQ(RowsOf({seeds.back()}, FuzzOptions(), {}, &bad).size(), 3u);
  }
  Random random(5);
  for (int round = 0; round < 1500; round++) {
    std::string text = seeds[random.Uniform(seeds.size())];
    for (uint64_t n = 1 + random.Uniform(4); n > 0 && !text.empty(); n--) {
      // Mostly behind the schema, where the data is.
      const size_t at =
          text.size() - 1 - random.Uniform(random.Uniform(4) ? std::min<size_t>(text.size(), 150) : text.size());
      switch (random.Uniform(4)) {
        case 0:
          text[at] = static_cast<char>(random.Next());
          break;
        case 1:
          text.insert(at, 1, static_cast<char>(random.Next()));
          break;
        case 2:
          text.erase(at, 1 + random.Uniform(8));
          break;
        default:
          text[at] = static_cast<char>(text[at] + 1);
      }
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
}  // namespace laminar
