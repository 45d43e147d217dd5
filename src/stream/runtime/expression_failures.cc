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
    std::string hint = "Correct the expression (TRY_CAST gives NULL instead)";
    if (!policy_.tables.empty()) hint += ", or set bad_data = 'drop' on " + policy_.tables + " to drop such rows";
    return Status::User(std::move(message), std::move(hint)).At(failure.position);
  }
  metrics_->bad_rows.Add(1);
  // The first ones in full, then one for every doubling: a bad stream must not become a log.
  if ((dropped_ & (dropped_ + 1)) == 0 || dropped_ < 10) {
    LogWarning("row dropped: an expression failed on it",
               {{"reason", message}, {"dropped", std::to_string(dropped_ + 1), true}});
  }
  dropped_++;
  return Status::Ok();
}

}  // namespace laminar
