#include "server/server.h"

#include <utility>

#include "base/log.h"
#include "server/api/openapi.h"
#include "server/api/router.h"
#include "server/operations.h"

namespace laminar::server {

namespace {

class RunningServer final : public Server {
 public:
  RunningServer(std::unique_ptr<Metadata> metadata, const ServerOptions& options, const ServerWorld& world)
      : metadata_(std::move(metadata)),
        tokens_(metadata_.get(), world.clock),
        audit_(metadata_.get(), world.clock),
        tables_(metadata_.get(), world.clock) {
    const Resources resources = {world.registry, world.duck, &tables_, &audit_};
    std::vector<Operation> operations;
    AddServerOperations(resources, &operations, &schemas_);
    AddTableOperations(resources, &operations, &schemas_);
    AddQueryOperations(resources, &operations, &schemas_);
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
    router_ = std::make_unique<Router>(std::move(operations), &schemas_, &tokens_, &audit_, world.clock,
                                       RouterOptions{.requests_per_second = options.requests_per_second});
    document_ = OpenApi(router_->operations(), schemas_, options.version);
  }

  Status Listen(const HttpServerOptions& options) {
    ASSIGN_OR_RETURN(const bool is_new, tokens_.None());
    if (is_new) {
      ASSIGN_OR_RETURN(first_token_, tokens_.Create("admin", Role::kAdmin, std::nullopt));
    }
    ASSIGN_OR_RETURN(
        http_, HttpServer::Start(
                   options, [this](const HttpRequest& request) { return router_->Handle(request); }, Router::Refuse));
    return Status::Ok();
  }

  const ListenAddress& address() const override { return http_->address(); }
  const std::optional<NewToken>& first_token() const override { return first_token_; }
  void Stop(int64_t timeout_millis) override { http_->Stop(timeout_millis); }

 private:
  const std::unique_ptr<Metadata> metadata_;
  Tokens tokens_;
  Audit audit_;
  ConnectionTables tables_;
  Schemas schemas_;
  std::unique_ptr<Router> router_;
  json document_;
  std::optional<NewToken> first_token_;
  std::unique_ptr<HttpServer> http_;  // the last: its threads use all of the others
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, const ServerWorld& world) {
  ASSIGN_OR_RETURN(std::unique_ptr<Metadata> metadata, Metadata::Open(options.database));
  auto server = std::make_unique<RunningServer>(std::move(metadata), options, world);
  RETURN_IF_ERROR(server->Listen(options.http));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace laminar::server
