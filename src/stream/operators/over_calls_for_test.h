// Every function and frame of OVER, as the operator takes them and as SQL.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/types/value.hpp"

#include "base/check.h"
#include "base/clock.h"
#include "stream/plan.h"

namespace laminar {

using duckdb::Value;

constexpr int64_t kSecond = 1'000'000, kHour = 3600 * kSecond, kDay = 24 * kHour;

inline const std::vector<std::pair<std::string, std::string>> kColumns = {
    {"ts", "TIMESTAMP"},     {"ord", "UBIGINT"},     {"k", "VARCHAR"},  {"i", "BIGINT"},
    {"d", "DECIMAL(38,10)"}, {"e", "DECIMAL(12,2)"}, {"f", "DOUBLE"},   {"r", "FLOAT"},
    {"b", "BOOLEAN"},        {"s", "VARCHAR"},       {"t", "SMALLINT"}, {"l", "STRUCT(x BIGINT[])"},
    {"two", "BIGINT"},       {"id", "BIGINT"}};

inline size_t ColumnOf(const std::string& name) {
  for (size_t i = 0; i < kColumns.size(); i++) {
    if (kColumns[i].first == name) return i;
  }
  CHECK_MSG(false, name.c_str());
  return 0;
}

inline Schema InputSchema() {
  Schema schema;
  for (const auto& [name, type] : kColumns) schema.push_back({name, MakeType(type)});
  return schema;
}

struct Call {
  std::string name;
  std::vector<std::string> arguments;
  bool window_function = false;
  std::string type = "";  // of a window function
  std::string more = "";  // constants behind the arguments, in SQL
  bool distinct = false, ignore_nulls = false, filter = false;
  bool needs_order = false;  // among rows of equal time: not with RANGE
  bool no_frame = false;
};

inline const std::vector<Call>& Calls() {
  static const std::vector<Call> kCalls = {
      {"count_star", {}},
      {"count", {"i"}},
      {"count_star", {}, false, "", "", false, false, true},
      {"sum", {"i"}},
      {"sum", {"i"}, false, "", "", false, false, true},
      {"sum", {"t"}},
      {"sum", {"d"}},
      {"avg", {"d"}},
      {"avg", {"e"}},
      {"sum", {"e"}},
      {"avg", {"i"}},
      {"sum", {"f"}},
      {"avg", {"f"}},
      {"sum", {"f"}, false, "", "", false, false, true},
      {"min", {"i"}},
      {"max", {"d"}},
      {"min", {"f"}},
      {"max", {"r"}},
      {"max", {"ts"}},
      {"max", {"s"}},
      {"min", {"s"}, false, "", "", true, false, true},
      {"min", {"b"}},
      {"bool_and", {"b"}},
      {"bool_or", {"b"}},
      {"stddev_samp", {"f"}},
      {"count", {"s"}, false, "", "", true},
      {"count", {"f"}, false, "", "", true, false, true},
      {"count", {"l"}, false, "", "", true},
      {"sum", {"t"}, false, "", "", true},
      {"quantile_disc", {"i"}, false, "", ", 0.5"},
      {"bit_xor", {"i"}},
      {"arg_max", {"s", "id"}},
      {"arg_min", {"i", "f"}},
      {"any_value", {"s"}, false, "", "", false, false, false, true},
      {"arbitrary", {"i"}, false, "", "", false, false, true, true},
      {"bit_and", {"i"}},
      {"max", {"l"}},
      {"sum", {"b"}},
      {"median", {"f"}},
      {"mode", {"b"}},
      {"histogram", {"t"}},
      {"entropy", {"t"}},
      {"approx_count_distinct", {"s"}},
      {"corr", {"f", "f"}},
      {"skewness", {"f"}},
      {"favg", {"f"}},
      {"var_pop", {"f"}, false, "", "", false, false, true},
      {"sem", {"f"}},
      {"string_agg", {"s"}, false, "", ", ','", false, false, false, true},
      {"list", {"i"}, false, "", "", false, false, true, true},
      {"list", {"l"}, false, "", "", false, false, false, true},
      {"row_number", {}, true, "BIGINT", "", false, false, false, true, true},
      {"rank", {}, true, "BIGINT", "", false, false, false, false, true},
      {"dense_rank", {}, true, "BIGINT", "", false, false, false, false, true},
      {"lag", {"i"}, true, "BIGINT", "", false, false, false, true, true},
      {"lag", {"f", "two"}, true, "DOUBLE", "", false, false, false, true, true},
      {"lag", {"i", "two", "id"}, true, "BIGINT", "", false, false, false, true, true},
      {"lag", {"s", "two"}, true, "VARCHAR", "", false, true, false, true, true},
      {"first_value", {"i"}, true, "BIGINT", "", false, false, false, true},
      {"first_value", {"s"}, true, "VARCHAR", "", false, true, false, true},
      {"last_value", {"f"}, true, "DOUBLE", "", false, false, false, true},
      {"last_value", {"l"}, true, "STRUCT(x BIGINT[])", "", false, true, false, true},
      {"nth_value", {"i", "two"}, true, "BIGINT", "", false, false, false, true},
      {"nth_value", {"s", "two"}, true, "VARCHAR", "", false, true, false, true},
  };
  return kCalls;
}

inline std::string SqlOf(const Call& call, bool bare) {
  if (call.name == "count_star") return std::string("count(*)") + (call.filter && !bare ? " FILTER (WHERE b)" : "");
  std::string sql = call.name + "(" + (call.distinct && !bare ? "DISTINCT " : "");
  for (size_t i = 0; i < call.arguments.size(); i++) sql += (i > 0 ? ", " : "") + call.arguments[i];
  sql += call.more + (call.ignore_nulls ? " IGNORE NULLS" : "") + ")";
  return sql + (call.filter && !bare ? " FILTER (WHERE b)" : "");
}

using BoundKind = FrameBound::Kind;

struct FrameCase {
  std::string sql;
  Frame frame;
};

inline FrameCase Rows(std::optional<int64_t> start, int64_t end) {
  FrameCase out;
  out.frame.unit = Frame::Unit::kRows;
  if (start) out.frame.start = {BoundKind::kPreceding, *start, {}};
  if (start && *start == 0) out.frame.start = {BoundKind::kCurrentRow, 0, {}};
  out.frame.end = end == 0 ? FrameBound{BoundKind::kCurrentRow, 0, {}} : FrameBound{BoundKind::kPreceding, end, {}};
  const auto text = [](int64_t n) { return n == 0 ? "CURRENT ROW" : std::to_string(n) + " PRECEDING"; };
  out.sql = "ROWS BETWEEN " + (start ? text(*start) : "UNBOUNDED PRECEDING") + " AND " + text(end);
  return out;
}

// A negative start: unbounded.
inline FrameCase Range(TimeSpan start, TimeSpan end) {
  FrameCase out;
  out.frame.unit = Frame::Unit::kRange;
  const auto bound = [](TimeSpan span) {
    return span.months == 0 && span.micros == 0 ? FrameBound{BoundKind::kCurrentRow, 0, {}}
                                                : FrameBound{BoundKind::kPreceding, 0, span};
  };
  const auto text = [](TimeSpan span) -> std::string {
    if (span.micros < 0) return "UNBOUNDED PRECEDING";
    if (span.months > 0) return "INTERVAL '" + std::to_string(span.months) + " months' PRECEDING";
    if (span.micros == 0) return "CURRENT ROW";
    return "INTERVAL '" + std::to_string(span.micros) + " microseconds' PRECEDING";
  };
  if (start.micros >= 0) out.frame.start = bound(start);
  out.frame.end = bound(end);
  out.sql = "RANGE BETWEEN " + text(start) + " AND " + text(end);
  return out;
}

}  // namespace laminar
