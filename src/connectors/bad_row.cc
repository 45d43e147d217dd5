#include "connectors/bad_row.h"

#include "base/log.h"

namespace laminar {

// The first ten dropped rows are logged, then one at every doubling: a bad stream must not become a log.
bool BadRowPolicy::NeedsPosition() const {
  return policy_ == BadDataPolicy::kFail || dropped_ < 10 || ((dropped_ + 1) & dropped_) == 0;
}

Status BadRowPolicy::Handle(const RowPosition& position, const BadRow& row) {
  const std::string reason = row.column.empty() ? row.reason : "column " + row.column + ": " + row.reason;
  if (policy_ == BadDataPolicy::kFail) {
    return Status::User("bad data in table " + table_ + " (" + position.ToString() + "): " + reason,
                        "Correct the data or the table's columns, or set bad_data = 'drop' to drop such rows");
  }
  metrics_->bad_rows.Add(1);
  if (NeedsPosition()) {
    LogWarning("row dropped: bad data", {{"table", table_},
                                         {"position", position.ToString()},
                                         {"reason", reason},
                                         {"dropped", std::to_string(dropped_ + 1), true}});
  }
  dropped_++;
  return Status::Ok();
}

}  // namespace laminar
