#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <future>
#include <utility>

#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/first_token.h"
#include "cli/pipeline_run.h"
#include "cli/server_access.h"
#include "cli/server_database.h"
#include "cli/server_states.h"
#include "cli/signals.h"
#include "engine/memory_shares.h"
#include "server/server.h"

namespace laminar::cli {

namespace {

constexpr char kDefaultListen[] = "8000";
constexpr int64_t kStopMillis = 40'000;  // for pipelines that take their last checkpoint

struct ServeArguments {
  std::string listen = kDefaultListen;
  std::string tls_cert, tls_key, first_token_file;
  std::string metrics = "on";
  int64_t rate_limit = server::ServerOptions().requests_per_second;
  std::string pipeline_memory;
  DatabaseArguments database;
  ServerStateArguments states;
  ServerAccessArguments access;
  RunArguments run;
};

// Of one pipeline: a quarter of all, unless told. Most of it is a bound of what is prefetched, and not taken.
Result<int64_t> PipelineMemory(const ServeArguments& arguments, int64_t all) {
  if (arguments.pipeline_memory.empty()) return std::max(all / 4, kLeastMemoryLimit);
  const Result<int64_t> bytes = ParseBytes(arguments.pipeline_memory);
  if (!bytes.ok())
    return Status::User("--pipeline-memory-limit " + arguments.pipeline_memory + " is not a size",
                        bytes.status().hint());
  if (*bytes < kLeastMemoryLimit || *bytes > all)
    return Status::User("--pipeline-memory-limit " + arguments.pipeline_memory + " is not between " +
                            FormatBytes(static_cast<uint64_t>(kLeastMemoryLimit)) + " and --memory-limit, " +
                            FormatBytes(static_cast<uint64_t>(all)),
                        "Leave it out, or give it a value between");
  return *bytes;
}

int Serve(const ServeArguments& arguments) {
  arguments.run.Apply();
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  const auto pipeline_memory = PipelineMemory(arguments, *memory);
  if (!pipeline_memory.ok()) return WrongInput(pipeline_memory.status());
  const auto address = ParseListenAddress("--listen", arguments.listen);
  if (!address.ok()) return WrongInput(address.status());
  if (arguments.tls_cert.empty() != arguments.tls_key.empty())
    return WrongInput(
        Status::User("--tls-cert and --tls-key go together, and one of them is missing", "Name both, or none"));

  std::promise<void> signalled;
  std::future<void> stop = signalled.get_future();
  // Before any other thread.
  const SignalWatcher signals([&](int count) {
    if (count > 1) _exit(kFailed);
    signalled.set_value();
  });
  const auto failed = [](const Status& status) {
    PrintError(status);
    return status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
  };
  const auto file = arguments.database.File();
  if (!file.ok()) return failed(file.status());
  auto access = arguments.access.Open();
  if (!access.ok()) return failed(access.status());
  const server::ServerSecrets* const secrets = access->secrets.get();
  const auto world = World::Make(*memory, {access->files, std::move(access->secrets)});
  if (!world.ok()) return failed(world.status());
  server::ServerOptions options;
  options.http.address = *address;
  options.http.tls_cert = arguments.tls_cert;
  options.http.tls_key = arguments.tls_key;
  options.database = *file;
  options.requests_per_second = arguments.rate_limit;
  options.version = LAMINAR_VERSION;
  options.metrics = arguments.metrics == "on";
  options.memory_limit_bytes = *memory;
  options.pipeline_memory_bytes = *pipeline_memory;
  const auto first_token = FirstToken::Prepare(arguments.first_token_file);
  if (!first_token.ok()) return failed(first_token.status());
  const auto states = MakeStatePlaces(arguments.states, *file, world->get());
  if (!states.ok()) return failed(states.status());
  Random random = (*world)->ForkRandom();
  const auto server = server::Server::Start(options, {&(*world)->clock(), (*world)->database(), &(*world)->registry(),
                                                      &(*world)->memory(), &random, states->get(), secrets});
  if (!server.ok()) {
    first_token->None();
    return failed(server.status());
  }
  if (const auto& token = (*server)->first_token()) {
    if (const Status status = first_token->Put(token->text); !status.ok()) {
      if (const Status forgotten = (*server)->ForgetFirstToken(); !forgotten.ok()) PrintError(forgotten);
      first_token->None();
      return failed(status);
    }
  } else {
    first_token->None();
  }
  LogInfo("serving",
          {{"address", (arguments.tls_cert.empty() ? "http://" : "https://") + (*server)->address().ToString()},
           {"database", *file}});
  stop.wait();
  LogInfo("stopping: pipelines take a last checkpoint, and go on with the next start; once more stops at once");
  if (!(*server)->Stop(kStopMillis)) {
    LogError("not all pipelines have taken their last checkpoint; these go on from the one before");
    std::fflush(stdout);
    _exit(kFailed);
  }
  return kDone;
}

}  // namespace

void AddServe(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ServeArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("serve", "Serve the REST API, and run its pipelines");
  command->add_option("--listen", arguments->listen, "Where: PORT for this machine only, or HOST:PORT (default: 8000)")
      ->option_text("[HOST:]PORT");
  command->add_option("--tls-cert", arguments->tls_cert, "The certificate with its chain, PEM: serve HTTPS")
      ->option_text("FILE");
  command->add_option("--tls-key", arguments->tls_key, "The certificate's key, PEM")->option_text("FILE");
  command
      ->add_option("--rate-limit", arguments->rate_limit,
                   "How many requests a second a token may send; 0: any number (default: 1000)")
      ->option_text("N")
      ->check(CLI::Range(0, 1'000'000));
  command
      ->add_option("--pipeline-memory-limit", arguments->pipeline_memory,
                   "How much memory a pipeline that says nothing may hold (default: a quarter of --memory-limit)")
      ->option_text("SIZE");
  command
      ->add_option("--metrics", arguments->metrics,
                   "Whether /metrics has the figures of all pipelines for Prometheus, without a token (default: on)")
      ->option_text("on|off")
      ->check(CLI::IsMember({"on", "off"}));
  ;
  command
      ->add_option("--first-token-file", arguments->first_token_file,
                   "Where the token of a new database goes, instead of onto stdout")
      ->option_text("FILE");
  arguments->database.AddTo(command);
  arguments->states.AddTo(command);
  arguments->access.AddTo(command);
  arguments->run.AddTo(command);
  command->footer(
      "With a new database it makes a token that may do everything, and shows it once; `laminar token` makes others.\n"
      "GET /v1/openapi.json describes the API. Pipelines that ran when the server ended, or was killed, go on from "
      "their\n"
      "last checkpoint when it starts again. The first SIGINT or SIGTERM takes a last checkpoint of each, the second "
      "one\n"
      "stops at once.\n\n"
      "Examples:\n"
      "  laminar serve\n"
      "  laminar serve --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8000/v1/connection_tables");
  command->callback([arguments, action] { *action = [arguments] { return Serve(*arguments); }; });
}

}  // namespace laminar::cli
