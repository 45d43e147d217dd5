#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "aws_stores/s3_store.h"
#include "base/units.h"
#include "base/utc.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/script.h"
#include "cli/state_location.h"
#include "engine/checkpoint_store.h"

namespace laminar::cli {

namespace {

struct CheckpointsArguments {
  ScriptArguments script;
  std::string state_dir, format = "text";
  int64_t checkpoint = 0;  // 0: list them
};

std::string TimeOrNone(const std::optional<int64_t>& micros) {
  return micros ? Rfc3339(*micros) : "none yet";
}

void PrintLine(const Manifest& manifest) {
  std::printf("%-10lld  %s  %10s  %zu files%s\n", static_cast<long long>(manifest.checkpoint),
              Rfc3339(manifest.taken_micros).c_str(), FormatBytes(static_cast<uint64_t>(manifest.Bytes())).c_str(),
              manifest.Files().size(), manifest.finished ? "  (the pipeline had come to its end)" : "");
}

void PrintWhole(const Manifest& manifest) {
  std::printf("checkpoint   %lld, taken %s by Laminar %s with %d workers\n",
              static_cast<long long>(manifest.checkpoint), Rfc3339(manifest.taken_micros).c_str(),
              manifest.version.c_str(), manifest.parallelism);
  std::printf("pipeline     %s\nstate        %s, id %s%s\n", manifest.pipeline.c_str(),
              FormatBytes(static_cast<uint64_t>(manifest.Bytes())).c_str(), manifest.state_id.c_str(),
              manifest.finished ? "; the pipeline had come to its end" : "");
  for (const auto& [table, source] : manifest.sources) {
    std::printf("source       %s: watermark %s\n             %s\n", table.c_str(),
                TimeOrNone(source.watermark_micros).c_str(), source.position.c_str());
  }
  for (const auto& [id, op] : manifest.operators) {
    int64_t bytes = 0;
    for (const Manifest::Part& part : op.parts) bytes += part.bytes;
    std::printf("operator     %s: %s in %zu files, watermark %s\n             %s\n", id.c_str(),
                FormatBytes(static_cast<uint64_t>(bytes)).c_str(), op.parts.size(),
                TimeOrNone(op.watermark_micros).c_str(), op.shape.c_str());
  }
  for (const auto& [table, writers] : manifest.writers) {
    for (const Manifest::Writer& writer : writers)
      std::printf("sink         %s: %zu files\n             %s\n", table.c_str(), writer.parts.size(),
                  writer.progress.c_str());
  }
}

// An error of the kind kCancelled is said already, and `code` is the exit code.
Result<std::string> Location(const CheckpointsArguments& arguments, World* world, int* code) {
  if (!arguments.state_dir.empty()) return arguments.state_dir;
  ASSIGN_OR_RETURN(const Script script, ReadScript(arguments.script));
  const auto compiled = CompileOrExplain(script, world, code);
  if (compiled == nullptr) return Status::Cancelled();
  const std::string identity = PipelineIdentity(arguments.script, *compiled);
  if (identity.empty())
    return Status::User("a script from the standard input has no name to keep state under", "Name its --state-dir");
  return DefaultStateDirectory(identity);
}

int ShowCheckpoints(const CheckpointsArguments& arguments) {
  const auto world = World::Make(DefaultMemoryLimit());
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  int code = kDone;
  const auto location = Location(arguments, world->get(), &code);
  if (!location.ok()) return location.status().kind() == StatusKind::kCancelled ? code : WrongInput(location.status());
  std::error_code error;
  if (!IsS3Url(*location) && !std::filesystem::is_directory(*location, error)) {
    PrintError(Status::Environment("the pipeline has no checkpoints: there is no directory " + *location,
                                   "If they lie elsewhere, name it with --state-dir"));
    return kFailed;
  }
  const auto blobs = OpenStore(*location, /*read_only=*/true, world->get());
  if (!blobs.ok()) {
    PrintError(blobs.status());
    return kFailed;
  }
  CheckpointStore store(blobs->get(), "");
  const auto numbers = store.Numbers();
  if (!numbers.ok()) {
    PrintError(numbers.status());
    return kFailed;
  }
  if (numbers->empty()) std::fprintf(stderr, "there are no checkpoints in %s\n", location->c_str());
  bool whole = true, found = false;
  for (const int64_t number : *numbers) {
    if (arguments.checkpoint != 0 && number != arguments.checkpoint) continue;
    found = true;
    const auto loaded = store.Load(number);
    if (!loaded.ok()) {
      whole = false;
      PrintError(loaded.status());
    } else if (arguments.format == "json") {
      std::fputs(nlohmann::json::parse(loaded->manifest.ToJson()).dump().append("\n").c_str(), stdout);
    } else if (arguments.checkpoint != 0) {
      PrintWhole(loaded->manifest);
    } else {
      PrintLine(loaded->manifest);
    }
  }
  if (arguments.checkpoint != 0 && !found) {
    return WrongInput(
        Status::User("there is no checkpoint " + std::to_string(arguments.checkpoint) + " in " + *location,
                     "laminar checkpoints FILE lists those that there are"));
  }
  return whole ? kDone : kFailed;
}

}  // namespace

void AddCheckpoints(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<CheckpointsArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("checkpoints", "List the checkpoints of a script's pipeline, or show one");
  arguments->script.AddTo(command);
  command->add_option("--state-dir", arguments->state_dir, "Where they are, if not where `laminar run` keeps them")
      ->option_text("DIR");
  command->add_option("-c,--checkpoint", arguments->checkpoint, "Show this one: positions, operators, sinks, files")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--format", arguments->format, "How to show them")
      ->option_text("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  command->footer(
      "Every file of each is read and checked. Exit code: 0 all are whole, 1 one is damaged, 2 wrong input.\n\n"
      "Examples:\n"
      "  laminar checkpoints pipeline.sql\n"
      "  laminar checkpoints pipeline.sql -c 42");
  command->callback([arguments, action] { *action = [arguments] { return ShowCheckpoints(*arguments); }; });
}

}  // namespace laminar::cli
