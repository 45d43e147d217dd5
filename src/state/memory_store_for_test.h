// MemoryStore: a BlobStore in memory, for tests.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "state/blob_store.h"

namespace laminar {

// Thread-safe: several stores of a simulation, or a test and its pipeline, may share what lies in it.
class MemoryStore final : public BlobStore {
 public:
  Status Put(const std::string& name, std::string_view bytes) override {
    std::lock_guard lock(mutex);
    if (!failure.ok()) return failure;
    blobs[name] = bytes;
    return Status::Ok();
  }
  Result<bool> Create(const std::string& name, std::string_view bytes) override {
    std::lock_guard lock(mutex);
    if (!failure.ok()) return failure;
    return blobs.try_emplace(name, bytes).second;
  }
  Result<std::optional<std::string>> Get(const std::string& name) override {
    std::lock_guard lock(mutex);
    const auto found = blobs.find(name);
    return found == blobs.end() ? std::optional<std::string>() : found->second;
  }
  Result<std::vector<Entry>> List(std::string_view prefix) override {
    std::lock_guard lock(mutex);
    std::vector<Entry> entries;
    for (const auto& [name, bytes] : blobs) {
      if (name.starts_with(prefix)) entries.push_back({name, static_cast<int64_t>(bytes.size())});
    }
    return entries;
  }
  Status Delete(const std::string& name) override {
    std::lock_guard lock(mutex);
    blobs.erase(name);
    return Status::Ok();
  }
  std::string Describe(const std::string& name) const override { return "memory/" + name; }

  std::mutex mutex;
  std::map<std::string, std::string> blobs;  // guarded by mutex
  Status failure;                            // guarded by mutex: of every write
};

}  // namespace laminar
