#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "client/display_text.h"
#include "client/job_text.h"
#include "client/log_follower.h"

namespace laminar::cli {

namespace {

struct LogsArguments {
  ServerArguments server;
  std::string pipeline, format = "text";
  bool follow = false;
};

int Logs(const LogsArguments& arguments) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindPipelineId(client->get(), arguments.pipeline);
  if (!id.ok()) return Failed(id.status());
  const FollowScope ends(arguments.follow);
  client::LogFollower::Callbacks callbacks;
  callbacks.line = [&](std::string_view line) {
    const bool is_json = arguments.format == "json";
    const std::string text = is_json ? std::string(line) : client::LogLineText(client::Json::parse(line));
    return Print(text + "\n") && (!arguments.follow || std::fflush(stdout) == 0);
  };
  callbacks.note = [](const std::string& note) { std::fprintf(stderr, "%s\n", client::Printable(note).c_str()); };
  client::LogFollower follower(client->get(), *id, PauseMillis, callbacks);
  const Status status = arguments.follow ? follower.Follow() : follower.ShowKept();
  return status.ok() ? FinishOutput(kDone) : Failed(status);
}

}  // namespace

void AddLogs(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<LogsArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("logs", "Print what a pipeline has logged, and logs");
  command->group(kServerGroup);
  command->add_option("PIPELINE", arguments->pipeline, "Its name or id")->required()->option_text("");
  command->add_flag("-f,--follow", arguments->follow,
                    "Also what comes, through restarts of the pipeline and of the server, until Ctrl-C");
  AddFormat(command, &arguments->format, "text, or json: one object a line");
  arguments->server.AddTo(command);
  command->footer(
      "The server keeps the last 1,000 lines of a run.\n\n"
      "Examples:\n"
      "  laminar logs orders\n"
      "  laminar logs -f orders\n"
      "  laminar logs orders --format json | jq .message");
  command->callback([arguments, action] { *action = [arguments] { return Logs(*arguments); }; });
}

}  // namespace laminar::cli
