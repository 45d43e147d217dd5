#include "connectors/bad_row.h"

#include "base/log.h"

namespace laminar {

BadRowPolicy::BadRowPolicy(const TableSpec& table, const ConnectorContext& context, int worker)
    : bad_data_(context.bad_data), worker_(worker) {
  if (bad_data_ != nullptr) return;
  own_ = std::make_unique<BadData>(BadData::Settings{.table = table.name, .policy = table.bad_data}, worker + 1,
                                   context.clock, context.metrics);
  bad_data_ = own_.get();
}

bool BadRowPolicy::NeedsPosition() const {
  return bad_data_ == nullptr || bad_data_->policy() != BadDataPolicy::kDrop || bad_data_->NextIsLogged();
}

Status BadRowPolicy::Handle(const RowPosition& position, const BadRow& row, std::string_view record) {
  const std::string reason = row.column.empty() ? row.reason : "column " + row.column + ": " + row.reason;
  if (bad_data_ == nullptr || bad_data_->policy() == BadDataPolicy::kFail) {
    return Status::User("bad data in table " + (bad_data_ == nullptr ? "" : bad_data_->table()) + " (" +
                            position.ToString() + "): " + reason,
                        "Correct the data or the table's columns, or set bad_data = 'drop' to drop such rows, or "
                        "'dead_letter' to keep them elsewhere");
  }
  bool log = false;
  RETURN_IF_ERROR(bad_data_->Count(reason, &log));
  DeadLetters* const letters = bad_data_->letters(worker_);
  if (letters != nullptr) letters->Add(position, row.column, row.reason, row.data.empty() ? record : row.data, "");
  if (log) {
    LogWarning(letters == nullptr ? "row dropped: bad data" : "row kept as a dead letter: bad data",
               {{"table", bad_data_->table()},
                {"position", position.ToString()},
                {"reason", reason},
                {"rows", std::to_string(bad_data_->rows()), true}});
  }
  return Status::Ok();
}

}  // namespace laminar
