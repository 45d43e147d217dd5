// LogFollowers: clients that follow what a job logs, as events.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/log_scope.h"
#include "server/http/event_stream.h"

namespace laminar::server {

// {"number", "at", "level", "message", "fields"}
nlohmann::json LogLineToJson(const LogLine& line);

// Thread-safe.
class LogFollowers {
 public:
  // Events: "line" of each behind `after`; then, when the lines are closed, "done".
  std::shared_ptr<EventStream> Add(int64_t after, const LogLines& lines);
  // Sends what has come since. False: nobody follows.
  bool Pump(const LogLines& lines);

 private:
  struct Follower {
    std::shared_ptr<EventStream> events;  // shared with the connection
    int64_t sent = 0;                     // number of the last line
  };
  static bool PumpOne(Follower* follower, const LogLines& lines);

  std::mutex mutex_;
  std::vector<Follower> followers_;  // guarded by mutex_
};

}  // namespace laminar::server
