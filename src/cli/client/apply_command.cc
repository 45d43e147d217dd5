#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/client/pipeline_settings.h"
#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "client/await.h"
#include "client/pipeline_changes.h"
#include "client/pipeline_text.h"

namespace laminar::cli {

namespace {

using client::ApiAnswer;
using client::ApiClient;
using client::Json;
using client::TextOf;

struct ApplyArguments {
  ServerArguments server;
  PipelineSettings settings;
  WaitArguments wait;
  std::vector<std::string> files;
  bool fresh = false, no_restart = false, start = false, dry_run = false;
};

// Makes pipelines be as their files say, one after another.
class Application {
 public:
  Application(const ApplyArguments& arguments, ApiClient* client, Json settings, int64_t wait_millis)
      : arguments_(arguments), client_(client), settings_(std::move(settings)), wait_millis_(wait_millis) {}

  // Error: the server cannot be asked for what there is.
  Status FindPipelines() {
    ASSIGN_OR_RETURN(const ApiAnswer list, client_->List("/pipelines"));
    there_ = list.body;
    return Status::Ok();
  }

  // The exit code.
  int Apply(const PipelineFile& file) {
    const Json* const pipeline = client::FindByName(there_, file.name);
    return pipeline == nullptr ? Create(file) : Update(file, *pipeline);
  }

 private:
  int Create(const PipelineFile& file) {
    if (arguments_.dry_run) {
      if (const int code = Validate(file); code != kDone) return code;
      return Say(file, "would be created");
    }
    Json body = settings_;
    body["name"] = file.name;
    body["query"] = file.query;
    const auto made = client_->Post("/pipelines", body.dump());
    if (!made.ok()) return QueryFailed(*client_, file.shown_name, file.query, made.status());
    return AwaitAndSay(file, made->body, "created");
  }

  int Update(const PipelineFile& file, const Json& pipeline) {
    const client::PipelineChanges changes = client::ChangesOf(pipeline, {file.name, file.query, settings_});
    const bool runs = client::IsRunning(pipeline);
    const bool restarts = runs && !arguments_.no_restart && changes.runs_another;
    const bool starts = !runs && arguments_.start;
    std::string done = changes.patch.empty() ? "unchanged" : "updated (" + changes.what + ")";
    if (arguments_.dry_run) {
      if (changes.patch.contains("query")) {
        if (const int code = Validate(file); code != kDone) return code;
      }
      if (!changes.patch.empty()) done = "would be " + done;
      return Say(file, done + (restarts ? ", would be restarted" : starts ? ", would be started" : ""));
    }
    Json patch = changes.patch;
    // What is only started goes on from its checkpoint: nothing of it has changed that would not fit.
    if (arguments_.fresh && (restarts || !patch.empty())) patch["fresh"] = true;
    if (starts) patch["stop"] = "none";
    const std::string path = "/pipelines/" + client::Escaped(TextOf(pipeline, "id"));
    if (!patch.empty()) {
      const auto changed = client_->Patch(path, patch);
      if (!changed.ok()) return Refused(file, changed.status());
    }
    if (restarts) {
      const auto restarted = client_->Post(path + "/restart", "{}");
      if (!restarted.ok()) return Refused(file, restarted.status());
      return AwaitAndSay(file, restarted->body, done + ", restarted");
    }
    if (starts) return AwaitAndSay(file, pipeline, done + ", started");
    if (runs) return AwaitAndSay(file, pipeline, done + (changes.runs_another ? ", to be restarted" : ""));
    const std::string state = TextOf(pipeline, "state");
    Say(file, done + "; it does not run (" + state + ")");
    if (wait_millis_ == 0) return kDone;
    if (state == "Failed")
      return Failed(Status::Environment(file.name + " has failed: " + TextOf(pipeline, "failure_message"),
                                        "--start starts it again; laminar jobs errors and laminar logs say more"));
    // It is about to run, where the server has just begun.
    const bool is_to_run = TextOf(pipeline, "desired_state") == "running" && state != "Finished";
    return is_to_run ? Await(pipeline, file) : kDone;
  }

  int Validate(const PipelineFile& file) {
    const auto valid = client_->Post("/pipelines/validate_query", Json({{"query", file.query}}).dump());
    if (!valid.ok()) return Failed(valid.status());
    if (valid->body.value("valid", false)) return kDone;
    PrintQueryProblems(client::ProblemsIn(valid->body.value("errors", Json::array())), file.shown_name, file.query);
    return kWrongInput;
  }

