#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/client/pipeline_settings.h"
#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "client/await.h"
#include "client/pipeline_text.h"

namespace laminar::cli {

namespace {

using client::ApiAnswer;
using client::ApiClient;
using client::AwaitedState;
using client::Json;
using client::TextOf;

struct PipelinesArguments {
  ServerArguments server;
  PipelineSettings settings;
  WaitArguments wait;
  std::string pipeline, file, name, format = "text", mode = "checkpoint";
  bool fresh = false, accept_duplicates = false, force = false, no_start = false, restart = false;
};

using Answered = Result<ApiAnswer>;

std::string PathOf(const std::string& id) {
  return "/pipelines/" + client::Escaped(id);
}

// After a change: waited for if that was asked for, and told. text: what is said for people, before the state.
int Told(ApiClient* client, const PipelinesArguments& arguments, ApiAnswer pipeline, AwaitedState awaited,
         const std::string& text) {
  if (arguments.wait.given()) {
    const auto millis = arguments.wait.Millis();
    if (!millis.ok()) return WrongInput(millis.status());
    const SystemClock clock;
    Answered there = client::Await(client, TextOf(pipeline.body, "id"), awaited, *millis, clock, PauseMillis);
    if (!there.ok()) return Failed(there.status());
    pipeline = std::move(*there);
  }
  if (arguments.format == "json") {
    Print(pipeline.text + "\n");
  } else {
    Print(text + TextOf(pipeline.body, "name") + ": " + TextOf(pipeline.body, "state") + "\n");
  }
  return FinishOutput(kDone);
}

// What needs a client and the id of the pipeline that the arguments name.
template <class Work>
int OnPipeline(const PipelinesArguments& arguments, const Work& work) {
  if (arguments.wait.given()) {
    if (const auto millis = arguments.wait.Millis(); !millis.ok()) return WrongInput(millis.status());
  }
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindPipelineId(client->get(), arguments.pipeline);
  if (!id.ok()) return Failed(id.status());
  return work(client->get(), *id);
}

int List(const PipelinesArguments& arguments) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto list = (*client)->List("/pipelines");
  if (!list.ok()) return Failed(list.status());
  Print(arguments.format == "json" ? list->text + "\n" : client::PipelineTable(list->body).Render(StdoutStyle()));
  return FinishOutput(kDone);
}

int Show(const PipelinesArguments& arguments) {
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    const auto pipeline = client->Get(PathOf(id));
    if (!pipeline.ok()) return Failed(pipeline.status());
    Print(arguments.format == "json" ? pipeline->text + "\n" : client::PipelineDetails(pipeline->body));
    return FinishOutput(kDone);
  });
}

int Create(const PipelinesArguments& arguments) {
  const auto file = ReadPipelineFile(arguments.file);
  if (!file.ok()) return WrongInput(file.status());
  const auto settings = arguments.settings.Members();
  if (!settings.ok()) return WrongInput(settings.status());
  if (arguments.no_start && arguments.wait.given())
    return WrongInput(Status::User("--no-start and --wait do not go together", "Name one of them"));
  Json body = *settings;
  body["name"] = arguments.name.empty() ? file->name : arguments.name;
  if (body["name"] == "")
    return WrongInput(
        Status::User("the pipeline has no name", "Give it one: --name NAME, or SET pipeline.name in the script"));
  body["query"] = file->query;
  body["start"] = !arguments.no_start;
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  Answered made = (*client)->Post("/pipelines", body.dump());
  if (!made.ok()) return QueryFailed(**client, file->shown_name, file->query, made.status());
  return Told(client->get(), arguments, std::move(*made), AwaitedState::kRunning, "created ");
}

int Edit(const PipelinesArguments& arguments) {
  PipelineFile file;  // stays empty where the query does
  if (!arguments.file.empty()) {
    auto read = ReadPipelineFile(arguments.file);
    if (!read.ok()) return WrongInput(read.status());
    file = std::move(*read);
  }
  const auto settings = arguments.settings.Members();
  if (!settings.ok()) return WrongInput(settings.status());
  const bool takes_effect_later = !arguments.file.empty() || !settings->empty() || arguments.fresh;
  if (!takes_effect_later && arguments.name.empty())
    return WrongInput(Status::User("there is nothing to change",
                                   "Name a script, --name, or a setting: laminar pipelines edit --help lists them"));
  if (arguments.wait.given() && !arguments.restart)
    return WrongInput(Status::User("--wait waits for a restart: it goes with --restart", "Name both, or none"));
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    Json body = *settings;
    if (!arguments.file.empty()) body["query"] = file.query;
    if (!arguments.name.empty()) body["name"] = arguments.name;
    if (arguments.fresh) body["fresh"] = true;
    Answered changed = client->Patch(PathOf(id), body);
    if (!changed.ok()) return QueryFailed(*client, file.shown_name, file.query, changed.status());
    const bool runs = client::IsRunning(changed->body);
    const std::string name = TextOf(changed->body, "name");
    if (runs && arguments.restart) {
      changed = client->Post(PathOf(id) + "/restart", Json({{"mode", arguments.mode}}).dump());
      if (!changed.ok()) return Failed(changed.status());
      return Told(client, arguments, std::move(*changed), AwaitedState::kRunning, "changed, restarted ");
    }
    const int code = Told(client, arguments, std::move(*changed), AwaitedState::kRunning, "changed ");
    if (runs && takes_effect_later && code == kDone)
      std::fprintf(stderr, "It takes effect at the next start: laminar pipelines restart '%s'\n", name.c_str());
    return code;
  });
}

int Start(const PipelinesArguments& arguments) {
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    Json body = {{"stop", "none"}};
    if (arguments.fresh) body["fresh"] = true;
    Answered started = client->Patch(PathOf(id), body);
    if (!started.ok()) return Failed(started.status());
    return Told(client, arguments, std::move(*started), AwaitedState::kRunning, "");
  });
}

