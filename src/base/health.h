// What keeps a pipeline from being well, for those who watch it from outside: everything that can fail for a while and
// recover says so here, and takes it back.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace laminar {

// Thread-safe.
class Health {
 public:
  // who: a word such as "checkpoints", one for each that speaks. problem: a sentence without a full stop; "" = well
  // again.
  void Set(const std::string& who, std::string problem) {
    std::lock_guard lock(mutex_);
    if (problem.empty()) {
      problems_.erase(who);
    } else {
      problems_[who] = std::move(problem);
    }
  }
  // "checkpoints: the disk is full; pipeline: starting", by name; "" = all is well.
  std::string Problems() const {
    std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [who, problem] : problems_) out += (out.empty() ? "" : "; ") + who + ": " + problem;
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> problems_;  // guarded by mutex_
};

}  // namespace laminar
