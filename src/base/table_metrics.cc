#include "base/table_metrics.h"

namespace laminar {

void FailureCounts::Add(std::string_view operation, std::string_view code, uint64_t retries, uint64_t throttles) {
  std::lock_guard lock(mutex_);
  std::pair<std::string, std::string> key(operation, code);
  if (failures_.size() >= kMost && failures_.count(key) == 0) key.second = kOther;
  RequestFailures& known = failures_[key];
  known.operation = key.first;
  known.code = key.second;
  known.retries += retries;
  known.throttles += throttles;
}

std::vector<RequestFailures> FailureCounts::List() const {
  std::lock_guard lock(mutex_);
  std::vector<RequestFailures> list;
  for (const auto& [key, failures] : failures_) list.push_back(failures);
  return list;
}

}  // namespace laminar
