// Router: a request on its way to its operation: path, token, role, rate, body, and the answer on its way back.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/api/operation.h"
#include "server/api/rate_limit.h"
#include "server/api/request_counts.h"
#include "server/store/audit.h"
#include "server/store/tokens.h"

namespace laminar::server {

struct RouterOptions {
  int64_t requests_per_second = 0;  // of each token; 0 = any number
  int64_t refused_per_second = 20;  // of each address, with a token that is none
  int most_slow = 8;                // requests of slow operations at a time
};

class Router {
 public:
  static constexpr std::string_view kBases[] = {"/v1", "/api/v1"};

  // All borrowed. schemas: complete, with every name that an operation refers to.
  Router(std::vector<Operation> operations, const Schemas* schemas, const Tokens* tokens, Audit* audit,
         const Clock* clock, const RouterOptions& options = {});
  ~Router();

  // Thread-safe; never throws.
  HttpResponse Handle(const HttpRequest& request);
  // What answers where there is no operation: a request that the HTTP server refuses.
  static HttpResponse Refuse(int status, const std::string& why);

  const std::vector<Operation>& operations() const { return operations_; }
  // What it has answered.
  const RequestCounts& counts() const { return counts_; }

 private:
  struct Match;
  // *found: the place of the operation, once it is known.
  Answer Dispatch(const HttpRequest& request, size_t* found);
  // The operation itself, and the audit's line about it.
  Answer Run(const Operation& operation, const Call& call) const;
  Answer RunLater(const Operation& operation, Call call);
  // Whose the request is. Error: 401, 429.
  std::optional<Answer> Authenticate(const HttpRequest& request, Token* who);
  bool StillValid(const std::string& token) const;
  std::optional<Answer> ReadQuery(const Operation& operation, Call* call) const;
  std::optional<Answer> ReadBody(const Operation& operation, Call* call) const;

  const std::vector<Operation> operations_;
  const Schemas* const schemas_;
  const Tokens* const tokens_;
  Audit* const audit_;
  const Clock* const clock_;
  const int most_slow_;
  std::atomic<int> slow_{0};  // requests of slow operations that are not answered yet
  RateLimit by_token_, by_refused_peer_;
  RequestCounts counts_;
};

}  // namespace laminar::server
