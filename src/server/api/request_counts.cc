#include "server/api/request_counts.h"

#include <algorithm>

namespace laminar::server {

RequestCounts::RequestCounts(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) operations_.emplace_back().id = id;
  operations_.emplace_back();
}

void RequestCounts::Add(size_t operation, int status, int64_t micros) {
  Of& of = operations_[std::min(operation, operations_.size() - 1)];
  of.latency.Add(micros);
  std::lock_guard lock(mutex_);
  of.by_status[status]++;
}

void RequestCounts::AddTo(ServerFigures* figures) const {
  std::lock_guard lock(mutex_);
  for (const Of& of : operations_) {
    if (of.by_status.empty()) continue;
    for (const auto& [status, count] : of.by_status) figures->requests.push_back({of.id, status, count});
    figures->durations.push_back({of.id, FiguresOf(of.latency)});
  }
}

}  // namespace laminar::server
