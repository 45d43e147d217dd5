#include "server/api/answer.h"

#include "base/log.h"

namespace laminar::server {

const char* ErrorCode(int status) {
  switch (status) {
    case 400:
      return "BAD_REQUEST";
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "FORBIDDEN";
    case 404:
      return "NOT_FOUND";
    case 405:
      return "METHOD_NOT_ALLOWED";
    case 408:
      return "REQUEST_TIMEOUT";
    case 409:
      return "CONFLICT";
    case 413:
      return "PAYLOAD_TOO_LARGE";
    case 415:
      return "UNSUPPORTED_MEDIA_TYPE";
    case 422:
      return "VALIDATION_ERROR";
    case 429:
      return "RATE_LIMITED";
    case 431:
      return "HEADERS_TOO_LARGE";
    case 503:
      return "UNAVAILABLE";
    default:
      return status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR";
  }
}

Answer Error(int status, const std::string& message, json details) {
  Answer answer;
  answer.status = status;
  answer.body = {{"error", {{"code", ErrorCode(status)}, {"message", message}, {"details", std::move(details)}}}};
  return answer;
}

Answer Error(const Status& problem) {
  json details = json::object();
  if (!problem.hint().empty()) details["hint"] = problem.hint();
  if (problem.position().known())
    details["position"] = {{"line", problem.position().line}, {"column", problem.position().column}};
  switch (problem.kind()) {
    case StatusKind::kUser:
      return Error(422, problem.message(), std::move(details));
    case StatusKind::kEnvironment:
    case StatusKind::kCancelled:
      return Error(503, problem.message(), std::move(details));
    default:
      LogError("a request failed within the server", {{"reason", problem.message()}});
      return Error(500, "the server has failed: its log says why");
  }
}

}  // namespace laminar::server