  int Refused(const PipelineFile& file, const Status& status) {
    if (!client_->query_problems().empty()) return QueryFailed(*client_, file.shown_name, file.query, status);
    return Failed(status.kind() == StatusKind::kUser
                      ? Status::User(file.name + ": " + status.message(), status.hint())
                      : Status::Environment(file.name + ": " + status.message(), status.hint()));
  }

  int AwaitAndSay(const PipelineFile& file, const Json& pipeline, const std::string& done) {
    if (wait_millis_ == 0) return Say(file, done);
    // Said before, so that one sees what it waits for.
    Say(file, done);
    return Await(pipeline, file);
  }

  int Await(const Json& pipeline, const PipelineFile& file) {
    const SystemClock clock;
    const auto there = client::Await(client_, TextOf(pipeline, "id"), client::AwaitedState::kRunning, wait_millis_,
                                     clock, PauseMillis);
    return there.ok() ? Say(file, TextOf(there->body, "state")) : Failed(there.status());
  }

  static int Say(const PipelineFile& file, const std::string& what) {
    Print(file.name + ": " + what + "\n");
    std::fflush(stdout);
    return kDone;
  }

  const ApplyArguments& arguments_;
  ApiClient* const client_;
  const Json settings_;
  const int64_t wait_millis_;  // 0 = none
  Json there_;
};

// All of them, before anything is asked. Error: one cannot be read, has no name, or the name of another.
Result<std::vector<PipelineFile>> ReadFiles(const std::vector<std::string>& names) {
  std::vector<PipelineFile> files;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(PipelineFile file, ReadPipelineFile(name));
    if (file.name.empty())
      return Status::User("the pipeline of the standard input has no name",
                          "Write SET pipeline.name = '...' into the script");
    if (!taken.insert(file.name).second)
      return Status::User("two of the files make the pipeline '" + file.name + "'",
                          "Give one of them another name: SET pipeline.name = '...' in the script");
    files.push_back(std::move(file));
  }
  return files;
}

int Apply(const ApplyArguments& arguments) {
  const auto files = ReadFiles(arguments.files);
  if (!files.ok()) return WrongInput(files.status());
  const auto settings = arguments.settings.Members();
  if (!settings.ok()) return WrongInput(settings.status());
  int64_t wait_millis = 0;
  if (arguments.wait.given()) {
    const auto millis = arguments.wait.Millis();
    if (!millis.ok()) return WrongInput(millis.status());
    wait_millis = *millis;
  }
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  Application application(arguments, client->get(), *settings, wait_millis);
  if (const Status status = application.FindPipelines(); !status.ok()) return Failed(status);
  int code = kDone;
  for (const PipelineFile& file : *files) code = std::max(code, application.Apply(file));
  return FinishOutput(code);
}

}  // namespace

void AddApply(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ApplyArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command =
      app->add_subcommand("apply", "Make pipelines be as their scripts say: create, update, restart them");
  command->group(kServerGroup);
  command->add_option("FILE", arguments->files, "Scripts; '-' is the standard input")->required()->option_text("...");
  arguments->settings.AddTo(command);
  command->add_flag("--fresh", arguments->fresh,
                    "What is updated begins anew: for a query that does not fit the state there is. What is unchanged "
                    "goes on");
  command->add_flag("--no-restart", arguments->no_restart, "What runs goes on as it is until somebody restarts it");
  command->add_flag("--start", arguments->start, "Also start those that have been stopped, have failed or finished")
      ->excludes("--no-restart");
  command->add_flag("--dry-run", arguments->dry_run, "Check the queries, say what would be done, and do nothing");
  arguments->wait.AddTo(command, "Wait until each runs, and fail where one fails or has failed");
  arguments->server.AddTo(command);
  command->footer(
      "A pipeline has the name that SET pipeline.name = '...' gives it, else that of its file without the ending. "
      "Settings that are\n"
      "not given stay as they are. What is so already is left alone, so it may be run again at any time. Exit code: 0 "
      "all are as\n"
      "they should be, 1 something failed, 2 something is wrong with a script or an argument.\n\n"
      "Examples:\n"
      "  laminar apply pipelines/*.sql\n"
      "  laminar apply orders.sql --parallelism 4 --wait\n"
      "  laminar apply orders.sql --dry-run");
  command->callback([arguments, action] { *action = [arguments] { return Apply(*arguments); }; });
}

}  // namespace laminar::cli
