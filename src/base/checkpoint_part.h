// CheckpointPart: bytes on their way into a checkpoint, from whoever keeps state to whoever writes files.
#pragma once

#include <cstdint>
#include <string>

namespace laminar {

// The code of errors that say: what a checkpoint holds is not what was written.
constexpr char kCheckpointDamaged[] = "CheckpointDamaged";

// Shared by both. Once it was handed over, only the writer touches it: it gives the part a file and lets go of the
// bytes. Handed over again, unchanged, for a later checkpoint, it is not written again. One that was read from a
// checkpoint has its bytes until its owner takes them.
struct CheckpointPart {
  std::string bytes;
  std::string file;  // of the checkpoint's store; empty: not written yet
  int64_t size = 0;  // of the bytes, once there is a file
};

}  // namespace laminar
