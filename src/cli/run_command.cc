#include <CLI/CLI.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/pipeline_run.h"
#include "cli/script.h"
#include "cli/state_location.h"

namespace laminar::cli {

namespace {

constexpr int kMostWorkers = 256;

struct RunCommandArguments {
  ScriptArguments script;
  RunArguments run;
  int parallelism = 1;
  bool until_caught_up = false;
  StateArguments state;
  int restarts = 10;
  std::string metrics_listen;
};

int Run(const RunCommandArguments& arguments) {
  arguments.run.Apply();
  const auto script = ReadScript(arguments.script);
  if (!script.ok()) return WrongInput(script.status());
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  std::optional<ListenAddress> metrics;
  if (!arguments.metrics_listen.empty()) {
    const auto address = ParseListenAddress("--metrics-listen", arguments.metrics_listen);
    if (!address.ok()) return WrongInput(address.status());
    metrics = *address;
  }

  PipelineRun run(arguments.run);
  if (metrics) run.ServeMetrics(*metrics);
  const auto world = World::Make(*memory);
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  int code = kDone;
  const auto compiled = CompileOrExplain(*script, world->get(), &code);
  if (compiled == nullptr) return code;
  PipelineOptions options;
  options.parallelism = arguments.parallelism;
  options.until_caught_up = arguments.until_caught_up;
  options.memory_limit_bytes = *memory;
  const auto state = OpenState(arguments.state, arguments.script, *compiled, arguments.until_caught_up, world->get());
  if (!state.ok()) {
    PrintError(state.status());
    return state.status().kind() == StatusKind::kUser ? kWrongInput : kFailed;
  }
  options.checkpoints = state->options;
  return run.Run(*script, *compiled, options, world->get(), /*shows_progress=*/true, arguments.restarts);
}

}  // namespace

void AddRun(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<RunCommandArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("run", "Run a script until its sources end or it is stopped");
  arguments->script.AddTo(command);
  command
      ->add_option("-p,--parallelism", arguments->parallelism,
                   "How many workers share the shards of a stream or the ranges of a file (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(1, kMostWorkers));
  command->add_flag("--until-caught-up", arguments->until_caught_up,
                    "Read to the end that each source has at the start, then finish");
  arguments->state.AddTo(command);
  command
      ->add_option(
          "--restarts", arguments->restarts,
          "How many times an hour a pipeline that fails is started again from its last checkpoint (default: 10)")
      ->option_text("N")
      ->check(CLI::Range(0, 1'000'000));
  command
      ->add_option("--metrics-listen", arguments->metrics_listen,
                   "Serve /metrics for Prometheus and /healthz there; with a port alone, to this machine only")
      ->option_text("[HOST:]PORT");
  arguments->run.AddTo(command);
  command->footer(
      "A pipeline that reads a stream goes on where it stopped, from its last checkpoint; `laminar checkpoints` shows\n"
      "them, --fresh begins anew. --until-caught-up and pipelines without a stream keep no state unless --state-dir\n"
      "is named; a bare SELECT, and a script from the standard input without SET pipeline.name, keep none.\n"
      "The first SIGINT or SIGTERM takes a last checkpoint and sends what was accepted; the second one stops at once.\n"
      "Exit code: 0 done; 1 failed while running, or a schema registry does not answer; 2 wrong input.\n\n"
      "Examples:\n"
      "  laminar run pipeline.sql\n"
      "  laminar run pipeline.sql --parallelism 4 --set region=eu-west-1\n"
      "  laminar run pipeline.sql --metrics-listen 9464\n"
      "  laminar run backfill.sql --until-caught-up --log-format json\n"
      "  echo \"SELECT 1 + 1 AS two\" | laminar run -");
  command->callback([arguments, action] { *action = [arguments] { return Run(*arguments); }; });
}

}  // namespace laminar::cli
