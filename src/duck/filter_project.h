// FilterProject: evaluates bound expressions over batches, and finds the rows on which they fail.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/database.h"
#include "duck/expression.h"
#include "duck/schema.h"

namespace laminar {

// A row on which an expression failed.
struct ExpressionFailure {
  size_t row = 0;          // in the batch that Execute was given
  std::string expression;  // as SQL text
  SqlPosition position;    // of the expression in the user's text; may be unknown
  std::string message;     // DuckDB's own: "Could not convert string 'abc' to INT64"
};

// What to do with a failed row: ok = drop it (counted by the handler), an error = stop with it.
class FailureHandler {
 public:
  virtual ~FailureHandler() = default;
  virtual Status OnFailure(const Batch& input, const ExpressionFailure& failure) = 0;
};

// Keeps the rows for which every filter is true and evaluates the projections over them. One per worker; session and
// failures are borrowed. NOW() has one value per call; random() one per row. DuckDB throws for a whole batch: the
// failing rows are then found by halving it, each goes to the handler, and the others pass.
class FilterProject {
 public:
  FilterProject(DuckSession* session, const ExpressionList& filters, const ExpressionList& projections,
                const Schema& output, FailureHandler* failures);
  ~FilterProject();
  FilterProject(const FilterProject&) = delete;

  // `in` may be sliced. `*out` (borrowed from this object) references vectors of `in`: valid as long as `in` is, and
  // until the next call.
  Status Execute(Batch* in, Batch** out);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
