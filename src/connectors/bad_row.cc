#include "connectors/bad_row.h"

#include "base/log.h"

namespace laminar {

namespace {

std::string ReasonOf(const BadRow& row) {
  return row.column.empty() ? row.reason : "column " + row.column + ": " + row.reason;
}

}  // namespace

BadRowPolicy::BadRowPolicy(const TableSpec& table, const ConnectorContext& context, int worker)
    : bad_data_(context.bad_data), worker_(worker) {
  if (bad_data_ != nullptr) return;
  own_ = std::make_unique<BadData>(BadData::Settings{.table = table.name, .policy = table.bad_data}, worker + 1,
                                   context.clock, context.metrics);
  bad_data_ = own_.get();
}

bool BadRowPolicy::NeedsPosition(const BadRow& row) const {
  return bad_data_ == nullptr || bad_data_->policy() != BadDataPolicy::kDrop || bad_data_->NextIsShown(ReasonOf(row));
}

Status BadRowPolicy::Handle(const RowPosition& position, const BadRow& row, std::string_view record) {
  const std::string reason = ReasonOf(row);
  const std::string_view bytes = row.data.empty() ? record : row.data;
  if (bad_data_ == nullptr || bad_data_->policy() == BadDataPolicy::kFail) {
    if (bad_data_ != nullptr)
      bad_data_->Show({.fate = BadRecordEvent::Fate::kFails, .reason = reason, .position = position}, bytes);
    return Status::User("bad data in table " + (bad_data_ == nullptr ? "" : bad_data_->table()) + " (" +
                            position.ToString() + "): " + reason,
                        "Correct the data or the table's columns, or set bad_data = 'drop' to drop such rows, or "
                        "'dead_letter' to keep them elsewhere");
  }
  bool log = false;
  uint64_t like_it = 0;
  const Status counted = bad_data_->Count(reason, &log, &like_it);
  DeadLetters* const letters = bad_data_->letters(worker_);
  if (like_it > 0) {
    bad_data_->Show({.fate = letters == nullptr ? BadRecordEvent::Fate::kDropped : BadRecordEvent::Fate::kDeadLetter,
                     .reason = reason,
                     .rows_like_it = like_it,
                     .position = position},
                    bytes);
  }
  RETURN_IF_ERROR(counted);
  if (letters != nullptr) letters->Add(position, row.column, row.reason, bytes, "");
  if (log) {
    LogWarning(letters == nullptr ? "row dropped: bad data" : "row kept as a dead letter: bad data",
               {{"table", bad_data_->table()},
                {"position", position.ToString()},
                {"shard", position.shard},
                {"reason", reason},
                {"rows", std::to_string(bad_data_->rows()), true}});
  }
  return Status::Ok();
}

}  // namespace laminar
