#include "stream/runtime/expression_failures.h"

#include "base/log.h"

namespace laminar {
namespace {

constexpr size_t kLongestMessage = 600;

// DuckDB's messages quote the value, which may be a record of a megabyte; what is wrong with it stands before and
// after.
std::string WithoutMiddle(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  const auto is_inside = [&](size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  size_t begin = kLongestMessage / 2, end = text.size() - kLongestMessage / 2;
  while (begin > 0 && is_inside(begin)) begin--;
  while (end < text.size() && is_inside(end)) end++;
  return text.replace(begin, end - begin, "...");
}

}  // namespace

Status ExpressionFailures::OnFailure(const Batch& input, const ExpressionFailure& failure) {
  const std::string origin = input.DescribeOrigin(failure.row);
  std::string message = WithoutMiddle(failure.message);
  while (!message.empty() && std::string_view(".!\n").find(message.back()) != std::string_view::npos)
    message.pop_back();
  if (!failure.expression.empty()) message += " in " + failure.expression;
  if (!origin.empty()) message += " (" + origin + ")";
  if (policy_.policy == BadDataPolicy::kFail) {
    if (policy_.bad_data != nullptr) Show(input, failure, BadRecordEvent::Fate::kFails, 1);
    std::string hint = "Correct the expression (TRY_CAST gives NULL instead)";
    if (!policy_.tables.empty())
      hint += ", or set bad_data = 'drop' on " + policy_.tables +
              " to drop such rows, or 'dead_letter' to keep them elsewhere";
    return Status::User(std::move(message), std::move(hint)).At(failure.position);
  }
  bool log = false;
  uint64_t like_it = 0;
  const Status counted = policy_.bad_data->Count(failure.message, &log, &like_it);
  DeadLetters* const letters = policy_.bad_data->letters(worker_);
  if (like_it > 0) {
    using Fate = BadRecordEvent::Fate;
    Show(input, failure, letters == nullptr ? Fate::kDropped : Fate::kDeadLetter, like_it);
  }
  RETURN_IF_ERROR(counted);
  if (letters != nullptr) Keep(input, failure, letters);
  if (log) {
    LogWarning(letters == nullptr ? "row dropped: an expression failed on it"
                                  : "row kept as a dead letter: an expression failed on it",
               {{"table", policy_.bad_data->table()},
                {"shard", input.origins == nullptr ? "" : input.origins->Position(input.OriginRow(failure.row)).shard},
                {"reason", message},
                {"rows", std::to_string(policy_.bad_data->rows()), true}});
  }
  return Status::Ok();
}

void ExpressionFailures::Show(const Batch& input, const ExpressionFailure& failure, BadRecordEvent::Fate fate,
                              uint64_t like_it) const {
  BadRecordEvent event{.fate = fate, .reason = WithoutMiddle(failure.message), .rows_like_it = like_it};
  if (!failure.expression.empty()) event.reason += " in " + failure.expression;
  std::string_view record;
  if (input.origins != nullptr) {
    const uint32_t origin = input.OriginRow(failure.row);
    event.position = input.origins->Position(origin);
    record = input.origins->RecordBytes(origin);
  }
  policy_.bad_data->Show(std::move(event), record);
}

// Where nobody knows the record any more, the row is kept as it stands at the expression.
void ExpressionFailures::Keep(const Batch& input, const ExpressionFailure& failure, DeadLetters* letters) {
  std::string reason = failure.message;
  if (!failure.expression.empty()) reason += " in " + failure.expression;
  if (input.origins != nullptr) {
    const uint32_t origin = input.OriginRow(failure.row);
    const std::string_view record = input.origins->RecordBytes(origin);
    if (!record.empty()) return letters->Add(input.origins->Position(origin), "", reason, record, "");
  }
  std::string row;
  for (size_t column = 0; column < input.columns(); column++)
    row += (column == 0 ? "" : ", ") + input.chunk().GetValue(column, failure.row).ToSQLString();
  letters->Add(RowPosition(), "", reason, "", row);
}

}  // namespace laminar
