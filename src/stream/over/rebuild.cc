#include "stream/over/rebuild.h"

#include <set>
#include <string>

#include "duckdb/common/types.hpp"

namespace laminar {

namespace {

using Names = std::set<std::string>;

}  // namespace

Rebuild RebuildOf(const OverFunction& function, const Schema& input) {
  static const Names kResult = {"min",     "max", "bool_and", "bool_or", "bit_and",   "bit_or",   "bit_xor",
                                "product", "sum", "first",    "last",    "any_value", "arbitrary"};
  static const Names kBest = {"arg_min", "argmin", "min_by", "arg_max", "argmax", "max_by"};
  // Those whose answer does not depend on the order of rows but for what came first.
  static const Names kCounts = {
      "quantile_disc", "quantile_cont",        "quantile", "median",   "mad",     "mode", "entropy",
      "histogram",     "histogram_exact",      "count",    "count_if", "countif", "sum",  "sum_no_overflow",
      "bitstring_agg", "approx_count_distinct"};
  const size_t arguments = function.arguments.size();
  if (arguments == 1 && kResult.contains(function.name) && *input[function.arguments[0]].type == *function.type)
    return Rebuild::kResult;
  if (arguments == 2 && kBest.contains(function.name)) return Rebuild::kBest;
  return kCounts.contains(function.name) ? Rebuild::kCounts : Rebuild::kRows;
}

bool IgnoresRepeats(const OverFunction& function) {
  static const Names kNames = {
      "min",    "max",     "bool_and", "bool_or", "bit_and", "bit_or",    "arg_min",   "argmin",
      "min_by", "arg_max", "argmax",   "max_by",  "first",   "any_value", "arbitrary", "approx_count_distinct"};
  return kNames.contains(function.name);
}

}  // namespace laminar
