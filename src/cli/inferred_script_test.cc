// Property: whatever names data has, what `laminar infer` prints for it is SQL of Laminar.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "cli/wiring.h"
#include "duck/memory_files.h"
#include "duck/pch.h"
#include "infer/statement.h"
#include "sql/compiler.h"

namespace laminar::cli {
namespace {

constexpr int64_t kMemory = 512 << 20;

// In JSON and in a quoted field of CSV.
const std::vector<std::pair<std::string, std::string>>& NameParts() {
  static const std::vector<std::pair<std::string, std::string>> parts = {
      {"", ""},         {"a", "a"},   {"A", "A"},     {"b_1", "b_1"}, {"\\u0000", std::string(1, '\0')},
      {"\\\"", "\"\""}, {"'", "'"},   {" ", " "},     {"\\n", "\n"},  {"--", "--"},
      {"/*", "/*"},     {"$x", "$x"}, {";", ";"},     {"é", "é"},     {"É", "É"},
      {",", ","},       {"(", "("},   {"\\\\", "\\"}, {".", "."},     {"select", "select"},
      {"🙂", "🙂"},     {"1", "1"},   {"\\t", "\t"},  {"ts", "ts"},   {"\\r", "\r"}};
  return parts;
}

class Names {
 public:
  explicit Names(uint64_t seed) : random_(seed) {}

  std::string Json(int depth) {
    std::string object = "{";
    for (uint64_t n = 1 + random_.Uniform(4); n > 0; n--)
      object.append(object.size() > 1 ? ",\"" : "\"").append(Name(true)).append("\":").append(Value(depth));
    return object + "}";
  }
  std::string Csv() {
    const size_t columns = 2 + random_.Uniform(4);
    std::string header, row;
    for (size_t i = 0; i < columns; i++) {
      header.append(i > 0 ? ",\"" : "\"").append(Name(false)).append("\"");
      row.append(i > 0 ? "," : "").append(std::to_string(random_.Uniform(100)));
    }
    return header + "\n" + row + "\n" + row + "\n";
  }

 private:
  std::string Name(bool json) {
    std::string name;
    for (uint64_t n = random_.Uniform(3); n > 0; n--) {
      const auto& part = NameParts()[random_.Uniform(NameParts().size())];
      name += json ? part.first : part.second;
    }
    return name;
  }
  std::string Value(int depth) {
    const uint64_t kind = random_.Uniform(depth > 0 ? 6 : 4);
    if (kind == 0) return "1767225600000";
    if (kind == 1) return "\"2026-01-01T10:00:00Z\"";
    if (kind == 2) return "null";
    if (kind == 3) return "\"x\"";
    if (kind == 4) return Json(depth - 1);
    return std::string("[").append(Json(depth - 1)).append("]");
  }

  Random random_;
};

class InferredScript : public testing::Test {
 protected:
  InferredScript()
      : world_(std::move(World::Make(kMemory)).value()), files_(std::move(MemoryFiles::Open(kMemory / 4)).value()) {}

  // "" or what is wrong with the script; counts those that have a table.
  std::string Problem(const std::string& data, const std::string& format) {
    const std::string padded = data + std::string(kRecordPadding, ' ');
    infer::Sample sample;
    sample.records = {std::string_view(padded).substr(0, data.size())};
    sample.place = [](size_t) { return "the record"; };
    const auto table = infer::InferTable(world_->registry(), files_.get(), sample, {format, true});
    if (!table.ok()) return table.status().kind() == StatusKind::kBug ? table.status().ToString() : "";
    tables_++;
    const std::string sql = infer::CreateTable(*table, {"t",
                                                        "data",
                                                        {{"connector", "kinesis"},
                                                         {"stream_name", "s"},
                                                         {"aws_region", "us-east-1"},
                                                         {"source.offset", "latest"},
                                                         {"type", "source"}}});
    const sql::CompileResult compiled =
        sql::Compile({sql + "SELECT * FROM t;\n", {}}, world_->registry(), world_->session());
    return compiled.problems.empty() ? "" : compiled.problems.front().ToString() + "\n" + sql + "\nof " + data;
  }

  const std::unique_ptr<World> world_;
  const std::shared_ptr<MemoryFiles> files_;  // shared: with its sessions
  int tables_ = 0;
};

TEST_F(InferredScript, OfAnyNamesOfJson) {
  for (uint64_t seed = 0; seed < 300; seed++) {
    const std::string problem = Problem(Names(seed).Json(3), "json");
    ASSERT_EQ(problem, "") << "seed " << seed;
  }
  EXPECT_GT(tables_, 200);
}

TEST_F(InferredScript, OfAnyNamesOfCsv) {
  for (uint64_t seed = 0; seed < 300; seed++) {
    const std::string problem = Problem(Names(seed).Csv(), "csv");
    ASSERT_EQ(problem, "") << "seed " << seed;
  }
  EXPECT_GT(tables_, 200);
}

}  // namespace
}  // namespace laminar::cli
