#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/clock.h"
#include "base/units.h"
#include "base/utc.h"
#include "cli/client/screen.h"
#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "client/display_text.h"
#include "client/pipeline_text.h"
#include "client/top_table.h"

namespace laminar::cli {

namespace {

using client::ApiClient;
using client::Json;
using client::TextOf;
using client::TopRow;

constexpr size_t kAll = SIZE_MAX;
constexpr int64_t kLeastRefreshMillis = 200;

struct TopArguments {
  ServerArguments server;
  std::string interval = "2s";
  bool once = false;
};

Result<std::vector<TopRow>> Ask(ApiClient* client) {
  ASSIGN_OR_RETURN(const client::ApiAnswer list, client->List("/pipelines"));
  std::vector<TopRow> rows;
  for (const Json& pipeline : list.body["data"]) {
    TopRow row{pipeline, nullptr};
    if (client::IsRunning(pipeline)) {
      const auto metrics = client->Get("/jobs/" + client::Escaped(TextOf(pipeline, "job_id")) + "/metrics?points=1");
      // Deleted since the list was made.
      if (!metrics.ok() && metrics.status().code() == ApiClient::kNotFound) continue;
      if (!metrics.ok()) return metrics.status();
      row.metrics = metrics->body;
    }
    rows.push_back(std::move(row));
  }
  client::SortRows(&rows);
  return rows;
}

// "laminar top  http://127.0.0.1:8000  2026-01-31T12:00:00Z  12 pipelines, 10 run, 1 has failed"
std::string Title(const std::string& address, const std::vector<TopRow>& rows) {
  size_t running = 0, failed = 0;
  for (const TopRow& row : rows) {
    if (client::IsRunning(row.pipeline)) running++;
    if (TextOf(row.pipeline, "state") == "Failed") failed++;
  }
  std::string title = "laminar top  " + address + "  " + Rfc3339(SystemClock().WallMicros()) + "  " +
                      std::to_string(rows.size()) + (rows.size() == 1 ? " pipeline, " : " pipelines, ") +
                      std::to_string(running) + (running == 1 ? " runs" : " run");
  if (failed > 0) title += ", " + std::to_string(failed) + (failed == 1 ? " has failed" : " have failed");
  return title;
}

// One after another until there is nobody to read them. A server that does not answer is waited for.
int PrintAgain(ApiClient* client, const std::string& address, int64_t interval_millis) {
  bool was_lost = false;
  while (true) {
    const auto rows = Ask(client);
    if (!rows.ok() && rows.status().kind() == StatusKind::kUser) return Failed(rows.status());
    if (!rows.ok()) {
      if (!was_lost)
        std::fprintf(stderr, "%s; it is asked again\n", client::Printable(rows.status().message()).c_str());
      was_lost = true;
      PauseMillis(interval_millis);
      continue;
    }
    was_lost = false;
    const std::string text = Title(address, *rows) + "\n" + client::TopText(*rows, kAll, StdoutStyle()) + "\n";
    if (!Print(text) || std::fflush(stdout) != 0) return FinishOutput(kDone);
    PauseMillis(interval_millis);
  }
}

int Show(ApiClient* client, const std::string& address, int64_t interval_millis, std::vector<TopRow> rows) {
  // Its first wish ends the process at once, whatever it waits for.
  const SignalWatcher signals([](int) {
    Screen::Restore();
    _exit(kDone);
  });
  Screen screen;
  std::string problem;
  const SystemClock clock;
  while (true) {
    const client::TableStyle style = StdoutStyle();
    const size_t width = style.width == 0 ? 80 : style.width;
    std::string text = client::CutToWidth(Title(address, rows), width) + "\n";
    text += client::CutToWidth(problem.empty() ? "q ends it" : client::Printable(problem), width) + "\n";
    const size_t taken = 3;  // by the title, what is below it, and the table's head
    text += client::TopText(rows, screen.rows() > taken ? screen.rows() - taken : 1, style);
    screen.Draw(text);
    const int64_t deadline = clock.SteadyMicros() + interval_millis * kMicrosPerMilli;
    bool asks = false;
    while (!asks) {
      const int64_t left = (deadline - clock.SteadyMicros()) / kMicrosPerMilli;
      asks = left <= 0;
      const int key = asks ? 0 : screen.Key(left);
      if (key == 'q' || key == 'Q' || key == -1) return kDone;
      if (key == 0 && !asks) break;  // the time is over, or the terminal has another size
    }
    auto asked = Ask(client);
    problem = asked.ok() ? "" : asked.status().message();
    if (asked.ok()) rows = std::move(*asked);
  }
}

int Top(const TopArguments& arguments) {
  const auto interval = ParseMillis(arguments.interval);
  if (!interval.ok() || *interval < kLeastRefreshMillis)
    return WrongInput(Status::User("--interval " + arguments.interval + " is not a length of time of 200 ms or more",
                                   "--interval 2s"));
  const auto address = arguments.server.Address();
  if (!address.ok()) return WrongInput(address.status());
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  auto rows = Ask(client->get());
  if (!rows.ok()) return Failed(rows.status());
  if (arguments.once) {
    Print(client::TopText(*rows, kAll, StdoutStyle()));
    return FinishOutput(kDone);
  }
  if (!Screen::Possible()) {
    const FollowScope ends(true);
    return PrintAgain(client->get(), *address, *interval);
  }
  return Show(client->get(), *address, *interval, std::move(*rows));
}

}  // namespace

void AddTop(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<TopArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("top", "Watch the pipelines of a server: rows, lag, state, back-pressure");
  command->group(kServerGroup);
  command->add_flag("--once", arguments->once, "Print it once");
  command->add_option("--interval", arguments->interval, "Time between two looks (default: 2s)")->option_text("TIME");
  arguments->server.AddTo(command);
  command->footer(
      "IN/S and OUT/S are rows in a second. LAG is how far its sources are behind the ends of their streams, EVENT LAG "
      "how far the\n"
      "watermark is behind the clock, CHECKPOINT how long ago the last one was, PRESSURE the share of the time in "
      "which "
      "rows could not\n"
      "go on because of what is behind them. What has failed comes first. A server that does not answer any more is "
      "waited for.\nq or Ctrl-C ends it.\n\n"
      "Examples:\n"
      "  laminar top\n"
      "  laminar top --once\n"
      "  laminar top --interval 10s --server https://laminar.example.com");
  command->callback([arguments, action] { *action = [arguments] { return Top(*arguments); }; });
}

}  // namespace laminar::cli
