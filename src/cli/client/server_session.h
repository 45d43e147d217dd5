// What all commands against a server have in common: which server, the token, how it is printed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/signals.h"
#include "client/api_client.h"
#include "client/text_table.h"

namespace CLI {
class App;
}

namespace laminar::cli {

// --server, --token-file, --ca-cert. They stand behind the command, or before it (AddServerOptions of the app itself).
struct ServerArguments {
  std::string server, token_file, ca_cert;
  void AddTo(CLI::App* command);
  // Asks nobody yet. Error (kUser): the address, the file of the token or the certificate cannot be used.
  Result<std::unique_ptr<client::ApiClient>> Connect() const;
  // The address, for messages.
  Result<std::string> Address() const;

 private:
  const CLI::App* app_ = nullptr;  // the whole command line, which has the same options
  std::string Given(const std::string& own, const char* option, const char* variable) const;
};

// The same options for the app itself: `laminar --server URL pipelines list`.
void AddServerOptions(CLI::App* app);
// An option of AddServerOptions that was given to a command that asks no server; "" = none.
std::string IdleServerOption(const CLI::App& app);

// text or json.
void AddFormat(CLI::App* command, std::string* format, const std::string& help);

// On stdout. False: nobody reads it any more, or it cannot be written (FinishOutput says so).
bool Print(std::string_view text);
// How tables are shown on stdout.
client::TableStyle StdoutStyle();
// The exit code, after what was printed has been written; kFailed where it cannot be.
int FinishOutput(int code);

// Prints what went wrong. kUser is kWrongInput, anything else kFailed.
int Failed(const Status& status);
// The same of a call that was sent the query in the file: with the places in it.
int QueryFailed(const client::ApiClient& client, const std::string& file, const std::string& text,
                const Status& status);

// Each with its place in the file, if it has one.
void PrintQueryProblems(const std::vector<Status>& problems, const std::string& file, const std::string& text);

// Waits; never asks to end.
bool PauseMillis(int64_t millis);

// While one lives that follows, SIGINT and SIGTERM are the wish to end what has no end by itself: the process ends at
// once, with kDone. Whoever prints flushes each line. Made before any other thread.
class FollowScope {
 public:
  explicit FollowScope(bool follows);
  ~FollowScope();
  FollowScope(const FollowScope&) = delete;
  FollowScope& operator=(const FollowScope&) = delete;

 private:
  std::unique_ptr<SignalWatcher> signals_;  // nullptr: it follows nothing
};

// ---- names and ids

// The id of the element of a collection that has the name or the id. what: "pipeline"; prefix: of its ids, "pipe_";
// path: "/pipelines". Error (kUser): there is none; the hint has the nearest name.
Result<std::string> FindId(client::ApiClient* client, const std::string& what, const std::string& prefix,
                           const std::string& path, const std::string& name);
Result<std::string> FindPipelineId(client::ApiClient* client, const std::string& name);
// Of a job by its id, or the newest of a pipeline by its name or id. Error (kUser): it has not run yet.
Result<std::string> FindJobId(client::ApiClient* client, const std::string& name);

}  // namespace laminar::cli
