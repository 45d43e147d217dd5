// PipelineLocks: changes of one pipeline - read, compiled, written - happen one after another; those of others go on.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace laminar::server {

// Thread-safe.
class PipelineLocks {
 public:
  class Hold {
   public:
    explicit Hold(std::shared_ptr<std::mutex> mutex) : mutex_(std::move(mutex)), lock_(*mutex_) {}

   private:
    std::shared_ptr<std::mutex> mutex_;
    std::unique_lock<std::mutex> lock_;  // goes first
  };

  // Waits for the changes before it. The next one begins when the Hold is gone.
  Hold Take(const std::string& pipeline_id) {
    std::shared_ptr<std::mutex> mutex;
    {
      std::lock_guard lock(mutex_);
      std::erase_if(held_, [](const auto& each) { return each.second.expired(); });
      mutex = held_[pipeline_id].lock();
      if (mutex == nullptr) held_[pipeline_id] = mutex = std::make_shared<std::mutex>();
    }
    return Hold(std::move(mutex));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<std::mutex>> held_;  // guarded by mutex_: those that somebody holds or waits for
};

}  // namespace laminar::server
