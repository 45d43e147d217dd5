// What watches a pipeline from outside asks it by HTTP: /metrics for Prometheus, /healthz for whoever restarts or
// alerts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/listen_address.h"
#include "base/status.h"

namespace laminar::cli {

// Serves from threads of its own; at most kThreads requests at a time, others wait.
class MetricsServer {
 public:
  static constexpr int kThreads = 2;
  static constexpr int kTimeoutSeconds = 2;  // for a client that is slow, and so for the destructor

  // Both are called on its threads, several at a time.
  struct Pages {
    std::function<std::string()> metrics;
    std::function<std::string()> problems;  // "" = all is well: 200; else 503 and what is wrong
  };

  // Answers from when it returns. Error: kUser = the host is none of this machine's; kEnvironment = the port is taken
  // or may not be had.
  static Result<std::unique_ptr<MetricsServer>> Start(const ListenAddress& address, Pages pages);
  ~MetricsServer();  // ends what is being answered
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  const ListenAddress& address() const;  // with the port that it has

 private:
  struct Rep;
  explicit MetricsServer(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar::cli
