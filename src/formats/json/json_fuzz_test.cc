// LLVMFuzzerTestOneInput: any bytes through the decoder, what comes out through the encoder and back. Build this file
// with -fsanitize=fuzzer for a long run; the test below feeds it mutations of good records, which a sanitizer build
// then watches.
#include "base/check.h"
#include "base/random.h"
#include "formats/json/json_rows_for_test.h"

namespace laminar {
namespace {

// The rows as text; CHECKs that decoding ends and that good rows survive encoding and decoding.
void Exercise(const Schema& schema, const JsonOptions& options, const std::vector<std::string>& records) {
  const TestRecords memory(records, '9');
  JsonDecoder decoder(schema, options);
  JsonDecoder again(schema, options);
  JsonEncoder encoder(schema, options);
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  size_t total = 0, bytes = 0;
  for (const std::string& record : records) bytes += record.size();
  for (bool done = false; !done;) {
    batch.Reset();
    done = decoder.Decode(memory.views(), &cursor, &bad, &batch).value();
    total += batch.rows() + bad.rows.size();
    CHECK(total <= bytes);  // every row and every bad value took at least a byte
    bad.rows.clear();
    EncodedRows encoded;
    CHECK(encoder.Encode(batch, &encoded).ok());
    std::vector<std::string> lines;
    for (size_t i = 0; i < encoded.rows(); i++) lines.emplace_back(encoded.row(i));
    const TestRecords copies(lines);
    DecodeCursor second_cursor;
    Batch second(schema);
    CHECK(again.Decode(copies.views(), &second_cursor, &bad, &second).value());
    CHECK(bad.rows.empty() && second.rows() == batch.rows());
    for (size_t i = 0; i < schema.size(); i++) {
      for (size_t row = 0; row < batch.rows(); row++) {
        const bool minified = schema[i].type->IsJSONType();
        CHECK(minified || second.chunk().GetValue(i, row).ToString() == batch.chunk().GetValue(i, row).ToString());
      }
    }
  }
}

const Schema& FuzzSchema() {
  static const Schema schema = TestSchema({{"a", "BIGINT"},
                                           {"s", "VARCHAR"},
                                           {"j", "JSON"},
                                           {"d", "DECIMAL(38,10)"},
                                           {"t", "TIMESTAMP"},
                                           {"l", "STRUCT(k INTEGER, v VARCHAR[])[]"},
                                           {"m", "MAP(VARCHAR, HUGEINT)"},
                                           {"b", "BLOB"},
                                           {"r", "UTINYINT[2]"},
                                           {"u", "UUID"},
                                           {"i", "INTERVAL"},
                                           {"e", "ENUM('x','y')"}});
  return schema;
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // In two records as well: resuming, origins, padding between.
  Exercise(FuzzSchema(), {}, {text});
  Exercise(FuzzSchema(), {.timestamp_format = JsonTimestampFormat::kEpochNanos},
           {text.substr(0, size / 2), text.substr(size / 2)});
  Exercise(FuzzSchema(), {.case_insensitive = true, .unknown_fields_are_bad = true}, {text});
  static const Schema value = TestSchema({{"value", "JSON"}});
  Exercise(value, {.unstructured = true}, {text});
  return 0;
}

namespace laminar {
namespace {

TEST(JsonFuzz, MutationsOfGoodRecords) {
  const std::string seeds[] = {
      R"({"a":1,"s":"text","j":{"k":[1,2,{"x":null}]},"d":12345678901234.5678,"t":"2026-01-01T00:00:00.001Z","l":[{"k":1,"v":["a","b"]}],"m":{"x":1,"y":2}})",
      R"({"b":"AGFi","r":[1,255],"u":"6f1f0e1e-6c6d-4a8a-9b3b-0d6f7a8b9c0d","i":"1 day","e":"x","a":"12","t":1767225600001,"d":"1e3","s":"\u00e9\ud83d\ude00\n"})",
      "{\n  \"a\": 1,\n  \"l\": [\n    {\"k\": 1}\n  ]\n}\n{\"a\":2}\n\n{\"a\":-9223372036854775808}{\"s\":1.5e300}",
      R"([1,"x",true,null] "text" 12 {"a":null,"t":"infinity"})",
      R"({"A":1,"a":2,"L":[{"K":1,"k":2,"V":[]},{"z":1}],"x":{"a":1}}{"\u0041":3,"S":"x","B":"AA=="})"};
  static const char kBytes[] = "\"\\{}[]:,0-19.eE+ntfu \n\r\t\x01\xff\x80\xc3\xe2\xf0/";
  Random random(5);
  for (int round = 0; round < 6000; round++) {
    std::string text = seeds[random.Uniform(std::size(seeds))];
    if (random.Uniform(3) == 0) text += "\n" + seeds[random.Uniform(std::size(seeds))];
    for (uint64_t n = random.Uniform(6); n > 0 && !text.empty(); n--) {
      const size_t at = random.Uniform(text.size());
      switch (random.Uniform(5)) {
        case 0:
          text[at] = kBytes[random.Uniform(sizeof(kBytes) - 1)];
          break;
        case 1:
          text.insert(at, 1, kBytes[random.Uniform(sizeof(kBytes) - 1)]);
          break;
        case 2:
          text.erase(at, 1 + random.Uniform(8));
          break;
        case 3:
          text.insert(at, text.substr(random.Uniform(text.size()), random.Uniform(30)));
          break;
        default:
          text.resize(at);
      }
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
}  // namespace laminar
