#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/client/server_session.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "client/connection_text.h"

namespace laminar::cli {

namespace {

using client::ApiClient;
using client::Json;
using client::TextOf;

constexpr size_t kMostBytes = 2 << 20;  // that the API takes

struct TablesArguments {
  ServerArguments server;
  std::string name, file, format = "text";
};

// Tables and profiles: what they are called, and where they are.
struct Kind {
  const char *what, *prefix, *path;
  client::TextTable (*table)(const Json& list);
};
constexpr Kind kTables = {"table", "tbl_", "/connection_tables", client::ConnectionTableTable};
constexpr Kind kProfiles = {"profile", "prof_", "/connection_profiles", client::ProfileTable};

int List(const TablesArguments& arguments, const Kind& kind) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto list = (*client)->List(kind.path);
  if (!list.ok()) return Failed(list.status());
  Print(arguments.format == "json" ? list->text + "\n" : kind.table(list->body).Render(StdoutStyle()));
  return FinishOutput(kDone);
}

int Show(const TablesArguments& arguments, const Kind& kind) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindId(client->get(), kind.what, kind.prefix, kind.path, arguments.name);
  if (!id.ok()) return Failed(id.status());
  const auto found = (*client)->Get(kind.path + ("/" + client::Escaped(*id)));
  if (!found.ok()) return Failed(found.status());
  Print(arguments.format == "json" ? found->text + "\n" : client::ConnectionDetails(found->body));
  return FinishOutput(kDone);
}

int Delete(const TablesArguments& arguments, const Kind& kind) {
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto id = FindId(client->get(), kind.what, kind.prefix, kind.path, arguments.name);
  if (!id.ok()) return Failed(id.status());
  const auto deleted = (*client)->Delete(kind.path + ("/" + client::Escaped(*id)));
  if (!deleted.ok()) return Failed(deleted.status());
  Print("deleted " + arguments.name + "\n");
  return FinishOutput(kDone);
}

// The body of a request, as it stands in the file.
Result<std::string> ReadBody(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  std::string text(std::istreambuf_iterator<char>(in), {});
  const std::string name = file == "-" ? "<stdin>" : file;
  if (file != "-" && !opened.is_open())
    return Status::User("cannot read " + name, "Name a file with the table as JSON, or '-' for the standard input");
  if (text.size() > kMostBytes) return Status::User(name + " is larger than the 2 MiB that the server takes");
  if (!Json::accept(text))
    return Status::User(name + " is not JSON",
                        "A table is {\"name\": ..., \"connector\": ..., \"config\": {...}}: docs/server.md");
  return text;
}

int Create(const TablesArguments& arguments, const Kind& kind) {
  const auto body = ReadBody(arguments.file);
  if (!body.ok()) return WrongInput(body.status());
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  const auto made = (*client)->Post(kind.path, *body);
  if (!made.ok()) return Failed(made.status());
  Print(arguments.format == "json" ? made->text + "\n"
                                   : "created " + TextOf(made->body, "name") + ": " + TextOf(made->body, "table_type") +
                                         ", " + TextOf(made->body, "id") + "\n");
  return FinishOutput(kDone);
}

int Test(const TablesArguments& arguments, const Kind& kind) {
  if (arguments.name.empty() == arguments.file.empty())
    return WrongInput(
        Status::User("laminar tables test takes a table of the server, or --file with one", "Name one of them"));
  std::string body;
  if (!arguments.file.empty()) {
    auto read = ReadBody(arguments.file);
    if (!read.ok()) return WrongInput(read.status());
    body = std::move(*read);
  }
  const auto client = arguments.server.Connect();
  if (!client.ok()) return Failed(client.status());
  if (body.empty()) {
    const auto id = FindId(client->get(), kind.what, kind.prefix, kind.path, arguments.name);
    if (!id.ok()) return Failed(id.status());
    body = Json({{"id", *id}}).dump();
  }
  const auto tested = (*client)->Post(std::string(kind.path) + "/test", body);
  if (!tested.ok()) return Failed(tested.status());
  Print(arguments.format == "json" ? tested->text + "\n" : client::TestText(tested->body, StdoutStyle()));
  return FinishOutput(tested->body.value("ok", false) ? kDone : kFailed);
}

using SharedTables = std::shared_ptr<TablesArguments>;
using Command = int (*)(const TablesArguments&, const Kind&);

CLI::App* Add(CLI::App* group, const char* name, const std::string& help, const SharedTables& arguments, Action* action,
              const Kind& kind, Command run) {
  CLI::App* command = group->add_subcommand(name, help);
  arguments->server.AddTo(command);
  command->callback(
      [arguments, action, &kind, run] { *action = [arguments, &kind, run] { return run(*arguments, kind); }; });
  return command;
}

void AddListShowDelete(CLI::App* group, const SharedTables& arguments, Action* action, const Kind& kind) {
  const std::string what = kind.what;
  CLI::App* list = Add(group, "list", "List all " + what + "s", arguments, action, kind, List);
  CLI::App* show = Add(group, "show", "Show a " + what, arguments, action, kind, Show);
  CLI::App* remove = Add(group, "delete", "Delete a " + what + " that nothing uses", arguments, action, kind, Delete);
  for (CLI::App* each : {list, show})
    AddFormat(each, &arguments->format, "text for people, json: the answer of the API");
  std::string positional = what;
  for (char& c : positional) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (CLI::App* each : {show, remove})
    each->add_option(positional, arguments->name, "Its name or id")->required()->option_text("");
}

}  // namespace

void AddTables(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<TablesArguments>();  // shared: with the callbacks, which live in the app
  CLI::App* command =
      app->add_subcommand("tables", "List, show, make and test the tables that every pipeline can name");
  command->require_subcommand(1);
  command->group(kServerGroup);
  AddListShowDelete(command, arguments, action, kTables);
  CLI::App* create = Add(command, "create", "Make a table of a JSON file", arguments, action, kTables, Create);
  CLI::App* test = Add(command, "test", "Try what a pipeline would do with a table", arguments, action, kTables, Test);
  create->add_option("FILE", arguments->file, "The table as JSON; '-' is the standard input")
      ->required()
      ->option_text("");
  test->add_option("TABLE", arguments->name, "Its name or id")->option_text("");
  test->add_option("--file", arguments->file, "A table that is not there yet, as JSON")->option_text("FILE");
  for (CLI::App* each : {create, test})
    AddFormat(each, &arguments->format, "text for people, json: the answer of the API");
  command->footer(
      "A test that fails has the exit code 1. docs/server.md has what a table is made of.\n\n"
      "Examples:\n"
      "  laminar tables list\n"
      "  laminar tables create orders.json\n"
      "  laminar tables test orders");
}

void AddProfiles(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<TablesArguments>();  // shared: with the callbacks, which live in the app
  CLI::App* command = app->add_subcommand("profiles", "List, show and delete connection profiles");
  command->require_subcommand(1);
  command->group(kServerGroup);
  AddListShowDelete(command, arguments, action, kProfiles);
  command->footer("Secrets are never shown.\n\nExamples:\n  laminar profiles list\n  laminar profiles show production");
}

}  // namespace laminar::cli
