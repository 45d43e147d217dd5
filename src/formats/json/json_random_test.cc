// Random rows there and back, random JSON against DuckDB's own reading of it, broken lines among good ones.
#include <cctype>

#include "duckdb/main/appender.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"

#include "base/random.h"
#include "formats/json/json_rows_for_test.h"
#include "formats/json/json_string.h"
#include "formats/json/random_value_for_test.h"

namespace laminar {
namespace {

using duckdb::Value;

TEST(JsonRandom, RowsThereAndBack) {
  const std::vector<std::string> types = {"BOOLEAN",
                                          "TINYINT",
                                          "SMALLINT",
                                          "INTEGER",
                                          "BIGINT",
                                          "UTINYINT",
                                          "USMALLINT",
                                          "UINTEGER",
                                          "UBIGINT",
                                          "HUGEINT",
                                          "UHUGEINT",
                                          "FLOAT",
                                          "DOUBLE",
                                          "DECIMAL(4,2)",
                                          "DECIMAL(9,0)",
                                          "DECIMAL(18,3)",
                                          "DECIMAL(38,10)",
                                          "DECIMAL(38,38)",
                                          "TIMESTAMP",
                                          "TIMESTAMPTZ",
                                          "TIMESTAMP_S",
                                          "TIMESTAMP_MS",
                                          "TIMESTAMP_NS",
                                          "DATE",
                                          "TIME",
                                          "INTERVAL",
                                          "UUID",
                                          "BLOB",
                                          "ENUM('red','green \"\"')",
                                          "VARCHAR",
                                          "JSON",
                                          "INTEGER[]",
                                          "VARCHAR[2]",
                                          "JSON[]",
                                          "TIMESTAMP[][]",
                                          "STRUCT(a INTEGER, b STRUCT(\"c d\" VARCHAR, e DOUBLE[]))[]",
                                          "MAP(VARCHAR, STRUCT(a DECIMAL(18,3)))",
                                          "MAP(INTEGER, VARCHAR[])",
                                          "STRUCT(a INTEGER[2], b MAP(VARCHAR, DATE))[2]"};
  Random random(20260101);
  for (int round = 0; round < 40; round++) {
    JsonOptions options;
    if (round % 3 == 1) options.timestamp_format = JsonTimestampFormat::kEpochNanos;
    if (round % 3 == 2) options.timestamp_format = JsonTimestampFormat::kSql;
    Schema schema;
    for (uint64_t n = 1 + random.Uniform(8); n > 0; n--) {
      schema.push_back(
          {"c" + std::to_string(n) + RandomText(&random), MakeType(types[random.Uniform(types.size())]), false});
    }
    const size_t rows = 1 + random.Uniform(300);
    Batch batch(schema);
    batch.chunk().SetCardinality(rows);
    std::vector<std::vector<std::string>> expected(rows);
    for (size_t row = 0; row < rows; row++) {
      for (size_t i = 0; i < schema.size(); i++) {
        const Value value = RandomValue(*schema[i].type, &random);
        batch.chunk().SetValue(i, row, value);
        expected[row].push_back(value.ToString());
      }
    }
    const std::vector<std::string> lines = EncodeAll(schema, batch, options);
    std::vector<std::string> records;
    for (const std::string& line : lines) {
      ASSERT_EQ(line.find('\n'), std::string::npos);
      if (records.empty() || random.Uniform(3) == 0) {
        records.push_back(line);
      } else {
        records.back() += "\n" + line;
      }
    }
    // What is written has no field that is unknown; names in another case find their columns.
    options.unknown_fields_are_bad = random.Uniform(2) == 0;
    options.case_insensitive = random.Uniform(2) == 0;
    Schema read = schema;
    for (Column& column : read) {
      for (char& c : column.name) {
        if (options.case_insensitive && std::isalpha(static_cast<unsigned char>(c)) && random.Uniform(2)) c ^= 0x20;
      }
    }
    const Decoded decoded = DecodeAll(read, records, options);
    ASSERT_TRUE(decoded.bad.empty()) << decoded.bad[0].column << ": " << decoded.bad[0].reason;
    ASSERT_EQ(decoded.rows.size(), rows);
    for (size_t row = 0; row < rows; row++) {
      for (size_t i = 0; i < schema.size(); i++) {
        ASSERT_EQ(decoded.rows[row][i].ToString(), expected[row][i]) << TypeName(*schema[i].type) << " " << lines[row];
      }
    }
  }
}

TEST(JsonRandom, AsDuckDbReadsIt) {
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  ASSERT_FALSE(connection.Query("CREATE TABLE t(j VARCHAR)")->HasError());
  Random random(7);
  const auto space = [&] { return std::string(random.Uniform(6) == 0 ? random.Uniform(3) : 0, ' '); };
  std::vector<std::string> records;
  duckdb::Appender appender(connection, "t");
  const std::vector<std::pair<std::string, std::string>> columns = {
      {"a", "BIGINT"},    {"b", "DOUBLE"},  {"c", "VARCHAR"}, {"d", "DECIMAL(18,3)"},
      {"e", "TIMESTAMP"}, {"f", "BOOLEAN"}, {"g", "JSON"},    {"h", "UBIGINT"}};
  for (int i = 0; i < 4000; i++) {
    std::vector<std::string> fields;
    const auto field = [&](const std::string& name, const std::string& value) {
      if (random.Uniform(10) != 0)
        fields.push_back("\"" + name + "\"" + space() + ":" + space() + (random.Uniform(10) == 0 ? "null" : value) +
                         space());
    };
    const auto number = std::to_string(static_cast<int64_t>(random.Next()) >> random.Uniform(63));
    field("a", random.Uniform(4) ? number : "\"" + number + "\"");
    field("b", std::to_string(random.Uniform(100000)) + "." + RandomDigits(&random, 20) +
                   (random.Uniform(2) ? "" : "e" + std::to_string(static_cast<int>(random.Uniform(600)) - 300)));
    field("c", random.Uniform(4) ? QuoteJson(RandomText(&random)) : random.Uniform(2) ? "true" : number);
    // At most 15 digits: DuckDB reads it through a double.
    field("d", (random.Uniform(2) ? "-" : "") + std::to_string(random.Uniform(1'000'000'000)) + "." +
                   RandomDigits(&random, 6));
    field("e", "\"" +
                   Value::TIMESTAMP(duckdb::timestamp_t(static_cast<int64_t>(random.Uniform(4'000'000'000'000'000))))
                       .ToString() +
                   (random.Uniform(2) ? "" : "Z") + "\"");
    field("f", random.Uniform(2) ? "true" : "false");
    field("g", RandomJson(&random));
    field("x" + std::to_string(random.Uniform(3)), RandomJson(&random));
    field("h", std::to_string(random.Next()));
    for (size_t k = fields.size(); k > 1 && random.Uniform(4) == 0; k--)
      std::swap(fields[k - 1], fields[random.Uniform(k)]);
    std::string json = space() + "{" + space();
    for (size_t k = 0; k < fields.size(); k++) json += (k ? "," : "") + space() + fields[k];
    records.push_back(json + "}" + space());
    appender.AppendRow(Value(records.back()));
  }
  appender.Close();
  std::string query;
  for (const auto& [name, type] : columns) {
    query += (query.empty() ? "SELECT " : ", ") + (type == "JSON"
                                                       ? "nullif(json(j::JSON->'$." + name + "')::VARCHAR, 'null')"
                                                       : "CAST(j::JSON->>'$." + name + "' AS " + type + ")");
  }
  const auto expected = connection.Query(query + " FROM t");
  ASSERT_FALSE(expected->HasError()) << expected->GetError();
  const Decoded decoded = DecodeAll(TestSchema(columns), records);
  ASSERT_TRUE(decoded.bad.empty()) << decoded.bad[0].column << ": " << decoded.bad[0].reason;
  ASSERT_EQ(decoded.rows.size(), records.size());
  for (size_t row = 0; row < records.size(); row++) {
    for (size_t i = 0; i < columns.size(); i++) {
      Value got = decoded.rows[row][i];
      if (columns[i].second == "JSON" && !got.IsNull()) {
        // DuckDB writes escapes in its own way.
        got = connection.Query("SELECT json(" + Value(got.ToString()).ToSQLString() + ")::VARCHAR")->GetValue(0, 0);
      }
      ASSERT_EQ(got.ToString(), expected->GetValue(i, row).ToString()) << columns[i].first << " of " << records[row];
    }
  }
}

TEST(JsonRandom, BrokenLinesLoseNoGoodRow) {
  static const char kBytes[] = "\"\\{}[]:,0-1.eE+ntf \x01\xff\x80\xc3u\r\t";
  const Schema schema =
      TestSchema({{"a", "BIGINT"}, {"b", "STRUCT(c VARCHAR, d DOUBLE[])"}, {"t", "TIMESTAMP"}, {"j", "JSON"}});
  Random random(99);
  for (int round = 0; round < 300; round++) {
    std::string block;
    std::vector<std::string> expected;
    std::vector<bool> broken;
    const uint64_t lines = 1 + random.Uniform(random.Uniform(10) == 0 ? 3000 : 30);
    for (uint64_t i = 0; i < lines; i++) {
      std::string line = "{\"a\":" + std::to_string(i) + ",\"b\":{\"c\":" + QuoteJson(RandomText(&random)) +
                         ",\"d\":[1.5]},\"t\":\"2026-01-01T00:00:00.001Z\",\"j\":" + RandomJson(&random) + "}";
      const bool is_broken = random.Uniform(lines > 100 ? 200 : 4) == 0;
      for (uint64_t n = is_broken ? 1 + random.Uniform(5) : 0; n > 0; n--) {
        const size_t at = random.Uniform(line.size());
        const char byte = kBytes[random.Uniform(sizeof(kBytes) - 1)];
        switch (random.Uniform(3)) {
          case 0:
            line[at] = byte;
            break;
          case 1:
            line.insert(at, 1, byte);
            break;
          default:
            line.erase(at, 1 + random.Uniform(10));
        }
        if (line.empty()) line = "{";
      }
      if (!is_broken) expected.push_back(std::to_string(i));
      broken.push_back(is_broken);
      block += line + "\n";
    }
    const Decoded decoded = DecodeAll(schema, {block});
    // Every good line's row, in its order; a broken line may still have given a row or not.
    size_t next = 0;
    for (const auto& row : decoded.rows) next += next < expected.size() && row[0].ToString() == expected[next];
    ASSERT_EQ(next, expected.size()) << block;
    for (const BadRow& bad : decoded.bad)
      ASSERT_TRUE(broken[std::max<uint64_t>(bad.line, 1) - 1]) << bad.reason << "\n" << block;
  }
}

}  // namespace
}  // namespace laminar
