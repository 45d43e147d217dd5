// Bound DuckDB expressions behind a door: made by sql/, evaluated by operators.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/database.h"

namespace duckdb {
class Expression;
}

namespace laminar {

// Immutable list of bound expressions whose column references are BoundReferenceExpressions into the input batch. Cheap to copy (shared).
class ExpressionList {
 public:
  ExpressionList();
  explicit ExpressionList(std::vector<std::unique_ptr<duckdb::Expression>> expressions, std::vector<SqlPosition> positions = {});
  ~ExpressionList();
  ExpressionList(const ExpressionList&);
  ExpressionList& operator=(const ExpressionList&);

  size_t size() const;
  bool empty() const { return size() == 0; }
  const duckdb::Expression& at(size_t i) const;
  std::string ToString(size_t i) const;      // as SQL text
  SqlPosition position(size_t i) const;      // in the user's text; may be unknown
  bool IsColumnReference(size_t i, size_t* column) const;

 private:
  struct Rep;
  std::shared_ptr<const Rep> rep_;  // shared: a plan is instantiated once per worker
};

// A row on which an expression failed.
struct ExpressionFailure {
  size_t row = 0;         // in the input batch
  size_t expression = 0;  // in the list
  std::string message;    // DuckDB's own, without its prefix: "Could not convert string 'abc' to INT64"
};

// What to do with a failed row: ok = drop it (counted by the handler), an error = stop with it.
class FailureHandler {
 public:
  virtual ~FailureHandler() = default;
  virtual Status OnFailure(const Batch& input, const ExpressionFailure& failure, SqlPosition position) = 0;
};

// Evaluates `filters` then `projections` over batches. One per worker; borrows the session. Volatile functions (random()) are evaluated once a
// row, NOW() has one value per batch.
// When DuckDB throws for a batch, the failing rows are found by halving it and go to the handler; the other rows pass.
class FilterProject {
 public:
  FilterProject(DuckSession* session, const ExpressionList& filters, const ExpressionList& projections, const Schema& output,
                FailureHandler* failures);
  ~FilterProject();
  // `in` may be sliced. `out` references vectors of `in`: it is valid as long as `in` is, until the next call.
  Status Execute(Batch* in, Batch* out);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
