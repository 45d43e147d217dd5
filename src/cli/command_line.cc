#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include "cli/client/server_session.h"
#include "formats/option.h"

namespace laminar::cli {

namespace {

// Whether the argument behind it is its value.
bool TakesValue(const CLI::App& app, const std::string& argument) {
  if (argument.find('=') != std::string::npos) return false;
  const CLI::Option* const option = app.get_option_no_throw(argument);
  return option != nullptr && option->get_items_expected_max() > 0;
}

std::vector<std::string> LongOptions(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

std::unique_ptr<CLI::App> MakeCommandLine(Action* action) {
  auto app = std::make_unique<CLI::App>("Streaming SQL for Amazon Kinesis Data Streams", "laminar");
  app->set_version_flag("--version", "laminar " LAMINAR_VERSION, "Print the version");
  app->get_formatter()->column_width(34);
  app->require_subcommand(0, 1);
  AddServerOptions(app.get());
  AddRun(app.get(), action);
  AddCheck(app.get(), action);
  AddExplain(app.get(), action);
  AddCheckpoints(app.get(), action);
  AddConnectors(app.get(), action);
  AddTail(app.get(), action);
  AddPut(app.get(), action);
  AddInfer(app.get(), action);
  AddReplay(app.get(), action);
  AddServe(app.get(), action);
  AddToken(app.get(), action);
  AddBackup(app.get(), action);
  AddPipelines(app.get(), action);
  AddTables(app.get(), action);
  AddJobs(app.get(), action);
  AddProfiles(app.get(), action);
  AddApply(app.get(), action);
  AddLogs(app.get(), action);
  AddTop(app.get(), action);
  AddHealth(app.get(), action);
  AddCompletion(app.get(), action);
  app->footer(
      "laminar COMMAND --help says more about a command.\n\n"
      "Examples:\n"
      "  laminar run pipeline.sql\n"
      "  laminar check pipeline.sql\n"
      "  laminar tail orders --region us-east-1 --offset earliest\n"
      "  laminar serve\n"
      "  laminar pipelines list");
  return app;
}

Status CheckNames(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  std::string of = "laminar";
  for (size_t i = 0; i < arguments.size(); i++) {
    const std::string& argument = arguments[i];
    if (argument == "--") break;
    const bool is_option = argument.size() > 1 && argument[0] == '-';
    const auto commands = command->get_subcommands([](const CLI::App*) { return true; });
    if (!commands.empty() && !is_option) {
      std::vector<std::string> names;
      for (const CLI::App* candidate : commands) {
        names.push_back(candidate->get_name());
        if (candidate->get_name() == argument) command = candidate;
      }
      if (command->get_name() != argument) {
        const auto nearest = NearestName(argument, names);
        return Status::User("unknown command '" + argument + "'", nearest
                                                                      ? "Did you mean '" + of + " " + *nearest + "'?"
                                                                      : of + " --help lists the commands");
      }
      of += " " + argument;
    } else if (argument.starts_with("--")) {
      const std::string name = argument.substr(0, argument.find('='));
      const std::vector<std::string> names = LongOptions(*command);
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        // Else it would be taken for a command.
        if (!commands.empty() && TakesValue(*command, argument)) i++;
        continue;
      }
      if (name == "--token" && std::find(names.begin(), names.end(), "--token-file") != names.end())
        return Status::User("a token does not stand on the command line, where every user of the machine can read it",
                            "Put it into LAMINAR_TOKEN, or into a file: --token-file FILE");
      const auto nearest = NearestName(name, names);
      return Status::User("unknown option '" + name + "' of " + of,
                          nearest ? "Did you mean '" + *nearest + "'?" : of + " --help lists the options");
    }
  }
  return Status::Ok();
}

}  // namespace laminar::cli
