#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/connector_docs.h"
#include "cli/errors.h"
#include "cli/wiring.h"

namespace laminar::cli {

namespace {

struct ConnectorsArguments {
  std::string name, format = "text";
};

int Show(const ConnectorsArguments& arguments) {
  const auto world = World::Make(DefaultMemoryLimit());
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  const Registry& registry = (*world)->registry();
  const Connector* connector = nullptr;
  if (!arguments.name.empty()) {
    connector = registry.FindConnector(arguments.name);
    if (connector == nullptr) {
      const std::vector<std::string> names = registry.ConnectorNames();
      const auto nearest = NearestName(arguments.name, names);
      std::string all;
      for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
      return WrongInput(Status::User("unknown connector '" + arguments.name + "'",
                                     nearest ? "Did you mean '" + *nearest + "'?" : "There are: " + all));
    }
  }
  std::string text;
  if (arguments.format == "json") {
    text = ConnectorsAsJson(registry, connector);
  } else if (arguments.format == "markdown") {
    if (connector != nullptr)
      return WrongInput(Status::User("--format markdown shows all connectors", "Leave out the name"));
    text = ConnectorsAsMarkdown(registry);
  } else {
    text = connector != nullptr ? ConnectorAsText(registry, *connector) : ConnectorsAsText(registry);
  }
  std::fputs(text.c_str(), stdout);
  return kDone;
}

}  // namespace

void AddConnectors(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ConnectorsArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command =
      app->add_subcommand("connectors", "List the connectors, or the options of one with their defaults");
  command->add_option("NAME", arguments->name, "The connector whose options to show")->option_text("");
  command->add_option("--format", arguments->format, "How to show them")
      ->option_text("text|markdown|json")
      ->check(CLI::IsMember({"text", "markdown", "json"}));
  command->footer(
      "Examples:\n"
      "  laminar connectors\n"
      "  laminar connectors kinesis\n"
      "  laminar connectors --format json");
  command->callback([arguments, action] { *action = [arguments] { return Show(*arguments); }; });
}

}  // namespace laminar::cli
