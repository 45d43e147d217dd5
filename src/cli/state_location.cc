#include "cli/state_location.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "aws_stores/s3_store.h"
#include "base/units.h"
#include "state/directory_store.h"
#include "state/key_codec.h"

namespace laminar::cli {

namespace {

constexpr int64_t kLeastCheckpointMillis = 100;
constexpr size_t kLongestName = 60;  // of a pipeline, in the name of its directory

// Letters, digits, '-', '_' and '.' of the identity's last part, and what tells it from others of that name.
std::string DirectoryName(const std::string& identity) {
  const std::string last = std::filesystem::path(identity).filename().string();
  std::string name;
  for (const char c : last.substr(0, kLongestName)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(HashKey(identity)));
  return name + "-" + std::string(hash, 8);
}

bool ReadsStream(const sql::CompiledScript& compiled) {
  return std::any_of(compiled.sources.begin(), compiled.sources.end(),
                     [](const auto& source) { return source.second.connector->name() == "kinesis"; });
}

}  // namespace

void StateArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--state-dir", state_dir,
                   "Where checkpoints are kept: a directory, or s3://bucket/prefix (default: a directory of this "
                   "pipeline in $XDG_STATE_HOME/laminar or ~/.local/state/laminar)")
      ->option_text("DIR")
      ->check([](const std::string& dir) {
        return std::string(dir.empty() ? "it is empty: name a directory, or leave it out" : "");
      });
  command
      ->add_option("--checkpoint-interval", checkpoint_interval,
                   "How often a checkpoint is taken: 500ms, 30s, 1min (default: 10s)")
      ->option_text("TIME");
  command
      ->add_option("--checkpoint-failures", checkpoint_failures,
                   "After how many failed attempts in a row to write a checkpoint the pipeline stops (default: 30)")
      ->option_text("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--fresh", fresh, "Begin anew, whatever checkpoints there are");
  command->add_flag("--accept-duplicates", accept_duplicates,
                    "Go on from an older checkpoint where the newest is damaged, although exactly_once was asked for");
  command->add_flag(
      "--close-windows", close_windows,
      "With --until-caught-up and --state-dir: give out open windows at the end, instead of keeping them");
}

std::string PipelineIdentity(const ScriptArguments& arguments, const sql::CompiledScript& compiled) {
  if (!compiled.pipeline_name.empty()) return compiled.pipeline_name;
  if (arguments.file == "-") return "";
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(arguments.file, error);
  return error ? std::filesystem::absolute(arguments.file).string() : path.string();
}

Result<std::filesystem::path> StateHome(const std::string& whose, const std::string& hint) {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const char* const home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "laminar";
  if (home != nullptr && *home == '/') return std::filesystem::path(home) / ".local" / "state" / "laminar";
  return Status::User("there is no place for " + whose + ": neither HOME nor XDG_STATE_HOME is set", hint);
}

Result<std::string> DefaultStateDirectory(const std::string& identity) {
  ASSIGN_OR_RETURN(const std::filesystem::path folder,
                   StateHome("the pipeline's state", "Name a directory with --state-dir"));
  return (folder / DirectoryName(identity)).string();
}

Result<std::unique_ptr<BlobStore>> OpenStore(const std::string& location, bool read_only, World* world) {
  if (IsS3Url(location)) return OpenS3Store(location, {.clock = &world->clock(), .seed = world->ForkRandom().Next()});
  const auto mode = read_only ? DirectoryStore::Mode::kRead : DirectoryStore::Mode::kOwn;
  ASSIGN_OR_RETURN(std::unique_ptr<DirectoryStore> store, DirectoryStore::Open(location, mode));
  return std::unique_ptr<BlobStore>(std::move(store));
}

Result<PipelineState> OpenState(const StateArguments& arguments, const ScriptArguments& script,
                                const sql::CompiledScript& compiled, bool until_caught_up, World* world) {
  PipelineState state;
  const Result<int64_t> interval = ParseMillis(arguments.checkpoint_interval);
  if (!interval.ok() || *interval < kLeastCheckpointMillis) {
    return Status::User(
        "--checkpoint-interval " + arguments.checkpoint_interval + " is not a length of time of at least 100 ms",
        "--checkpoint-interval 10s");
  }
  const std::string identity = PipelineIdentity(script, compiled);
  state.options.pipeline = identity;
  const bool named = !arguments.state_dir.empty();
  if (named && identity.empty()) {
    return Status::User("a script from the standard input has no name to keep state under",
                        "SET pipeline.name = '...' in the script, or give it as a file");
  }
  if (named && compiled.prints_to_terminal) {
    return Status::User("a SELECT without INSERT prints its rows and keeps no state",
                        "INSERT INTO a sink, or leave out --state-dir");
  }
  const bool keeps =
      named || (!until_caught_up && !identity.empty() && !compiled.prints_to_terminal && ReadsStream(compiled));
  const char* needs_state = arguments.fresh               ? "--fresh"
                            : arguments.accept_duplicates ? "--accept-duplicates"
                            : arguments.close_windows     ? "--close-windows"
                                                          : nullptr;
  if (!keeps && needs_state != nullptr) {
    return Status::User(std::string(needs_state) + " is about the state of a pipeline, and this one keeps none",
                        "Name a directory with --state-dir, or leave it out");
  }
  if (arguments.close_windows && !until_caught_up)
    return Status::User("--close-windows is for the end of --until-caught-up",
                        "Add --until-caught-up, or leave it out");
  if (!keeps) return state;
  if (named) {
    state.location = arguments.state_dir;
  } else {
    ASSIGN_OR_RETURN(state.location, DefaultStateDirectory(identity));
  }
  ASSIGN_OR_RETURN(state.store, OpenStore(state.location, /*read_only=*/false, world));
  state.options.store = state.store.get();
  state.options.interval_micros = *interval * kMicrosPerMilli;
  state.options.most_failures = arguments.checkpoint_failures;
  state.options.fresh = arguments.fresh;
  state.options.accept_duplicates = arguments.accept_duplicates;
  state.options.close_windows = arguments.close_windows;
  state.options.version = LAMINAR_VERSION;
  return state;
}

}  // namespace laminar::cli
