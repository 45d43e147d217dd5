// ProcessLock: what one process at a time may use. The lock is the system's, on an open file: it ends with the process,
// however that ends. The file holds the owner's number, for people.
#pragma once

#include <fcntl.h>

#include <memory>
#include <string>

#include "base/status.h"

namespace laminar {

class ProcessLock {
 public:
  // file: made if it is not there; it stays. folder: an open directory that it lies in, where its path is relative;
  // else the process's. what: what is locked, for the message. hint: what to do if another process has it. Error
  // (kEnvironment): another one has it, or the file cannot be made.
  static Result<std::unique_ptr<ProcessLock>> Take(const std::string& file, const std::string& what,
                                                   const std::string& hint, int folder = AT_FDCWD);
  ~ProcessLock();
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;

 private:
  explicit ProcessLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace laminar
