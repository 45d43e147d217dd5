// Bound DuckDB expressions behind a door: made by sql/, evaluated by FilterProject (filter_project.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/schema.h"

namespace duckdb {
class Expression;
}

namespace laminar {

class DuckSession;

// Immutable list of bound expressions whose column references are BoundReferenceExpressions into the input batch. Cheap
// to copy (shared).
class ExpressionList {
 public:
  ExpressionList();
  explicit ExpressionList(std::vector<std::unique_ptr<duckdb::Expression>> expressions,
                          std::vector<SqlPosition> positions = {});
  ~ExpressionList();
  ExpressionList(const ExpressionList&);
  ExpressionList& operator=(const ExpressionList&);

  size_t size() const;
  bool empty() const { return size() == 0; }
  const duckdb::Expression& at(size_t i) const;
  std::string ToString(size_t i) const;  // as SQL text
  SqlPosition position(size_t i) const;  // in the user's text; may be unknown
  bool IsColumnReference(size_t i, size_t* column) const;
  const duckdb::LogicalType& type(size_t i) const;
  // The columns of `input` as they are, then these expressions.
  ExpressionList BehindColumnsOf(DuckSession* session, const Schema& input) const;

 private:
  struct Rep;
  std::shared_ptr<const Rep> rep_;  // shared: a plan is instantiated once per worker
};

}  // namespace laminar
