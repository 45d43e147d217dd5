// RequestCounts: how many requests each operation has answered, with what, and how long that took.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/counter.h"
#include "metrics/server_figures.h"

namespace laminar::server {

// Thread-safe.
class RequestCounts {
 public:
  // ids: of the operations, in their order.
  explicit RequestCounts(const std::vector<std::string>& ids);

  static constexpr size_t kNoOperation = SIZE_MAX;
  // operation: its place; kNoOperation: the request found none. micros: how long it took.
  void Add(size_t operation, int status, int64_t micros);
  // Of the operations that have answered something.
  void AddTo(ServerFigures* figures) const;

 private:
  struct Of {
    std::string id;
    Latency latency;
    std::map<int, uint64_t> by_status;  // guarded by mutex_
  };
  std::deque<Of> operations_;  // the last one: no operation
  mutable std::mutex mutex_;
};

}  // namespace laminar::server
