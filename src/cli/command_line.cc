#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include "formats/option.h"

namespace laminar::cli {

namespace {

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
  AddCompletion(app.get(), action);
  app->footer(
      "laminar COMMAND --help says more about a command.\n\n"
      "Examples:\n"
      "  laminar run pipeline.sql\n"
      "  laminar check pipeline.sql\n"
      "  laminar tail orders --region us-east-1 --offset earliest");
  return app;
}

Status CheckNames(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  std::string of = "laminar";
  for (const std::string& argument : arguments) {
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
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      const auto nearest = NearestName(name, names);
      return Status::User("unknown option '" + name + "' of " + of,
                          nearest ? "Did you mean '" + *nearest + "'?" : of + " --help lists the options");
    }
  }
  return Status::Ok();
}

}  // namespace laminar::cli
