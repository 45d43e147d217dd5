#include "cli/client/server_session.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "cli/commands.h"
#include "cli/errors.h"
#include "client/http_transport.h"
#include "client/pipeline_changes.h"
#include "formats/option.h"

namespace laminar::cli {

namespace {

using client::ApiClient;

constexpr const char *kServer = "--server", *kTokenFile = "--token-file", *kCaCert = "--ca-cert";
constexpr const char *kServerVariable = "LAMINAR_SERVER", *kTokenVariable = "LAMINAR_TOKEN";
constexpr const char* kDefaultServer = "http://127.0.0.1:8000";
constexpr size_t kMostTokenBytes = 1 << 10;

constexpr const char* kServerHelp = "The server (default: $LAMINAR_SERVER, else http://127.0.0.1:8000)";
constexpr const char* kTokenHelp = "A file with the token (default: $LAMINAR_TOKEN)";
constexpr const char* kCaHelp = "Whom to trust, PEM: the certificate that the server's is signed with";

std::string Environment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// Without the white space around it. Error: it is no token.
Result<std::string> CheckedToken(std::string token, const std::string& from) {
  constexpr const char* kSpace = " \t\r\n";
  token.erase(token.find_last_not_of(kSpace) + 1);
  token.erase(0, std::min(token.find_first_not_of(kSpace), token.size()));
  const bool is_one =
      !token.empty() && std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > ' ' && c < 0x7F; });
  if (is_one) return token;
  return Status::User(from + (token.empty() ? " holds no token" : " holds more than a token"),
                      "It is one word, as laminar token create prints it");
}

Result<std::string> ReadToken(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMostTokenBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (!in.is_open() || in.bad())
    return Status::User("--token-file " + file + " cannot be read", "Name a file that holds the token");
  return CheckedToken(std::move(text), "--token-file " + file);
}

int g_output_error = 0;  // errno of what could not be printed

}  // namespace

void ServerArguments::AddTo(CLI::App* command) {
  const CLI::App* top = command;
  while (top->get_parent() != nullptr) top = top->get_parent();
  app_ = top;
  command->add_option(kServer, server, kServerHelp)->option_text("URL");
  command->add_option(kTokenFile, token_file, kTokenHelp)->option_text("FILE");
  command->add_option(kCaCert, ca_cert, kCaHelp)->option_text("FILE");
}

void AddServerOptions(CLI::App* app) {
  // Whoever needs their values asks the app for them.
  app->add_option(kServer, CLI::callback_t{}, kServerHelp)->option_text("URL");
  app->add_option(kTokenFile, CLI::callback_t{}, kTokenHelp)->option_text("FILE");
  app->add_option(kCaCert, CLI::callback_t{}, kCaHelp)->option_text("FILE");
}

std::string IdleServerOption(const CLI::App& app) {
  for (const char* name : {kServer, kTokenFile, kCaCert}) {
    if (app.get_option(name)->count() > 0) return name;
  }
  return "";
}

std::string ServerArguments::Given(const std::string& own, const char* option, const char* variable) const {
  if (!own.empty()) return own;
  const CLI::Option* const before = app_->get_option(option);
  if (before->count() > 0) return before->as<std::string>();
  return variable == nullptr ? "" : Environment(variable);
}

Result<std::string> ServerArguments::Address() const {
  const std::string given = Given(server, kServer, nullptr);
  const std::string variable = Environment(kServerVariable);
  const std::string text = !given.empty() ? given : !variable.empty() ? variable : kDefaultServer;
  ASSIGN_OR_RETURN(const client::ServerUrl url,
                   client::ParseServerUrl(given.empty() ? kServerVariable : kServer, text));
  return url.ToString();
}

Result<std::unique_ptr<ApiClient>> ServerArguments::Connect() const {
  client::HttpOptions options;
  ASSIGN_OR_RETURN(const std::string address, Address());
  ASSIGN_OR_RETURN(options.server, client::ParseServerUrl(kServer, address));
  client::TokenOrigin origin;
  if (const std::string file = Given(token_file, kTokenFile, nullptr); !file.empty()) {
    ASSIGN_OR_RETURN(options.token, ReadToken(file));
    origin = {true, "--token-file " + file};
  } else if (const std::string token = Environment(kTokenVariable); !token.empty()) {
    ASSIGN_OR_RETURN(options.token, CheckedToken(token, kTokenVariable));
    origin = {true, kTokenVariable};
  }
  options.ca_cert = Given(ca_cert, kCaCert, nullptr);
  ASSIGN_OR_RETURN(auto transport, client::MakeHttpTransport(options));
  return std::make_unique<ApiClient>(std::move(transport), std::move(origin), PauseMillis);
}

