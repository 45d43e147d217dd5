#include "server/api/answer.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/check.h"
#include "base/log.h"
#include "base/utc.h"

namespace laminar::server {

namespace {

struct Failure {
  int status;
  const char* code;
  const char* meaning;
};

constexpr Failure kFailures[] = {
    {400, "BAD_REQUEST", "The request is not one"},
    {401, "UNAUTHORIZED", "No valid token"},
    {403, "FORBIDDEN", "The token's role may not"},
    {404, "NOT_FOUND", "There is no such thing"},
    {405, "METHOD_NOT_ALLOWED", "The method is not for the path"},
    {408, "REQUEST_TIMEOUT", "The request did not come within its time"},
    {409, "CONFLICT", "The name is taken, or the thing is in use"},
    {413, "PAYLOAD_TOO_LARGE", "The body is too large"},
    {415, "UNSUPPORTED_MEDIA_TYPE", "The body is not JSON"},
    {417, "EXPECTATION_FAILED", "What the request expects cannot be"},
    {422, "VALIDATION_ERROR", "What the request says cannot be"},
    {429, "RATE_LIMITED", "Too many requests"},
    {431, "HEADERS_TOO_LARGE", "The headers are too large"},
    {500, "INTERNAL_ERROR", "The server has failed"},
    {501, "NOT_IMPLEMENTED", "The request is sent in a way that the server does not know"},
    {503, "UNAVAILABLE", "What the request needs does not answer"},
};

const Failure& FailureOf(int status) {
  const auto* const found = std::find_if(std::begin(kFailures), std::end(kFailures),
                                         [&](const Failure& failure) { return failure.status == status; });
  CHECK_MSG(found != std::end(kFailures), std::to_string(status).c_str());
  return *found;
}

}  // namespace

const char* ErrorCode(int status) {
  return FailureOf(status).code;
}

const char* MeaningOf(int status) {
  return FailureOf(status).meaning;
}

json TimeOf(int64_t micros) {
  return Rfc3339(micros, /*milliseconds=*/true);
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
