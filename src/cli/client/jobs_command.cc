#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "client/display_text.h"
#include "client/job_text.h"
#include "client/json_text.h"

namespace laminar::cli {

namespace {

using client::ApiAnswer;
using client::ApiClient;
using client::Json;

constexpr const char* kOutputRows = "1000";  // that the API gives at once
constexpr int64_t kOutputPollMillis = 500;   // for the end of a job that gives no more rows
constexpr int64_t kFirstOutputPauseMillis = 500, kLongestOutputPauseMillis = 5'000;  // while nobody answers

struct JobsArguments {
  ServerArguments server;
  std::string job, pipeline, format = "text";
  bool follow = false;
};

int Show(const JobsArguments& arguments, const ApiAnswer& answer, std::string (*text)(const Json&)) {
  Print(arguments.format == "json" ? answer.text + "\n" : text(answer.body));
  return FinishOutput(kDone);
}

int ListJobs(const JobsArguments& arguments) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  std::string path = "/jobs";
  if (!arguments.pipeline.empty()) {
    const auto id = FindPipelineId(client->get(), arguments.pipeline);
    if (!id.ok()) return Failed(id.status());
    path = "/pipelines/" + client::Escaped(*id) + "/jobs";
  }
  const auto list = (*client)->List(path);
  if (!list.ok()) return Failed(list.status());
  return Show(arguments, *list, [](const Json& body) { return client::JobTable(body).Render(StdoutStyle()); });
}

// What the API has of a job below its path.
int Part(const JobsArguments& arguments, const char* part, bool is_list, std::string (*text)(const Json&)) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindJobId(client->get(), arguments.job);
  if (!id.ok()) return Failed(id.status());
  const std::string path = "/jobs/" + client::Escaped(*id) + part;
  const auto answer = is_list ? (*client)->List(path) : (*client)->Get(path);
  if (!answer.ok()) return Failed(answer.status());
  return Show(arguments, *answer, text);
}

int ShowOne(const JobsArguments& arguments) {
  return Part(arguments, "", false, client::JobDetails);
}
int Errors(const JobsArguments& arguments) {
  return Part(arguments, "/errors", true,
              [](const Json& list) { return list["data"].empty() ? "no errors\n" : client::ErrorsText(list); });
}
int Checkpoints(const JobsArguments& arguments) {
  return Part(arguments, "/checkpoints", true,
              [](const Json& list) { return client::CheckpointTable(list).Render(StdoutStyle()); });
}
int Metrics(const JobsArguments& arguments) {
  return Part(arguments, "/metrics", false,
              [](const Json& metrics) { return client::MetricsText(metrics, StdoutStyle()); });
}

// ---- the rows that a job gives out

class OutputReader {
 public:
  OutputReader(ApiClient* client, const std::string& job, const JobsArguments& arguments)
      : client_(client),
        job_path_("/jobs/" + client::Escaped(job)),
        path_(job_path_ + "/output"),
        arguments_(arguments) {}

  // Those that are kept.
  Status TakeKept() {
    while (goes_on_) {
      ASSIGN_OR_RETURN(const ApiAnswer page,
                       client_->Get(path_ + "?limit=" + kOutputRows + "&after=" + std::to_string(last_)));
      const auto rows = client::ElementTexts(client::MemberText(page.text, "rows"));
      for (const std::string_view row : rows) Take(row);
      dropped_ += client::NumberOf(page.body, "dropped");
      if (const int64_t last = client::NumberOf(page.body, "last"); last > last_) last_ = last;
      done_ = page.body.value("done", false);
      if (rows.empty()) break;
    }
    return Status::Ok();
  }

  // These, and those that come until the job has ended. A server that ends or does not answer is waited for: its jobs
  // go on with the next one. Error: the job has been deleted, or the token is refused.
  Status Follow() {
    int64_t pause = kFirstOutputPauseMillis;
    bool over = false;
    while (goes_on_ && !over) {
      const Status status = FollowOnce(&over);
      if (status.ok()) {
        pause = kFirstOutputPauseMillis;
        if (goes_on_ && !over) PauseMillis(kOutputPollMillis);
        continue;
      }
      if (status.kind() == StatusKind::kUser) return status;
      if (!was_lost_) std::fprintf(stderr, "%s; it is asked again\n", client::Printable(status.message()).c_str());
      was_lost_ = true;
      PauseMillis(pause);
      pause = std::min(2 * pause, kLongestOutputPauseMillis);
    }
    return Status::Ok();
  }

  // All of it as one answer of the API.
  std::string Document() const {
    return "{\"rows\":[" + rows_ + "],\"last\":" + std::to_string(last_) + ",\"dropped\":" + std::to_string(dropped_) +
           ",\"done\":" + (done_ ? "true" : "false") + "}\n";
  }
  int64_t dropped() const { return dropped_; }

