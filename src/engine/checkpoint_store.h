// CheckpointStore: the checkpoints of one pipeline in a BlobStore.
//
//   manifest-000000000007            which files make checkpoint 7; created exclusively: nobody else has a 7
//   state-000000000007-1f3a9c2b-12   a part, first written for checkpoint 7; later manifests may name it too
//
// Blocking, like the store. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/checkpoint_part.h"
#include "base/status.h"
#include "state/blob_store.h"
#include "state/manifest.h"

namespace laminar {

// A checkpoint with all that it holds in memory.
struct LoadedCheckpoint {
  Manifest manifest;
  std::map<std::string, std::shared_ptr<CheckpointPart>> parts;  // by file
};

class CheckpointStore {
 public:
  // blobs: borrowed. instance: of this process, random: no other writes files of that name.
  CheckpointStore(BlobStore* blobs, std::string instance) : blobs_(blobs), instance_(std::move(instance)) {}

  const std::string& instance() const { return instance_; }
  // Numbers of the checkpoints that there are, whole or not; the newest first.
  Result<std::vector<int64_t>> Numbers();
  // Error (kEnvironment): it is damaged, cut off or missing (code kCheckpointDamaged); it is of a newer version, or
  // cannot be read.
  Result<Manifest> ReadManifest(int64_t number);
  Result<LoadedCheckpoint> Load(int64_t number);
  // "/var/lib/laminar/clicks/manifest-000000000007"
  std::string Describe(int64_t number) const;

  // Writes the part's bytes to a file of its own and lets go of them.
  Status Write(int64_t checkpoint, CheckpointPart* part);
  // Once it returns Ok the checkpoint counts. Error with the code kTaken: another process has one of this number.
  Status Commit(const Manifest& manifest);
  // Deletes all but the newest `kept` checkpoints, and what only they named. Nothing of another instance that is newer
  // than `newest`. Error: one that is kept cannot be read, and so nothing is known to be of no use; or deleting failed.
  Status DeleteOld(int64_t newest, size_t kept);

  static constexpr const char* kTaken = "CheckpointTaken";
  static constexpr const char* kCannotWrite = "CheckpointsFail";  // too many attempts have

 private:
  BlobStore* const blobs_;
  const std::string instance_;
  int64_t files_ = 0;                                  // written
  std::map<int64_t, std::vector<std::string>> named_;  // by checkpoint: the files of those that are kept, once known
};

}  // namespace laminar
