#include "rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "duckdb.hpp"

namespace laminar::sqltest {
namespace {

constexpr double kTolerance = 1e-9;
constexpr size_t kShown = 5;

// A row apart from its floating point numbers, in whose places stands ~.
struct Row {
  std::string rest;
  std::vector<double> numbers;
};

bool Close(const Row& a, const Row& b) {
  for (size_t i = 0; i < a.numbers.size(); i++) {
    const double x = a.numbers[i], y = b.numbers[i];
    if (std::abs(x - y) > kTolerance * std::max({1.0, std::abs(x), std::abs(y)})) return false;
  }
  return true;
}

std::set<std::string> FloatColumns(const Schema& schema) {
  std::set<std::string> names;
  for (const Column& column : schema) {
    if (column.type->id() == duckdb::LogicalTypeId::DOUBLE || column.type->id() == duckdb::LogicalTypeId::FLOAT)
      names.insert(column.name);
  }
  return names;
}

// Walks over the members of the outermost object.
class RowParser {
 public:
  explicit RowParser(const std::set<std::string>* floats) : floats_(floats) {}

  Row Parse(const std::string& line) const {
    Row row;
    int depth = 0;
    bool quoted = false;
    size_t key = 0;      // where the last string at depth 1 began
    size_t copied = 0;   // how much of the line is in `rest`
    std::string column;  // of the value at hand
    size_t value = 0;    // where it begins; 0 = in a key
    for (size_t i = 0; i < line.size(); i++) {
      const char c = line[i];
      if (quoted) {
        if (c == '\\') i++;
        if (c == '"') quoted = false;
        continue;
      }
      if (c == '"') {
        quoted = true;
        if (depth == 1 && value == 0) key = i + 1;
      } else if (c == ':' && depth == 1 && value == 0) {
        column = line.substr(key, i - 1 - key);
        value = i + 1;
      } else if ((c == ',' && depth == 1) || (c == '}' && depth == 1)) {
        double number;
        const auto [end, error] = std::from_chars(line.data() + value, line.data() + i, number);
        if (floats_->contains(column) && error == std::errc() && end == line.data() + i) {
          row.rest += line.substr(copied, value - copied) + "~";
          row.numbers.push_back(number);
          copied = i;
        }
        value = 0;
        if (c == '}') depth--;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
    }
    row.rest += line.substr(copied);
    return row;
  }

 private:
  const std::set<std::string>* const floats_;
};

std::string Shown(const char* title, const Rows& rows) {
  std::string text = title + std::to_string(rows.size()) + "\n";
  for (size_t i = 0; i < std::min(rows.size(), kShown); i++) text += "  " + rows[i] + "\n";
  return text;
}

}  // namespace

std::string Difference(const Schema& schema, const Rows& expected, const Rows& actual, bool ordered) {
  const std::set<std::string> floats = FloatColumns(schema);
  const RowParser parser(&floats);
  if (ordered) {
    for (size_t i = 0; i < std::min(expected.size(), actual.size()); i++) {
      const Row a = parser.Parse(expected[i]), b = parser.Parse(actual[i]);
      if (a.rest != b.rest || !Close(a, b))
        return "row " + std::to_string(i + 1) + "\n  expected: " + expected[i] + "\n  got:      " + actual[i] + "\n";
    }
  }
  struct Waiting {
    Row row;
    const std::string* line;
  };
  std::multimap<std::string, Waiting> waiting;
  for (const std::string& line : actual) {
    Row row = parser.Parse(line);
    std::string rest = row.rest;
    waiting.emplace(std::move(rest), Waiting{std::move(row), &line});
  }
  Rows missing, unexpected;
  for (const std::string& line : expected) {
    const Row row = parser.Parse(line);
    auto [first, last] = waiting.equal_range(row.rest);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return Close(row, entry.second.row); });
    if (found == last) {
      missing.push_back(line);
    } else {
      waiting.erase(found);
    }
  }
  for (const auto& entry : waiting) unexpected.push_back(*entry.second.line);
  if (missing.empty() && unexpected.empty()) return "";
  std::sort(missing.begin(), missing.end());
  std::sort(unexpected.begin(), unexpected.end());
  return Shown("missing rows: ", missing) + Shown("rows too many: ", unexpected);
}

}  // namespace laminar::sqltest
