// Where a pipeline goes on: the newest checkpoint that is whole, if the script can go on from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint_store.h"
#include "sql/compiler.h"

namespace laminar {

struct RecoverySettings {
  std::string pipeline;            // whose state it has to be
  bool fresh = false;              // begin anew, whatever there is
  bool accept_duplicates = false;  // exactly_once: go on from an older one although rows may have been sent since
  bool exactly_once = false;       // a sink of the script wants it
};

struct Recovery {
  std::optional<LoadedCheckpoint> from;  // nullopt: anew
  int64_t newest = 0;                    // number of the newest there is, whole or not; 0: none
  bool new_state_id = false;       // rows of the old one may be in the sinks' streams: they are no longer told apart
  std::vector<std::string> notes;  // for the user: what was passed over or left behind, a sentence each
};

// Reads nothing but the store. Errors: it is another pipeline's state (kUser); the script has changed in a way that the
// state does not fit (kUser), with what has changed; no checkpoint is whole, or the newest is not and exactly_once
// needs it (kEnvironment).
Result<Recovery> Recover(CheckpointStore* store, const sql::CompiledScript& script, const RecoverySettings& settings);

// Whether the script can go on from the newest checkpoint that is whole; also where there is none. Reads no state.
// Error (kUser): what has changed.
Status FitsState(CheckpointStore* store, const sql::CompiledScript& script);
// The same of the checkpoint that a running script of the pipeline will take.
Status FitsRunning(const sql::CompiledScript& running, const sql::CompiledScript& script);

}  // namespace laminar
