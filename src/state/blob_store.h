// BlobStore: where checkpoints lie. Named blobs of at most kLargestBlob bytes, written and read whole: a directory, a
// prefix of a bucket, the memory of a simulation. Not thread-safe; blocking.
//
// Names: letters, digits, '-', '_' and '.', not beginning with '.'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace laminar {

class BlobStore {
 public:
  static constexpr size_t kLargestBlob = 64 << 20;

  struct Entry {
    std::string name;
    int64_t bytes = 0;
  };

  virtual ~BlobStore() = default;
  // Once it returns Ok, the blob outlives a crash of the machine. One of that name is replaced, as a whole.
  virtual Status Put(const std::string& name, std::string_view bytes) = 0;
  // The same, but false if there is one of that name: of all who try, in whatever process, one gets true.
  virtual Result<bool> Create(const std::string& name, std::string_view bytes) = 0;
  // nullopt: there is none.
  virtual Result<std::optional<std::string>> Get(const std::string& name) = 0;
  // Those whose name begins with the prefix, by name.
  virtual Result<std::vector<Entry>> List(std::string_view prefix) = 0;
  // One that is not there is deleted already.
  virtual Status Delete(const std::string& name) = 0;
  // "/var/lib/laminar/clicks/manifest-7", "s3://bucket/prefix/manifest-7": for messages.
  virtual std::string Describe(const std::string& name) const = 0;

  static bool IsName(std::string_view name);
};

}  // namespace laminar
