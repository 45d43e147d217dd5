// LocalQuery: window functions over rows at hand, computed by DuckDB itself.
//
// The query is planned once and run as often as there are rows for it. Where a function's value depends on the order of
// rows that its ORDER BY does not tell apart (row_number, lag, ROWS frames), they are taken in the order in which they
// were appended.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "duck/batch.h"
#include "duck/database.h"
#include "duck/schema.h"

namespace laminar {

class LocalQuery {
 public:
  // functions: SQL over columns named c0, c1, ...: "row_number() OVER (PARTITION BY c0 ORDER BY c1)". session is
  // borrowed; no other query of its connection may be running.
  static Result<std::unique_ptr<LocalQuery>> Prepare(DuckSession* session, const Schema& input,
                                                     const std::vector<std::string>& functions);
  ~LocalQuery();

  Status Append(Batch* rows);
  // Computes the functions over the rows appended since the last Run.
  Status Run();
  // The next rows of the result: the input's columns, then one for each function, in the order of the input. No rows:
  // that was all. Valid until the next call.
  Status Next(Batch* out);
  int64_t bytes() const;  // of rows appended and of results

 private:
  struct Rep;
  explicit LocalQuery(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
