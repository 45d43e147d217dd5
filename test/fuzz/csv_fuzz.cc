// Any bytes as records of CSV, with and without a header: decoding ends, and what comes out survives encoding and
// decoding.
#include "base/check.h"
#include "base/clock.h"
#include "formats/csv/csv_decoder.h"
#include "formats/csv/csv_encoder.h"
#include "formats/rows_for_test.h"

namespace laminar {
namespace {

std::unique_ptr<DuckSession> NewSession() {
  static SystemClock clock;
  static DuckDatabase* const database = DuckDatabase::Open(&clock, 256 << 20).value().release();
  return database->NewSession();
}

Schema Columns() {
  Schema schema = TestSchema({{"n", "BIGINT"}, {"t", "VARCHAR"}, {"l", "INTEGER[]"}});
  for (uint32_t i = 0; i < schema.size(); i++) schema[i].position = i;
  return schema;
}

void Exercise(const std::vector<std::string>& records, const CsvOptions& options) {
  static const Schema schema = Columns();
  const TestRecords memory(records);
  CsvDecoder decoder(NewSession(), schema, options), again(NewSession(), schema, options);
  CsvEncoder encoder(NewSession(), schema, options);
  BadRows bad;
  DecodeCursor cursor;
  Batch batch(schema);
  for (bool done = false; !done;) {
    batch.Reset();
    done = decoder.Decode(memory.views(), &cursor, &bad, &batch).value();
    CHECK(done || batch.rows() > 0);
    CHECK(batch.origin_rows.size() == batch.rows());
    EncodedRows encoded;
    CHECK(encoder.Encode(batch, &encoded).ok());
    std::vector<std::string> lines;
    for (size_t i = 0; i < encoded.rows(); i++) lines.emplace_back(encoded.row(i));
    const TestRecords copies(lines);
    BadRows none;
    DecodeCursor second_cursor;
    Batch second(schema);
    CHECK(again.Decode(copies.views(), &second_cursor, &none, &second).value());
    CHECK(none.rows.empty() && second.rows() == batch.rows());
    for (size_t column = 0; column < schema.size(); column++) {
      for (size_t row = 0; row < batch.rows(); row++)
        CHECK(second.chunk().GetValue(column, row).ToString() == batch.chunk().GetValue(column, row).ToString());
    }
  }
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t half = size / 2;
  laminar::CsvOptions other;
  other.header = true;
  other.escape = '\\';
  other.null = "NULL";
  laminar::CsvOptions of_table;
  of_table.fields = 3;
  laminar::Exercise({text, text.substr(half)}, {});
  laminar::Exercise({text, text.substr(half)}, of_table);
  laminar::Exercise({text, text.substr(half)}, other);
  return 0;
}
