// Rows are made shard by shard: a clock goes on from row to row, and the row's time is up to the table's delay before
// it. So no row is late in its shard, whatever the others do, and a stream has to give what a batch gives.
#include "random_case.h"

#include <algorithm>
#include <map>

#include "duckdb.hpp"

#include "base/clock.h"
#include "base/random.h"

namespace laminar::oracle {
namespace {

using sqltest::Shard;

constexpr int64_t kMinute = 60 * kMicrosPerSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

template <class T>
T OneOf(Random* random, const std::vector<T>& values) {
  return values[random->Uniform(values.size())];
}

std::string Interval(int64_t micros) {
  if (micros % kMicrosPerSecond != 0) return "INTERVAL '" + std::to_string(micros / kMicrosPerMilli) + " milliseconds'";
  if (micros % kMinute != 0) return "INTERVAL '" + std::to_string(micros / kMicrosPerSecond) + "' SECOND";
  if (micros % kHour != 0) return "INTERVAL '" + std::to_string(micros / kMinute) + "' MINUTE";
  return "INTERVAL '" + std::to_string(micros / kHour) + " hours'";
}

std::string Replaced(std::string text, const std::map<std::string, std::string>& values) {
  for (size_t at = 0; (at = text.find('{', at)) != std::string::npos;) {
    const size_t end = text.find('}', at);
    const auto value = values.find(text.substr(at + 1, end - at - 1));
    if (value == values.end()) {  // a brace of the query's own
      at++;
      continue;
    }
    text.replace(at, end + 1 - at, value->second);
    at += value->second.size();
  }
  return text;
}

struct Columns {
  uint64_t keys, groups;  // how many different there are
  double null_rate;
  uint64_t key_null_per_100;  // of k and g
};

class TableMaker {
 public:
  TableMaker(Random* random, int64_t size) : random_(random), size_(size) {
    delay_ = OneOf<int64_t>(random_, {0, 0, kMicrosPerSecond, 5 * kMicrosPerSecond, kMinute, size});
    step_ = std::max<int64_t>(1, OneOf<int64_t>(random_, {0, size / 100, size / 10, size / 2, size * 2}));
    grain_ = OneOf<int64_t>(random_, {1, kMicrosPerMilli, kMicrosPerSecond, std::max<int64_t>(size / 7, 1)});
    start_ = OneOf<int64_t>(random_, {1'704'067'200'000'000, 1'709'164'800'000'000 - size, -size * 3, -200 * 365 * kDay,
                                      1'735'689'599'000'000});
    columns_ = {OneOf<uint64_t>(random_, {1, 3, 10, 400}), OneOf<uint64_t>(random_, {1, 4, 20}),
                OneOf<double>(random_, {0, 0.1, 0.6}), OneOf<uint64_t>(random_, {0, 10})};
  }
  int64_t delay() const { return delay_; }

  // The shards of one table. All shards of both tables begin at about the same time, but for some that lag.
  std::map<int, Shard> MakeShards(int64_t* next_id) {
    std::map<int, Shard> shards;
    const auto count = static_cast<int>(OneOf<int64_t>(random_, {1, 1, 2, 3, 4, 7}));
    const uint64_t most = OneOf<uint64_t>(random_, {5, 30, 30, 100, 100, 400});
    for (int number = 1; number <= count; number++) {
      uint64_t rows = random_->Uniform(most + 1);
      if (random_->Uniform(150) == 0) rows += 2500;  // more than a full batch
      int64_t clock = start_ + (random_->Uniform(3) == 0 ? Below(5 * size_) : 0);
      Shard& shard = shards[number];
      for (uint64_t r = 0; r < rows; r++) {
        clock += Below(2 * step_);
        if (random_->Uniform(40) == 0) clock += Below(6 * size_);  // leaves windows empty
        shard.lines.push_back(Row((*next_id)++, Grained(clock) - Grained(Below(delay_ + 1))));
      }
    }
    return shards;
  }

 private:
  int64_t Below(int64_t bound) {
    return bound <= 0 ? 0 : static_cast<int64_t>(random_->Uniform(static_cast<uint64_t>(bound)));
  }
  // A coarse grain makes ties.
  int64_t Grained(int64_t micros) const { return micros - (micros % grain_ + grain_) % grain_; }
  bool Null() { return random_->UniformDouble() < columns_.null_rate; }
  bool KeyNull() { return random_->Uniform(100) < columns_.key_null_per_100; }

  std::string Row(int64_t id, int64_t micros) {
    std::string ts = duckdb::Timestamp::ToString(duckdb::timestamp_t(micros));
    std::replace(ts.begin(), ts.end(), ' ', 'T');
    std::string row = "{\"id\":" + std::to_string(id) + ",\"ts\":\"" + ts + "Z\"";
    if (!KeyNull()) row += ",\"k\":\"k" + std::to_string(random_->Uniform(columns_.keys)) + "\"";
    if (!KeyNull()) row += ",\"g\":" + std::to_string(random_->Uniform(columns_.groups));
    if (!Null()) row += ",\"v\":" + std::to_string(Below(70) - 20);
    if (!Null()) row += ",\"d\":" + std::to_string(Below(1000)) + "." + std::to_string(Below(1000));
    if (!Null()) row += ",\"x\":" + std::to_string(static_cast<double>(Below(2'000'000) - 1'000'000) / 1000);
    if (!Null()) row += std::string(",\"s\":\"") + static_cast<char>('a' + Below(6)) + "\"";
    if (!Null()) row += random_->Uniform(2) == 0 ? ",\"b\":true" : ",\"b\":false";
    return row + "}";
  }

  Random* const random_;
  const int64_t size_;
  int64_t delay_, step_, grain_, start_;
  Columns columns_;
};

std::string TableSql(const std::string& name, int64_t delay) {
  return "CREATE TABLE " + name +
         " (id BIGINT, k TEXT, g BIGINT, v BIGINT, d DECIMAL(12,3), x DOUBLE, s TEXT, b BOOLEAN, ts TIMESTAMP, "
         "WATERMARK "
         "FOR ts AS ts - " +
         Interval(delay) + ") WITH (connector = 'lines', type = 'source', format = 'json');\n";
}

constexpr const char* kBoundedTable =
    "CREATE TABLE r (g BIGINT, name TEXT) WITH (connector = 'lines', type = 'source', bounded = 'true');\n";

std::map<int, Shard> BoundedRows(Random* random) {
  std::map<int, Shard> shards;
  const auto count = static_cast<int>(1 + random->Uniform(3));
  for (int number = 1; number <= count; number++) {
    Shard& shard = shards[number];
    for (uint64_t r = random->Uniform(6); r > 0; r--) {
      const std::string g = random->Uniform(6) == 0 ? "" : "\"g\":" + std::to_string(random->Uniform(5)) + ",";
      shard.lines.push_back("{" + g + "\"name\":\"" + static_cast<char>('a' + random->Uniform(4)) + "\"}");
    }
  }
  return shards;
}

bool Reads(const Shape& shape, const std::string& table) {
  return std::string(shape.stream).find(table) != std::string::npos;
}

}  // namespace

RandomCase MakeCase(uint64_t seed, const Shape* shape) {
  static const std::vector<Shape> kShapes = AllShapes();
  if (shape == nullptr) shape = &kShapes[seed % kShapes.size()];
  Random random(seed);
  const auto size = OneOf<int64_t>(
      &random, {kMicrosPerSecond, 7 * kMicrosPerSecond, kMinute, 5 * kMinute, kHour, kDay, 300 * kMicrosPerMilli});
  const int64_t slide =
      std::max<int64_t>(size / OneOf<int64_t>(&random, {1, 2, 3, 6}) / kMicrosPerMilli, 1) * kMicrosPerMilli;
  const int64_t hop = slide * OneOf<int64_t>(&random, {1, 2, 3, 7}) +
                      (random.Uniform(3) == 0 && slide % (2 * kMicrosPerMilli) == 0 ? slide / 2 : 0);
  const int64_t range = OneOf<int64_t>(&random, {size / 10 / kMicrosPerMilli * kMicrosPerMilli, size, size * 5});
  std::map<std::string, std::string> values = {
      {"size", Interval(size)},
      {"slide", Interval(slide)},
      {"hop", Interval(hop)},
      {"gap",
       Interval(std::max<int64_t>(size / OneOf<int64_t>(&random, {1, 5, 50}) / kMicrosPerMilli, 1) * kMicrosPerMilli)},
      {"range", Interval(range)},
      {"part", Interval(range / OneOf<int64_t>(&random, {2, 10}) / kMicrosPerMilli * kMicrosPerMilli)},
      {"range2", Interval(OneOf<int64_t>(&random, {size, size * 3}))},
      {"big", Interval(size * OneOf<int64_t>(&random, {1, 2, 5}))},
      {"offset", Interval(std::max<int64_t>(size / 3 / kMicrosPerMilli, 1) * kMicrosPerMilli)},
      {"month", OneOf<std::string>(&random, {"INTERVAL '1' MONTH", "INTERVAL '3 months'", "INTERVAL '1' YEAR"})},
      {"n", std::to_string(random.Uniform(6))},
      {"m", std::to_string(1 + random.Uniform(3))},
      {"more", std::to_string(1 + random.Uniform(8))},
      {"dim", "(VALUES (0, 'zero'), (1, 'one'), (1, 'uno'), (2, NULL), (NULL, 'none'), (77, 'never')) AS dim(g, name)"},
  };
  std::map<std::string, std::string> stream = values, batch = values;
  stream.insert({{"t", "t"}, {"u", "u"}, {"tie", ""}, {"order", ""}});
  batch.insert({{"t", "(SELECT *, rowid AS seq FROM t)"},
                {"u", "(SELECT *, rowid AS seq FROM u)"},
                {"tie", ", seq"},
                {"order", " ORDER BY ts, seq"}});

  RandomCase random_case;
  random_case.shape = shape->name;
  // Months want rows that are days apart.
  const bool months = std::string(shape->stream).find("{month}") != std::string::npos;
  TableMaker maker(&random, months ? 30 * kDay : size);
  int64_t next_id = 1;
  for (const std::string table : {"t", "u"}) {
    if (!Reads(*shape, "{" + table + "}")) continue;
    random_case.test.script += TableSql(table, maker.delay());
    random_case.test.inputs[table] = maker.MakeShards(&next_id);
  }
  if (Reads(*shape, "JOIN r ") || Reads(*shape, "FROM r ") || Reads(*shape, "FROM r)")) {
    random_case.test.script += kBoundedTable;
    random_case.test.inputs["r"] = BoundedRows(&random);
  }
  random_case.test.script += Replaced(shape->stream, stream) + ";\n";
  random_case.test.oracle_queries["terminal"] =
      Replaced(shape->batch == nullptr ? shape->stream : shape->batch, batch) + "\n";
  for (const int workers : {1, 2, 4})
    random_case.runs.push_back({workers, OneOf<size_t>(&random, {1, 2, 7, 64, 2048})});
  return random_case;
}

std::string AsTestFile(const RandomCase& random_case) {
  std::string text = "---- script\n" + random_case.test.script;
  for (const auto& [table, shards] : random_case.test.inputs) {
    for (const auto& [number, shard] : shards) {
      text += "---- input " + table + " shard " + std::to_string(number) + "\n";
      for (const std::string& line : shard.lines) text += line + "\n";
    }
  }
  for (const auto& [sink, query] : random_case.test.oracle_queries) text += "---- oracle " + sink + "\n" + query;
  return text;
}

}  // namespace laminar::oracle
