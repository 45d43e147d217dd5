// The moments of a set of numbers, and what DuckDB's stddev and its like make of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace laminar {

// n, mean, m2 = sum of (x - mean)^2. A number is added by Welford's recurrence; two sets are united as in T. F. Chan,
// G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
// Neither subtracts large sums from each other.
struct MomentSet {
  int64_t n = 0;
  double mean = 0, m2 = 0;

  void Add(double x) {
    n++;
    const double distance = x - mean;
    mean += distance / static_cast<double>(n);
    m2 += distance * (x - mean);
  }
  void Unite(const MomentSet& other) {
    if (other.n == 0) return;
    if (n == 0) {
      *this = other;
      return;
    }
    const double mine = static_cast<double>(n), theirs = static_cast<double>(other.n), all = mine + theirs;
    const double distance = other.mean - mean;
    mean = (mine * mean + theirs * other.mean) / all;
    m2 += other.m2 + distance * distance * mine * theirs / all;
    n += other.n;
  }
};

// A function of a set's moments. Its NULLs are those of DuckDB's function of the same name, which fails where the value
// is not finite.
struct MomentsRule {
  bool sample;  // divides by n - 1, and there is none of one number
  double (*of)(double variance, double n);

  std::optional<double> Apply(int64_t n, double m2) const;
};

// name: "stddev", "var_pop", "sem", ... nullptr: it is none of them.
const MomentsRule* FindMomentsRule(const std::string& name);

}  // namespace laminar
