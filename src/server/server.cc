#include "server/server.h"

#include <atomic>
#include <shared_mutex>
#include <utility>

#include "base/log.h"
#include "base/process_lock.h"
#include "server/api/openapi.h"
#include "server/api/router.h"
#include "server/connections/operations.h"
#include "server/console/console.h"
#include "server/console/embedded_files.h"
#include "server/operations.h"
#include "server/script_compile.h"

namespace laminar::server {

namespace {

class RunningServer final : public Server {
 public:
  RunningServer(std::unique_ptr<ProcessLock> lock, std::unique_ptr<Metadata> metadata, const ServerOptions& options,
                const ServerWorld& world)
      : lock_(std::move(lock)),
        metadata_(std::move(metadata)),
        tokens_(metadata_.get(), world.clock),
        audit_(metadata_.get(), world.clock),
        tables_(metadata_.get(), world.clock),
        profiles_(metadata_.get(), world.clock),
        pipelines_(metadata_.get(), world.clock),
        jobs_(metadata_.get(), world.clock) {
    connections_ = {world.clock, world.registry, world.duck, world.secrets, &tables_, &profiles_};
    connections_.pipelines_of = [this](const std::string& table) { return PipelinesOfTable(pipelines_, table); };
    Resources resources;
    resources.clock = world.clock;
    resources.tables_in_use = connections_.tables_in_use = &tables_in_use_;
    resources.registry = world.registry;
    resources.duck = world.duck;
    resources.audit = &audit_;
    resources.find_tables = FindConnectionTables(connections_);
    resources.pipelines = &pipelines_;
    resources.jobs = &jobs_;
    resources.process_limit_bytes = options.memory_limit_bytes;
    resources.pipeline_limit_bytes = options.pipeline_memory_bytes;
    resources.read_state = [states = world.states](const std::string& id) { return states->Read(id); };
    supervisor_ = MakeSupervisor(options, world, resources);
    resources.supervisor = supervisor_.get();
    resources.changes = &changes_;
    std::vector<Operation> operations;
    AddServerOperations(resources, &operations, &schemas_);
    AddConnectorOperations(connections_, &operations, &schemas_);
    AddProfileOperations(connections_, &operations, &schemas_);
    AddTableOperations(connections_, &operations, &schemas_);
    AddTestOperations(connections_, &operations, &schemas_);
    AddPipelineOperations(resources, &operations, &schemas_);
    AddJobOperations(resources, &operations, &schemas_);
    AddQueryOperations(resources, &operations, &schemas_);
    if (options.metrics) {
      AddMetricsOperation(
          resources, options.version, [this](ServerFigures* figures) { AddFigures(figures); }, &operations);
    }
    schemas_.Add("OpenApi", R"({"type": "object"})");
    operations.push_back({.method = "GET",
                          .path = "/openapi.json",
                          .id = "openApi",
                          .tag = "server",
                          .summary = "This document",
                          .access = Access::kOpen,
                          .outcomes = {{200, "OpenApi"}},
                          .handler = [this](const Call&) {
                            Answer answer;
                            answer.body = document_;
                            return answer;
                          }});
    schemas_.Complete();
    router_ = std::make_unique<Router>(
        std::move(operations), &schemas_, &tokens_, &audit_, world.clock,
        RouterOptions{.requests_per_second = options.requests_per_second, .most_slow = options.http.slow_threads});
    document_ = OpenApi(router_->operations(), schemas_, options.version);
  }

  Status Listen(const HttpServerOptions& options) {
    WarnOfOtherKeys(connections_);
    ASSIGN_OR_RETURN(console_, Console::Read(EmbeddedConsole()));
    RETURN_IF_ERROR(supervisor_->Resume());
    ASSIGN_OR_RETURN(http_,
                     HttpServer::Start(
                         options, [this](const HttpRequest& request) { return Handle(request); }, Router::Refuse));
    serving_ = http_.get();
    // The last: a start that fails leaves no token that nobody knows.
    ASSIGN_OR_RETURN(const bool is_new, tokens_.None());
    if (is_new) {
      ASSIGN_OR_RETURN(first_token_, tokens_.Create("admin", Role::kAdmin, std::nullopt));
    }
    return Status::Ok();
  }

  const ListenAddress& address() const override { return http_->address(); }
  const std::optional<NewToken>& first_token() const override { return first_token_; }
  Status ForgetFirstToken() override {
    return first_token_ ? tokens_.Forget(std::exchange(first_token_, std::nullopt)->token) : Status::Ok();
  }
  bool Stop(int64_t timeout_millis) override {
    // Those who follow a job's output would be waited for.
    const bool ended = supervisor_->Shutdown(timeout_millis);
    http_->Stop(kAnswersMillis);
    return ended;
  }

 private:
  static constexpr int64_t kAnswersMillis = 5'000;

  void AddFigures(ServerFigures* figures) const {
    router_->counts().AddTo(figures);
    if (const HttpServer* const serving = serving_) figures->connections = serving->connections();
  }

  std::unique_ptr<Supervisor> MakeSupervisor(const ServerOptions& options, const ServerWorld& world,
                                             const Resources& resources) {
    Supervisor::World supervised;
    supervised.pipelines = &pipelines_;
    supervised.delete_state = [states = world.states](const std::string& id) { return states->Delete(id); };
    JobWorld& job = supervised.job;
    job.clock = world.clock;
    job.random = world.random;
    job.duck = world.duck;
    job.registry = world.registry;
    job.memory = world.memory;
    job.jobs = &jobs_;
    job.process_limit_bytes = options.memory_limit_bytes;
    job.pipeline_limit_bytes = options.pipeline_memory_bytes;
    job.version = options.version;
    job.compile = [resources](const std::string& query, DuckSession* session) {
      return CompileScript(resources, query, session);
    };
    job.open_state = [states = world.states](const std::string& id) { return states->Own(id); };
    return std::make_unique<Supervisor>(std::move(supervised));
  }

  HttpResponse Handle(const HttpRequest& request) const {
    if (auto page = console_.Handle(request)) return std::move(*page);
    return router_->Handle(request);
  }

  const std::unique_ptr<ProcessLock> lock_;  // nullptr: the database is in memory
  const std::unique_ptr<Metadata> metadata_;
  Tokens tokens_;
  Audit audit_;
  ConnectionTables tables_;
  ConnectionProfiles profiles_;
  Pipelines pipelines_;
  Jobs jobs_;
  std::shared_mutex tables_in_use_;
  PipelineLocks changes_;
  ConnectionWorld connections_;
  Schemas schemas_;
  std::unique_ptr<Supervisor> supervisor_;  // its threads use those before it
  Console console_;
  std::unique_ptr<Router> router_;
  json document_;
  std::optional<NewToken> first_token_;
  std::atomic<const HttpServer*> serving_{nullptr};  // http_, once it is there: its threads are there before
  std::unique_ptr<HttpServer> http_;                 // the last: its threads use all of the others
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, const ServerWorld& world) {
  // A second server would start the pipelines of the first, and write down that they fail.
  std::unique_ptr<ProcessLock> lock;
  if (options.database != ":memory:") {
    ASSIGN_OR_RETURN(lock, ProcessLock::Take(options.database + ".lock", "the database " + options.database,
                                             "A server has it: use that one, or name another file with --database"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Metadata> metadata, Metadata::Open(options.database));
  auto server = std::make_unique<RunningServer>(std::move(lock), std::move(metadata), options, world);
  RETURN_IF_ERROR(server->Listen(options.http));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace laminar::server
