#include "stream/over/rebuild.h"

#include <set>
#include <string>

#include "duckdb/common/types.hpp"

namespace laminar {

namespace {

using Names = std::set<std::string>;

// A further argument makes lists of the best n of them.
bool IsBest(const OverFunction& function) {
  static const Names kNames = {"arg_min", "argmin", "min_by", "arg_max", "argmax", "max_by"};
  return function.arguments.size() == 2 && kNames.contains(function.name);
}

}  // namespace

Rebuild RebuildOf(const OverFunction& function, const Schema& input) {
  static const Names kResult = {"min",     "max", "bool_and", "bool_or", "bit_and",   "bit_or",   "bit_xor",
                                "product", "sum", "first",    "last",    "any_value", "arbitrary"};
  // Those whose answer does not depend on the order of rows but for what came first.
  static const Names kCounts = {
      "quantile_disc", "quantile_cont",        "quantile", "median",   "mad",     "mode", "entropy",
      "histogram",     "histogram_exact",      "count",    "count_if", "countif", "sum",  "sum_no_overflow",
      "bitstring_agg", "approx_count_distinct"};
  if (function.arguments.size() == 1 && kResult.contains(function.name) &&
      *input[function.arguments[0]].type == *function.type)
    return Rebuild::kResult;
  if (IsBest(function)) return Rebuild::kBest;
  return kCounts.contains(function.name) ? Rebuild::kCounts : Rebuild::kRows;
}

bool IgnoresRepeats(const OverFunction& function) {
  static const Names kNames = {"min",    "max",   "bool_and",  "bool_or",   "bit_and",
                               "bit_or", "first", "any_value", "arbitrary", "approx_count_distinct"};
  return IsBest(function) || (function.arguments.size() == 1 && kNames.contains(function.name));
}

}  // namespace laminar
