#include "connectors/bad_data.h"

#include <algorithm>
#include <utility>

namespace laminar {

namespace {

constexpr int64_t kMinuteMicros = 60 * kMicrosPerSecond;
constexpr size_t kMostCauses = 20;
constexpr const char* kOtherCauses = "other causes";

// Of the rows with the same cause, by their number: one at every doubling.
bool IsShown(uint64_t number) {
  return (number & (number - 1)) == 0;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

BadData::BadData(Settings settings, int workers, const Clock* clock, PipelineMetrics* metrics)
    : settings_(std::move(settings)),
      clock_(clock),
      metrics_(metrics),
      table_metrics_(&metrics->reads.Of(settings_.table)) {
  if (settings_.policy != BadDataPolicy::kDeadLetter) return;
  for (int worker = 0; worker < workers; worker++)
    letters_.push_back(std::make_unique<DeadLetters>(settings_.letters, clock));
}

DeadLetters* BadData::letters(int worker) const {
  return letters_.empty() ? nullptr : letters_.at(static_cast<size_t>(worker)).get();
}

// The first ten, then one at every doubling: a bad stream must not become a log.
bool BadData::IsLogged(uint64_t number) {
  return number <= 10 || IsShown(number);
}

// mutex_ is held.
std::string BadData::KnownCause(std::string_view reason) const {
  std::string cause = CauseOf(reason);
  return causes_.size() >= kMostCauses && causes_.count(cause) == 0 ? kOtherCauses : cause;
}

Status BadData::Count(std::string_view reason, bool* log, uint64_t* like_it) {
  metrics_->bad_rows.Add(1);
  table_metrics_->bad_rows.Add(1);
  rows_.Add(1);
  *log = IsLogged(rows_.Get());
  *like_it = 0;
  if (settings_.most_per_minute == 0 && !settings_.observer) return Status::Ok();
  const std::lock_guard lock(mutex_);
  const uint64_t number = ++causes_[KnownCause(reason)];
  if (settings_.observer && IsShown(number)) *like_it = number;
  if (settings_.most_per_minute == 0) return Status::Ok();
  const int64_t now = clock_->SteadyMicros();
  if (!minute_began_ || now - *minute_began_ >= kMinuteMicros) {
    minute_began_ = now;
    within_minute_ = 0;
  }
  return ++within_minute_ > settings_.most_per_minute ? TooMany() : Status::Ok();
}

bool BadData::NextIsShown(std::string_view reason) const {
  if (IsLogged(rows_.Get() + 1)) return true;
  if (!settings_.observer) return false;
  const std::lock_guard lock(mutex_);
  const auto found = causes_.find(KnownCause(reason));
  return found == causes_.end() || IsShown(found->second + 1);
}

void BadData::Show(BadRecordEvent event, std::string_view record) const {
  if (!settings_.observer) return;
  event.table = settings_.table;
  event.record = record.substr(0, BadRecordEvent::kMostRecordBytes);
  event.record_bytes = record.size();
  settings_.observer(event);
}

Status BadData::TooMany() const {
  std::vector<std::pair<uint64_t, std::string>> causes;
  for (const auto& [cause, rows] : causes_) causes.emplace_back(rows, cause);
  std::sort(causes.rbegin(), causes.rend());
  std::string summary;
  for (const auto& [rows, cause] : causes)
    summary += (summary.empty() ? "" : "; ") + std::to_string(rows) + " x " + cause;
  return Status::User("bad data in table " + settings_.table + ": more than " +
                          std::to_string(settings_.most_per_minute) +
                          " rows within a minute. Since the start: " + summary,
                      "Correct the data or the table's columns, or raise bad_data.max_rate; what came before the last "
                      "checkpoint is kept as bad_data says")
      .WithCode("TooMuchBadData");
}

std::string BadData::CauseOf(std::string_view reason) {
  std::string cause;
  for (size_t i = 0; i < reason.size(); i++) {
    const char c = reason[i];
    if (c == '"') {
      cause += "\"...\"";
      size_t end = i + 1;
      while (end < reason.size() && reason[end] != '"') end += reason[end] == '\\' ? 2 : 1;
      i = end;
    } else if (IsDigit(c) && (i == 0 || !std::isalnum(static_cast<unsigned char>(reason[i - 1])))) {
      cause += 'N';
      while (i + 1 < reason.size() && (IsDigit(reason[i + 1]) || reason[i + 1] == '.')) i++;
    } else {
      cause += c;
    }
  }
  return cause.substr(0, 200);
}

}  // namespace laminar
