#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/client/server_session.h"
#include "cli/command_line.h"
#include "cli/errors.h"

namespace laminar {

namespace {

// CLI11's messages, ours in form: "FILE is required" and where to read more.
int ParseFailed(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  std::string of = "laminar";
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    of += " " + command->get_name();
  }
  return cli::WrongInput(Status::User(of + ": " + message, of + " --help shows how it is used"));
}

}  // namespace

int Main(int argc, char** argv) {
  cli::Action action;
  const auto app = cli::MakeCommandLine(&action);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const Status status = cli::CheckNames(*app, arguments); !status.ok()) return cli::WrongInput(status);
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& wish) {
    app->exit(wish);  // prints help or version
    return cli::kDone;
  } catch (const CLI::ParseError& error) {
    return ParseFailed(*app, error);
  }
  if (action == nullptr) {
    std::fputs(app->help().c_str(), stderr);
    return cli::kWrongInput;
  }
  const CLI::App& command = *app->get_subcommands().front();
  if (const std::string option = cli::IdleServerOption(*app);
      !option.empty() && command.get_group() != cli::kServerGroup)
    return cli::WrongInput(Status::User("laminar " + command.get_name() + " asks no server: it takes no " + option,
                                        "laminar --help lists the commands that do"));
  return action();
}

}  // namespace laminar
