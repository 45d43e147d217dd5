// SIGINT and SIGTERM as calls on a thread of their own: the first one asks to stop, the second one gives up.
#pragma once

#include <functional>
#include <thread>

namespace laminar::cli {

// Signals are blocked in the constructing thread and in all threads that it starts later: make it before any other
// thread. While it lives, SIGPIPE is ignored.
class SignalWatcher {
 public:
  // Called with 1 for the first signal, 2 for the second, ...
  explicit SignalWatcher(std::function<void(int count)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  const std::function<void(int)> on_signal_;
  int signal_fd_ = -1, end_fd_ = -1;
  std::thread thread_;
};

}  // namespace laminar::cli
