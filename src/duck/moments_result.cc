// The functions of a set's moments. Their NULLs and failures are those of DuckDB's functions of the same name.
#include <cmath>
#include <map>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

#include "base/check.h"
#include "duck/moment_set.h"
#include "duck/own_finals.h"

namespace laminar {

namespace {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::Vector;

double Itself(double variance, double /*n*/) {
  return variance;
}
double Root(double variance, double /*n*/) {
  return std::sqrt(variance);
}
double StandardError(double variance, double n) {
  return std::sqrt(variance) / std::sqrt(n);
}

const std::map<std::string, MomentsRule>& Rules() {
  static const std::map<std::string, MomentsRule> kRules = {
      {"variance", {true, Itself}},   {"var_samp", {true, Itself}},  {"var_pop", {false, Itself}},
      {"stddev", {true, Root}},       {"stddev_samp", {true, Root}}, {"stddev_pop", {false, Root}},
      {"sem", {false, StandardError}}};
  return kRules;
}

void Compute(const std::string& name, const MomentsRule& rule, Vector& moments, idx_t count, Vector* result) {
  moments.Flatten(count);
  const auto& fields = duckdb::StructVector::GetEntries(moments);
  for (const auto& field : fields) field->Flatten(count);
  const auto* n = FlatVector::GetData<int64_t>(*fields[0]);
  const auto* m2 = FlatVector::GetData<double>(*fields[2]);
  auto* out = FlatVector::GetData<double>(*result);
  for (idx_t i = 0; i < count; i++) {
    const auto value = FlatVector::Validity(moments).RowIsValid(i) ? rule.Apply(n[i], m2[i]) : std::optional<double>();
    if (!value) {
      FlatVector::SetNull(*result, i, true);
      continue;
    }
    out[i] = *value;
    if (!std::isfinite(out[i])) throw duckdb::OutOfRangeException(name + " is out of range");
  }
}

}  // namespace

std::optional<double> MomentsRule::Apply(int64_t n, double m2) const {
  if (n == 0 || (sample && n == 1)) return std::nullopt;
  if (n == 1) return 0;
  const auto size = static_cast<double>(n);
  return of(m2 / (sample ? size - 1 : size), size);
}

const MomentsRule* FindMomentsRule(const std::string& name) {
  const auto found = Rules().find(name);
  return found == Rules().end() ? nullptr : &found->second;
}

bool IsMomentsFunction(const std::string& name) {
  return FindMomentsRule(name) != nullptr;
}

FinalExpression MomentsResult(const std::string& name, FinalExpression moments) {
  CHECK(IsMomentsFunction(name));
  const MomentsRule& rule = *FindMomentsRule(name);
  duckdb::ScalarFunction function(name, {moments->return_type}, LogicalType::DOUBLE,
                                  [name, &rule](duckdb::DataChunk& input, duckdb::ExpressionState&, Vector& result) {
                                    result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
                                    Compute(name, rule, input.data[0], input.size(), &result);
                                  });
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> children;
  children.push_back(duckdb::unique_ptr<duckdb::Expression>(moments.release()));
  return std::make_unique<duckdb::BoundFunctionExpression>(LogicalType::DOUBLE, std::move(function),
                                                           std::move(children), nullptr);
}

}  // namespace laminar
