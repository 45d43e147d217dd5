// Names of threads, as `top -H`, `ps -L` and debuggers show them: at most 15 bytes. A thread begins with the name of
// the one that starts it.
#pragma once

#include <pthread.h>

#include <array>

namespace laminar {

inline void NameThread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

// The threads that are started while it lives have the name; the one that starts them has its own again afterwards.
class ThreadNameScope {
 public:
  explicit ThreadNameScope(const char* name) {
    pthread_getname_np(pthread_self(), before_.data(), before_.size());
    NameThread(name);
  }
  ~ThreadNameScope() { NameThread(before_.data()); }
  ThreadNameScope(const ThreadNameScope&) = delete;
  ThreadNameScope& operator=(const ThreadNameScope&) = delete;

 private:
  std::array<char, 16> before_{};
};

}  // namespace laminar