 private:
  // *over: the job has ended, and there are no more rows. A server that stops says so of its rows, but not of its jobs.
  Status FollowOnce(bool* over) {
    ASSIGN_OR_RETURN(const ApiAnswer job, client_->Get(job_path_));
    if (was_lost_) std::fputs("the server answers again\n", stderr);
    was_lost_ = false;
    const std::string state = client::TextOf(job.body, "state");
    const bool has_ended = state == "Stopped" || state == "Finished" || state == "Failed";
    RETURN_IF_ERROR(CheckNumbers());
    RETURN_IF_ERROR(TakeKept());
    *over = has_ended;
    if (has_ended || done_ || !goes_on_) return Status::Ok();
    return client_->Follow(path_ + "?after=" + std::to_string(last_), [&](const client::Event& event) {
      if (event.name == "row") Take(event.data);
      if (event.name == "left_out")
        std::fprintf(stderr, "%s rows came too fast, and are left out\n", event.data.c_str());
      return goes_on_ && event.name != "done";
    });
  }

  // Another server counts the rows of the job from 1 again: then another row has the number of the last one, or none.
  Status CheckNumbers() {
    if (last_row_.empty()) return Status::Ok();
    ASSIGN_OR_RETURN(const ApiAnswer page, client_->Get(path_ + "?limit=1&after=" + std::to_string(last_ - 1)));
    const auto rows = client::ElementTexts(client::MemberText(page.text, "rows"));
    const bool goes_on = !rows.empty() && (client::MemberText(rows[0], "number") != std::to_string(last_) ||
                                           std::string_view(rows[0]) == last_row_);
    if (!goes_on) last_ = 0;
    return Status::Ok();
  }

  void Take(std::string_view row) {
    if (!goes_on_) return;
    if (arguments_.follow) {
      last_row_ = row;
      last_ = client::NumberOf(Json::parse(row, nullptr, /*allow_exceptions=*/false), "number");
    }
    if (arguments_.format == "json" && !arguments_.follow) {
      rows_.append(rows_.empty() ? "" : ",").append(row);
      return;
    }
    const std::string_view shown = arguments_.format == "json" ? row : client::MemberText(row, "row");
    goes_on_ = Print(std::string(shown) + "\n");
    if (arguments_.follow && goes_on_) goes_on_ = std::fflush(stdout) == 0;
  }

  ApiClient* const client_;
  const std::string job_path_, path_;
  const JobsArguments& arguments_;
  std::string rows_;
  int64_t last_ = 0, dropped_ = 0;
  std::string last_row_;  // the one with the number last_, where it follows
  bool done_ = false, goes_on_ = true, was_lost_ = false;
};

int Output(const JobsArguments& arguments) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindJobId(client->get(), arguments.job);
  if (!id.ok()) return Failed(id.status());
  const FollowScope ends(arguments.follow);
  OutputReader reader(client->get(), *id, arguments);
  const Status status = arguments.follow ? reader.Follow() : reader.TakeKept();
  if (!status.ok()) return Failed(status);
  if (arguments.format == "json" && !arguments.follow) Print(reader.Document());
  if (reader.dropped() > 0 && arguments.format == "text")
    std::fprintf(stderr, "%lld older rows are kept no more\n", static_cast<long long>(reader.dropped()));
  return FinishOutput(kDone);
}

}  // namespace

void AddJobs(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<JobsArguments>();  // shared: with the callbacks, which live in the app
  CLI::App* command =
      app->add_subcommand("jobs", "Show runs of pipelines: their figures, errors, checkpoints and rows");
  command->require_subcommand(1);
  command->group(kServerGroup);
  const auto add = [&](const char* name, const char* help, int (*run)(const JobsArguments&)) {
    CLI::App* each = command->add_subcommand(name, help);
    each->callback([arguments, action, run] { *action = [arguments, run] { return run(*arguments); }; });
    arguments->server.AddTo(each);
    AddFormat(each, &arguments->format, "text for people, json: the answer of the API");
    return each;
  };
  CLI::App* list = add("list", "List runs, the newest first", ListJobs);
  list->add_option("--pipeline", arguments->pipeline, "Only those of a pipeline: its name or id")
      ->option_text("PIPELINE");
  CLI::App* const output = add("output", "Print the rows of a SELECT without INSERT, one a line as JSON", Output);
  output->add_flag("-f,--follow", arguments->follow,
                   "Also those that come, through restarts of the server, until the job ends or Ctrl-C");
  for (CLI::App* each :
       {add("show", "Show a run", ShowOne), add("errors", "Show what went wrong, with the records", Errors),
        add("checkpoints", "List the checkpoints that are kept", Checkpoints),
        add("metrics", "Show figures of sources, operators and sinks", Metrics), output})
    each->add_option("JOB", arguments->job, "Its id, or a pipeline by name or id: its newest job")
        ->required()
        ->option_text("");
  command->footer(
      "Examples:\n"
      "  laminar jobs list --pipeline orders\n"
      "  laminar jobs errors orders\n"
      "  laminar jobs output orders --follow");
}

}  // namespace laminar::cli