int Stop(const PipelinesArguments& arguments) {
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    Answered stopped = client->Patch(PathOf(id), {{"stop", arguments.mode}});
    if (!stopped.ok()) return Failed(stopped.status());
    return Told(client, arguments, std::move(*stopped), AwaitedState::kEnded, "");
  });
}

int Restart(const PipelinesArguments& arguments) {
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    const Json body = {
        {"mode", arguments.mode}, {"fresh", arguments.fresh}, {"accept_duplicates", arguments.accept_duplicates}};
    Answered restarted = client->Post(PathOf(id) + "/restart", body.dump());
    if (!restarted.ok()) return Failed(restarted.status());
    return Told(client, arguments, std::move(*restarted), AwaitedState::kRunning, "");
  });
}

int Delete(const PipelinesArguments& arguments) {
  return OnPipeline(arguments, [&](ApiClient* client, const std::string& id) {
    const auto deleted = client->Delete(PathOf(id) + (arguments.force ? "?force=true" : ""));
    if (!deleted.ok() && deleted.status().code() == ApiClient::kConflict)
      return Failed(Status::User(deleted.status().message(), "Stop it first, or say --force"));
    if (!deleted.ok()) return Failed(deleted.status());
    Print("deleted " + arguments.pipeline + "\n");
    return FinishOutput(kDone);
  });
}

using SharedPipelines = std::shared_ptr<PipelinesArguments>;

void AddPipeline(CLI::App* command, const SharedPipelines& arguments) {
  command->add_option("PIPELINE", arguments->pipeline, "Its name or id")->required()->option_text("");
}
void AddMode(CLI::App* command, const SharedPipelines& arguments) {
  command
      ->add_option("--mode", arguments->mode,
                   "checkpoint: a last checkpoint; graceful: open windows are given out first; immediate: without a "
                   "checkpoint; force: without waiting for anything (default: checkpoint)")
      ->option_text("checkpoint|graceful|immediate|force")
      ->check(CLI::IsMember({"checkpoint", "graceful", "immediate", "force"}));
}
void AddFresh(CLI::App* command, const SharedPipelines& arguments) {
  command->add_flag("--fresh", arguments->fresh, "It begins anew, and the state that it has is left");
}

}  // namespace

void AddPipelines(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<PipelinesArguments>();  // shared: with the callbacks, which live in the app
  CLI::App* command = app->add_subcommand("pipelines", "List, show, make, change, start and stop pipelines");
  command->require_subcommand(1);
  command->group(kServerGroup);
  const auto add = [&](const char* name, const char* help, int (*run)(const PipelinesArguments&)) {
    CLI::App* each = command->add_subcommand(name, help);
    each->callback([arguments, action, run] { *action = [arguments, run] { return run(*arguments); }; });
    return each;
  };
  CLI::App* list = add("list", "List all pipelines", List);
  CLI::App* show = add("show", "Show a pipeline, its plan and its query", Show);
  CLI::App* create = add("create", "Make a pipeline of a script, and start it", Create);
  CLI::App* edit =
      add("edit", "Give a pipeline another query or settings, from its next start on, or another name", Edit);
  CLI::App* start = add("start", "Start a pipeline: it goes on from its last checkpoint", Start);
  CLI::App* stop = add("stop", "Stop a pipeline", Stop);
  CLI::App* restart = add("restart", "Stop a pipeline if it runs, and start it", Restart);
  CLI::App* remove = add("delete", "Delete a pipeline with its jobs and its state", Delete);
  create
      ->add_option("--name", arguments->name,
                   "Its name (default: SET pipeline.name, else the file's without its ending)")
      ->option_text("NAME");
  create->add_flag("--no-start", arguments->no_start, "Make it, and start it later");
  edit->add_option("--name", arguments->name, "Another name")->option_text("NAME");
  edit->add_flag("--restart", arguments->restart, "Restart it, if it runs");
  restart->add_flag("--accept-duplicates", arguments->accept_duplicates,
                    "Go on from an older checkpoint where the newest is damaged: some rows are sent again");
  remove->add_flag("--force", arguments->force, "Also while it runs");
  for (CLI::App* each : {show, edit, start, stop, restart, remove}) AddPipeline(each, arguments);
  create->add_option("FILE", arguments->file, "The script; '-' is the standard input")->required()->option_text("");
  edit->add_option("FILE", arguments->file, "Its new script; '-' is the standard input (default: it keeps its query)")
      ->option_text("");
  for (CLI::App* each : {create, edit}) arguments->settings.AddTo(each);
  for (CLI::App* each : {stop, restart, edit}) AddMode(each, arguments);
  for (CLI::App* each : {start, restart, edit}) AddFresh(each, arguments);
  for (CLI::App* each : {create, edit, start, restart}) arguments->wait.AddTo(each, "Wait until it runs");
  arguments->wait.AddTo(stop, "Wait until it has ended");
  for (CLI::App* each : {list, show, create, edit, start, stop, restart})
    AddFormat(each, &arguments->format, "text for people, json: the answer of the API");
  for (CLI::App* each : {list, show, create, edit, start, stop, restart, remove}) arguments->server.AddTo(each);
  command->footer(
      "Names and ids are both taken. The token comes from LAMINAR_TOKEN or a file.\n\n"
      "Examples:\n"
      "  laminar pipelines list\n"
      "  laminar pipelines create orders.sql --parallelism 2 --wait\n"
      "  laminar pipelines stop orders --mode graceful --wait=30s\n"
      "  laminar --server https://laminar.example.com pipelines show orders --format json");
}

}  // namespace laminar::cli
