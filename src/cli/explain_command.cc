#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/script.h"

namespace laminar::cli {

namespace {

struct ExplainArguments {
  ScriptArguments script;
  std::string format = "text";
};

int Explain(const ExplainArguments& arguments) {
  const auto script = ReadScript(arguments.script);
  if (!script.ok()) return WrongInput(script.status());
  const auto world = World::Make(DefaultMemoryLimit());
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  int code = kDone;
  const auto compiled = CompileOrExplain(*script, world->get(), &code);
  if (compiled == nullptr) return code;
  const std::string text = arguments.format == "mermaid" ? PlanToMermaid(compiled->plan) : PlanToText(compiled->plan);
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  return kDone;
}

}  // namespace

void AddExplain(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ExplainArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("explain", "Show the streaming plan of a script");
  arguments->script.AddTo(command);
  command->add_option("--format", arguments->format, "text, one operator a line, sinks first; or a Mermaid flowchart")
      ->option_text("text|mermaid")
      ->check(CLI::IsMember({"text", "mermaid"}));
  command->footer(
      "Examples:\n"
      "  laminar explain pipeline.sql\n"
      "  laminar explain pipeline.sql --format mermaid > plan.mmd");
  command->callback([arguments, action] { *action = [arguments] { return Explain(*arguments); }; });
}

}  // namespace laminar::cli
