#include "infer/csv_lines.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/byte_order_mark.h"
#include "duck/pch.h"
#include "formats/csv/csv_line.h"

namespace laminar::infer {

namespace {

constexpr size_t kLinesLookedAt = 20'480;  // as many as DuckDB's detection does
constexpr size_t kFewestLines = 10;        // of fewer, none is odd
constexpr size_t kOneOddIn = 10;

struct Line {
  std::string_view text;  // with its end
  size_t fields = 0;      // 0: it is broken, or no UTF-8
};

std::vector<Line> Lines(std::string_view text, char delimiter) {
  CsvOptions options;
  options.delimiter = delimiter;
  CsvLine line(options);
  std::vector<Line> lines;
  for (size_t begin = 0; begin < text.size() && lines.size() < kLinesLookedAt;) {
    size_t end = line.Parse(text, begin);
    size_t fields = end == 0 ? 0 : line.fields().size();
    if (end == 0) end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (!duckdb::Value::StringIsValid(text.data() + begin, end - begin)) fields = 0;
    if (fields == 0 || !line.blank()) lines.push_back({text.substr(begin, end - begin), fields});
    begin = end;
  }
  return lines;
}

// How many lines have as many fields as most do.
size_t CountEven(const std::vector<Line>& lines, size_t* fields) {
  std::map<size_t, size_t> counts;
  for (const Line& line : lines) counts[line.fields]++;
  size_t most = 0;
  for (const auto& [width, count] : counts) {
    if (width < 2 || count <= most) continue;
    most = count;
    *fields = width;
  }
  return most;
}

}  // namespace

std::optional<EvenLines> FindEvenLines(std::string_view text) {
  std::vector<Line> best;
  size_t best_even = 0, best_fields = 0;
  EvenLines found;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::vector<Line> lines = Lines(text, delimiter);
    size_t fields = 0;
    const size_t even = CountEven(lines, &fields);
    if (even <= best_even) continue;
    best = std::move(lines);
    best_even = even;
    best_fields = fields;
    found.delimiter = delimiter;
  }
  const size_t odd = best.size() - best_even;
  if (best.size() < kFewestLines || odd == 0 || odd * kOneOddIn > best.size()) return std::nullopt;
  found.first_fits = best.front().fields == best_fields;
  for (const Line& line : best) {
    if (line.fields == best_fields) found.text += line.text;
  }
  return found;
}

std::vector<std::string> FirstFields(std::string_view record, const CsvOptions& options) {
  CsvLine line(options);
  size_t at = record.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  do {
    if (at == record.size()) return {};
    at = line.Parse(record, at);
    if (at == 0) return {};
  } while (line.blank());
  std::vector<std::string> fields;
  for (const CsvField& field : line.fields())
    fields.push_back(field.escapes ? line.Unescape(field.text) : std::string(field.text));
  return fields;
}

}  // namespace laminar::infer
