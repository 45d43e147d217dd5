#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/script.h"

namespace laminar::cli {

namespace {

std::string Count(size_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string Tables(const std::map<std::string, sql::BoundTable>& tables) {
  std::string out;
  for (const auto& [name, table] : tables)
    out += (out.empty() ? "" : ", ") + name + " (" + table.connector->name() + ")";
  return out;
}

int Check(const ScriptArguments& arguments) {
  const auto script = ReadScript(arguments);
  if (!script.ok()) return WrongInput(script.status());
  const auto world = World::Make(DefaultMemoryLimit());
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  int code = kDone;
  const auto compiled = CompileOrExplain(*script, world->get(), &code);
  if (compiled == nullptr) return code;
  std::printf("ok: %s", Count(compiled->sources.size(), "source", "sources").c_str());
  if (!compiled->sources.empty()) std::printf(": %s", Tables(compiled->sources).c_str());
  std::printf("; %s: %s\n", Count(compiled->sinks.size(), "sink", "sinks").c_str(), Tables(compiled->sinks).c_str());
  return kDone;
}

}  // namespace

void AddCheck(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ScriptArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("check", "Say everything that is wrong with a script, without running it");
  arguments->AddTo(command);
  command->footer(
      "Contacts nobody but the schema registry of a table without columns. Exit code: 0 nothing is wrong, 1 a registry "
      "does not answer, 2 something is wrong.\n\n"
      "Examples:\n"
      "  laminar check pipeline.sql\n"
      "  laminar check - < pipeline.sql");
  command->callback([arguments, action] { *action = [arguments] { return Check(*arguments); }; });
}

}  // namespace laminar::cli