void AddFormat(CLI::App* command, std::string* format, const std::string& help) {
  command->add_option("--format", *format, help)->option_text("text|json")->check(CLI::IsMember({"text", "json"}));
}

bool Print(std::string_view text) {
  if (g_output_error != 0) return false;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return true;
  g_output_error = errno == 0 ? EIO : errno;
  return false;
}

client::TableStyle StdoutStyle() {
  client::TableStyle style;
  if (isatty(STDOUT_FILENO) == 0) return style;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  style.colours = Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  return style;
}

int FinishOutput(int code) {
  errno = 0;
  if (g_output_error == 0 && std::fflush(stdout) != 0) g_output_error = errno == 0 ? EIO : errno;
  // Whoever reads it has had enough: laminar logs x | head
  if (g_output_error == 0 || g_output_error == EPIPE) return code;
  PrintError(Status::Environment(std::string("cannot write to stdout: ") + std::strerror(g_output_error)));
  return std::max(code, kFailed);
}

int Failed(const Status& status) {
  std::fflush(stdout);
  PrintError(status);
  return status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
}

int QueryFailed(const ApiClient& client, const std::string& file, const std::string& text, const Status& status) {
  if (client.query_problems().empty()) return Failed(status);
  PrintQueryProblems(client.query_problems(), file, text);
  return status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
}

void PrintQueryProblems(const std::vector<Status>& problems, const std::string& file, const std::string& text) {
  std::fflush(stdout);
  for (const Status& problem : problems) {
    if (problem.position().known()) {
      PrintScriptError(file, text, problem);
    } else {
      PrintError(Status::User(file + ": " + problem.message(), problem.hint()));
    }
  }
}

bool PauseMillis(int64_t millis) {
  poll(nullptr, 0, static_cast<int>(millis));
  return true;
}

FollowScope::FollowScope(bool follows) {
  if (follows) signals_ = std::make_unique<SignalWatcher>([](int) { _exit(kDone); });
}
FollowScope::~FollowScope() = default;

Result<std::string> FindId(ApiClient* client, const std::string& what, const std::string& prefix,
                           const std::string& path, const std::string& name) {
  if (name.starts_with(prefix)) {
    const auto found = client->Get(path + "/" + client::Escaped(name));
    if (found.ok()) return client::TextOf(found->body, "id");
    if (found.status().code() != ApiClient::kNotFound) return found.status();
  }
  ASSIGN_OR_RETURN(const client::ApiAnswer list, client->List(path));
  if (const client::Json* found = client::FindByName(list.body, name)) return client::TextOf(*found, "id");
  std::vector<std::string> names;
  for (const client::Json& each : list.body["data"]) names.push_back(client::TextOf(each, "name"));
  const auto nearest = NearestName(name, names);
  return Status::User("there is no " + what + " '" + name + "'",
                      nearest         ? "Did you mean '" + *nearest + "'?"
                      : names.empty() ? "There is none at all"
                                      : "laminar " + what + "s list shows which there are");
}

Result<std::string> FindPipelineId(ApiClient* client, const std::string& name) {
  return FindId(client, "pipeline", "pipe_", "/pipelines", name);
}

Result<std::string> FindJobId(ApiClient* client, const std::string& name) {
  if (name.starts_with("job_")) {
    const auto found = client->Get("/jobs/" + client::Escaped(name));
    if (found.ok()) return client::TextOf(found->body, "id");
    if (found.status().code() != ApiClient::kNotFound) return found.status();
  }
  const auto pipeline = FindPipelineId(client, name);
  if (!pipeline.ok() && pipeline.status().kind() == StatusKind::kUser && pipeline.status().code().empty())
    return Status::User("there is no job and no pipeline '" + name + "'", pipeline.status().hint());
  if (!pipeline.ok()) return pipeline.status();
  ASSIGN_OR_RETURN(const client::ApiAnswer found, client->Get("/pipelines/" + client::Escaped(*pipeline)));
  const std::string job = client::TextOf(found.body, "job_id");
  if (job.empty())
    return Status::User("the pipeline '" + name + "' has not run yet", "laminar pipelines start starts it");
  return job;
}

}  // namespace laminar::cli
