// ApiClient: calls of the REST API, their pages, and what they are refused for, in words of the command line.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/event_reader.h"
#include "client/transport.h"

namespace laminar::client {

using Json = nlohmann::ordered_json;

struct ApiAnswer {
  std::string text;  // as the server sent it; of List: one document of all pages
  Json body;         // null where there is none
};

// Where the token comes from, for messages.
struct TokenOrigin {
  bool given = false;
  std::string from;  // "LAMINAR_TOKEN", "--token-file FILE"
};

// Waits so long, milliseconds. False: one is to end now.
using Pause = std::function<bool(int64_t millis)>;

// Errors of calls: kUser = the request, the token or the server's certificate is wrong; kEnvironment = nobody answers,
// or the server cannot do it now. Their code is that of the API ("NOT_FOUND", "CONFLICT"), "" where nobody answered.
// Their position is that in the query, where it is wrong. One thread at a time.
class ApiClient {
 public:
  static constexpr const char *kNotFound = "NOT_FOUND", *kConflict = "CONFLICT", *kUnauthorized = "UNAUTHORIZED",
                              *kForbidden = "FORBIDDEN", *kInvalid = "VALIDATION_ERROR";

  ApiClient(std::unique_ptr<Transport> transport, TokenOrigin token, Pause pause)
      : transport_(std::move(transport)), token_(std::move(token)), pause_(std::move(pause)) {}

  // path: below /v1, "/pipelines/pipe_1"; escaped (Escaped).
  Result<ApiAnswer> Get(const std::string& path) { return Call("GET", path, ""); }
  Result<ApiAnswer> Post(const std::string& path, const std::string& body) { return Call("POST", path, body); }
  Result<ApiAnswer> Patch(const std::string& path, const Json& body) { return Call("PATCH", path, body.dump()); }
  Result<ApiAnswer> Delete(const std::string& path) { return Call("DELETE", path, ""); }
  // All of a collection: {"data": [...], "has_more": false}. path: without limit and starting_after.
  Result<ApiAnswer> List(const std::string& path);
  // What stands outside of /v1, as text: "/healthz". Whatever the status is.
  Result<Reply> Raw(const std::string& path) { return transport_->Send({"GET", path, ""}); }

  // Events, until on_event returns false or the server ends them.
  Status Follow(const std::string& path, const std::function<bool(const Event&)>& on_event);

  // All that is wrong with the query which the last call was refused for, in its order; empty: it was something else.
  const std::vector<Status>& query_problems() const { return query_problems_; }

 private:
  Result<ApiAnswer> Call(const std::string& method, const std::string& path, const std::string& body);
  Status Refused(const Reply& reply);

  const std::unique_ptr<Transport> transport_;
  const TokenOrigin token_;
  const Pause pause_;
  std::vector<Status> query_problems_;
};

// A list of the API's problems: {message, hint, line, column}.
std::vector<Status> ProblemsIn(const Json& errors);

// A segment of a path, or a value of a query: RFC 3986, all but unreserved characters as %XX.
std::string Escaped(std::string_view text);

// What the API calls "fresh": true is --fresh for who uses the command line.
std::string InCommandWords(std::string text);

// A member as text: of a string its value, of a number or a boolean what it is written as; "" where it is null or not
// there.
std::string TextOf(const Json& object, const char* name);
// 0 where it is no number.
int64_t NumberOf(const Json& object, const char* name);

}  // namespace laminar::client
