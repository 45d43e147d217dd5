// The frame of every file of a checkpoint: 32 bytes before the payload that say what it is and let no damage pass.
//
//   0   8 bytes   "\x89LAMSTA\n": not text, and changed by whatever changes line ends
//   8   4 bytes   format version
//  12   4 bytes   StateFileKind
//  16   8 bytes   length of the payload
//  24   8 bytes   XXH3, 64 bits, of bytes 0 ... 23 and the payload
//
// Integers are little endian. The frame is the same in all versions; what the payload is, the version says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/checkpoint_part.h"
#include "base/status.h"

namespace laminar {

enum class StateFileKind : uint32_t {
  kManifest = 1,  // which files make a checkpoint
  kState = 2,     // of one operator, a range of key groups
};

constexpr uint32_t kStateFileVersion = 1;

std::string SealStateFile(StateFileKind kind, std::string_view payload);

// The payload, which points into `file`. name: for messages. Errors, all of kEnvironment: it was written by a newer
// version; or, with the code kCheckpointDamaged, it is no file of a checkpoint, is cut off, is damaged, or is of
// another kind. What to do about a file that is not whole depends on the delivery mode: whoever loads the checkpoint
// adds that hint.
Result<std::string_view> OpenStateFile(const std::string& name, std::string_view file, StateFileKind kind);

}  // namespace laminar
