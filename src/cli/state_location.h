// Where a pipeline's state lies: the arguments that say so, and the store that they mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "cli/script.h"
#include "engine/pipeline.h"
#include "sql/compiler.h"
#include "state/blob_store.h"

namespace CLI {
class App;
}  // namespace CLI

namespace laminar::cli {

struct StateArguments {
  std::string state_dir;  // --state-dir; "" = the default
  std::string checkpoint_interval = "10s";
  int checkpoint_failures = 30;
  bool fresh = false, accept_duplicates = false, close_windows = false;
  void AddTo(CLI::App* command);
};

struct PipelineState {
  std::unique_ptr<BlobStore> store;  // nullptr: the pipeline keeps no state
  std::string location;              // for messages
  CheckpointOptions options;         // borrows the store
};

// SET pipeline.name, else the absolute path of the script's file; "" for the standard input without a name.
std::string PipelineIdentity(const ScriptArguments& arguments, const sql::CompiledScript& compiled);
// Where what is kept lies when nothing is said: $XDG_STATE_HOME/laminar, else ~/.local/state/laminar. Error (kUser),
// with the hint: neither is known, and there is no place for `whose`.
Result<std::filesystem::path> StateHome(const std::string& whose, const std::string& hint);
// The directory of that pipeline's state in there.
Result<std::string> DefaultStateDirectory(const std::string& identity);

// Opens what the arguments mean. A pipeline keeps state where a directory is named; else where it reads a stream
// without an end and its script is a file. Error: the place cannot be used, or another process uses it.
Result<PipelineState> OpenState(const StateArguments& state, const ScriptArguments& script,
                                const sql::CompiledScript& compiled, bool until_caught_up, World* world);

// The store at a directory or s3://bucket/prefix. read_only: it is there already, and another process may use it.
Result<std::unique_ptr<BlobStore>> OpenStore(const std::string& location, bool read_only, World* world);

}  // namespace laminar::cli
