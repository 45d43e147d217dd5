#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "base/utc.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/server_database.h"
#include "server/store/audit.h"
#include "server/store/tokens.h"

namespace laminar::cli {

namespace {

struct TokenArguments {
  DatabaseArguments database;
  std::string name, role = "viewer", expires, format = "text";
};

// What the commands work on.
struct Store {
  SystemClock clock;
  std::unique_ptr<server::Metadata> metadata;
  std::unique_ptr<server::Tokens> tokens;
  std::unique_ptr<server::Audit> audit;

  // Who may write the database is the machine's own.
  Status Note(const std::string& action, const std::string& object) {
    return audit->Add({.name = "command line"}, "", action, object);
  }
};

// makes: a database that is not there is made, as a token may be wanted before the server's first start.
Status Open(const TokenArguments& arguments, bool makes, Store* store) {
  ASSIGN_OR_RETURN(const std::string file, arguments.database.File());
  std::error_code error;
  if (!makes && !std::filesystem::exists(file, error))
    return Status::User("there is no database " + file, "Name the server's file with --database");
  ASSIGN_OR_RETURN(store->metadata, server::Metadata::Open(file));
  store->tokens = std::make_unique<server::Tokens>(store->metadata.get(), &store->clock);
  store->audit = std::make_unique<server::Audit>(store->metadata.get(), &store->clock);
  return Status::Ok();
}

int TokenFailed(const Status& status) {
  PrintError(status);
  return status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
}

// "30d", "12h"; ParseMillis knows no days.
Result<int64_t> ParseLifetime(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("0123456789.") == std::string::npos)
    return Status::User("--expires " + text + " has no unit", "Write 30d, 12h, 45min");
  if (text.ends_with('d')) {
    const Result<int64_t> hours = ParseMillis(text.substr(0, text.size() - 1) + "h");
    if (hours.ok() && *hours > 0 && *hours < INT64_MAX / 24'000) return *hours * 24 * kMicrosPerMilli;
  } else if (const Result<int64_t> millis = ParseMillis(text);
             millis.ok() && *millis > 0 && *millis < INT64_MAX / 1'000) {
    return *millis * kMicrosPerMilli;
  }
  return Status::User("--expires " + text + " is not a length of time", "Write 30d, 12h, 45min");
}

// As a shell takes it for one word.
std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:@%+=/";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

int Create(const TokenArguments& arguments) {
  std::optional<int64_t> lifetime;
  if (!arguments.expires.empty()) {
    const auto parsed = ParseLifetime(arguments.expires);
    if (!parsed.ok()) return WrongInput(parsed.status());
    lifetime = *parsed;
  }
  Store store;
  if (const Status status = Open(arguments, /*makes=*/true, &store); !status.ok()) return TokenFailed(status);
  const auto made = store.tokens->Create(arguments.name, *server::FindRole(arguments.role), lifetime);
  if (!made.ok()) return TokenFailed(made.status());
  if (const Status status = store.Note("createToken", made->token.id); !status.ok()) return TokenFailed(status);
  std::printf("%s\n", made->text.c_str());
  std::fprintf(stderr, "It is shown only here. laminar token revoke %s takes it back.\n",
               ShellWord(arguments.name).c_str());
  return kDone;
}

std::string TimeOf(const std::optional<int64_t>& micros) {
  return micros ? Rfc3339(*micros) : "";
}

int List(const TokenArguments& arguments) {
  Store store;
  if (const Status status = Open(arguments, /*makes=*/false, &store); !status.ok()) return TokenFailed(status);
  const auto tokens = store.tokens->List();
  if (!tokens.ok()) return TokenFailed(tokens.status());
  if (arguments.format == "json") {
    nlohmann::json list = nlohmann::json::array();
    for (const server::Token& token : *tokens) {
      list.push_back({{"id", token.id},
                      {"name", token.name},
                      {"role", server::RoleName(token.role)},
                      {"created_at", Rfc3339(token.created_at)},
                      {"expires_at", token.expires_at ? nlohmann::json(TimeOf(token.expires_at)) : nlohmann::json()},
                      {"revoked_at", token.revoked_at ? nlohmann::json(TimeOf(token.revoked_at)) : nlohmann::json()}});
    }
    std::printf("%s\n", list.dump(2).c_str());
    return kDone;
  }
  std::printf("%-17s %-7s %-21s %-21s %s\n", "ID", "ROLE", "CREATED", "EXPIRES", "NAME");
  for (const server::Token& token : *tokens) {
    const bool has_expired = token.expires_at && *token.expires_at <= store.clock.WallMicros();
    const std::string end = token.revoked_at   ? "revoked"
                            : has_expired      ? "expired"
                            : token.expires_at ? TimeOf(token.expires_at)
                                               : "never";
    std::printf("%-17s %-7s %-21s %-21s %s\n", token.id.c_str(), std::string(server::RoleName(token.role)).c_str(),
                Rfc3339(token.created_at).c_str(), end.c_str(), token.name.c_str());
  }
  return kDone;
}

int Revoke(const TokenArguments& arguments) {
  Store store;
  if (const Status status = Open(arguments, /*makes=*/false, &store); !status.ok()) return TokenFailed(status);
  if (const Status status = store.tokens->Revoke(arguments.name); !status.ok()) return TokenFailed(status);
  if (const Status status = store.Note("revokeToken", arguments.name); !status.ok()) return TokenFailed(status);
  std::printf("revoked: %s\n", arguments.name.c_str());
  return kDone;
}

}  // namespace

void AddToken(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<TokenArguments>();  // shared: with the callbacks, which live in the app
  CLI::App* command = app->add_subcommand("token", "Make, list and revoke the tokens of the REST API");
  command->require_subcommand(1);
  CLI::App* create =
      command->add_subcommand("create", "Make a token and print it: it is shown once, and only its hash is kept");
  create->add_option("--name", arguments->name, "Who or what uses it")->required()->option_text("NAME");
  create
      ->add_option("--role", arguments->role,
                   "viewer reads; editor also makes and changes; admin may everything (default: viewer)")
      ->option_text("viewer|editor|admin")
      ->check(CLI::IsMember({"viewer", "editor", "admin"}));
  create
      ->add_option("--expires", arguments->expires, "After what time it is no longer valid: 12h, 30d (default: never)")
      ->option_text("TIME");
  CLI::App* list = command->add_subcommand("list", "List all tokens");
  list->add_option("--format", arguments->format, "text for people, json for machines")
      ->option_text("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  CLI::App* revoke = command->add_subcommand("revoke", "From now on the token is refused");
  revoke->add_option("TOKEN", arguments->name, "Its name or id")->required()->option_text("");
  for (CLI::App* each : {create, list, revoke}) arguments->database.AddTo(each);
  command->footer(
      "They work on the server's database, whether it runs or not.\n\nExamples:\n  laminar token create --name ci "
      "--role editor --expires 30d\n  laminar token list\n  laminar token revoke ci");
  create->callback([arguments, action] { *action = [arguments] { return Create(*arguments); }; });
  list->callback([arguments, action] { *action = [arguments] { return List(*arguments); }; });
  revoke->callback([arguments, action] { *action = [arguments] { return Revoke(*arguments); }; });
}

}  // namespace laminar::cli
