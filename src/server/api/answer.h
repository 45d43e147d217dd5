// What a REST operation gets and gives.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/http/message.h"
#include "server/store/tokens.h"

namespace laminar::server {

using nlohmann::json;

struct Call {
  const HttpRequest& http;
  std::map<std::string, std::string> path;   // {id} and its like, by name
  std::map<std::string, std::string> query;  // checked; defaults are filled in
  json body;                                 // checked against the operation's schema; null where it has none
  Token who;                                 // of an operation that everybody may call: without an id

  int64_t Integer(const std::string& name) const { return std::stoll(query.at(name)); }
};

struct Answer {
  int status = 200;
  json body = {};                            // null: none
  std::shared_ptr<EventStream> events = {};  // instead of `body`; shared with whoever fills it
  std::string text = {}, content_type = {};  // instead of `body`, where content_type is not empty
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string object = {};            // id or name of what was changed, for the audit
  std::function<Answer()> rest = {};  // of an operation that is slow: HttpResponse::rest
};

// The codes of API.md go with the status: 404 is NOT_FOUND.
Answer Error(int status, const std::string& message, json details = json::object());
// kUser: 422; kEnvironment: 503; kBug: 500, which tells nothing of what is inside. Its hint is in the details.
Answer Error(const Status& problem);
// Microseconds since 1970 as answers have times: RFC 3339.
json TimeOf(int64_t micros);
// A status that the API fails with: its code, and what it means in a sentence. CHECKs that it is one.
const char* ErrorCode(int status);
const char* MeaningOf(int status);

}  // namespace laminar::server
