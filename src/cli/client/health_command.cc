#include <CLI/CLI.hpp>

#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "client/display_text.h"

namespace laminar::cli {

namespace {

struct HealthArguments {
  ServerArguments server;
  bool ready = false;
};

int Health(const HealthArguments& arguments) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto reply = (*client)->Raw(arguments.ready ? "/readyz" : "/healthz");
  if (!reply.ok()) return Failed(reply.status());
  std::string said = client::PrintableLines(reply->body);
  while (said.ends_with('\n')) said.pop_back();
  if (reply->status != 200)
    return Failed(Status::Environment("the server is not well: status " + std::to_string(reply->status) +
                                      (said.empty() ? "" : ", " + said)));
  Print(said + "\n");
  return FinishOutput(kDone);
}

}  // namespace

void AddHealth(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<HealthArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("health", "Say whether a server is well: for containers and scripts");
  command->group(kServerGroup);
  command->add_flag("--ready", arguments->ready, "Whether it takes requests, and not only whether it is alive");
  arguments->server.AddTo(command);
  command->footer(
      "Exit code: 0 it is well, 1 it is not, or does not answer. It needs no token.\n\n"
      "Examples:\n"
      "  laminar health\n"
      "  laminar health --ready --server https://laminar.example.com");
  command->callback([arguments, action] { *action = [arguments] { return Health(*arguments); }; });
}

}  // namespace laminar::cli
