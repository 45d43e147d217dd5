#include "server/http/request_head.h"

namespace laminar::server {

namespace http = boost::beast::http;
using boost::beast::iequals;

namespace {

constexpr unsigned kHttp11 = 11;

std::optional<HeadProblem> ProblemOfFraming(const http::request_header<>& head) {
  const size_t encodings = head.count(http::field::transfer_encoding);
  if (encodings == 0) return std::nullopt;
  if (head.version() < kHttp11) return HeadProblem{400, "HTTP/1.0 has no Transfer-Encoding: send Content-Length"};
  // Beast takes any list that ends with "chunked" for it, and passes over all others.
  if (encodings == 1 && iequals(head[http::field::transfer_encoding], "chunked")) return std::nullopt;
  return HeadProblem{501, "of Transfer-Encoding the server knows chunked only: send that, or Content-Length"};
}

std::optional<HeadProblem> ProblemOfHost(const http::request_header<>& head) {
  const size_t hosts = head.count(http::field::host);
  if (hosts > 1) return HeadProblem{400, "the header Host is there more than once"};
  if (hosts == 0 && head.version() >= kHttp11) return HeadProblem{400, "the header Host is missing"};
  return std::nullopt;
}

}  // namespace

std::optional<HeadProblem> ProblemOf(const http::request_header<>& head) {
  if (auto problem = ProblemOfFraming(head)) return problem;
  if (auto problem = ProblemOfHost(head)) return problem;
  if (head.count(http::field::authorization) > 1)
    return HeadProblem{400, "the header Authorization is there more than once"};
  for (const auto& field : head) {
    if (field.name() == http::field::content_encoding && !iequals(field.value(), "identity"))
      return HeadProblem{415, "the body has a Content-Encoding: send it as it is"};
    // HTTP/1.0 has no expectations: RFC 9110, section 10.1.1.
    if (field.name() == http::field::expect && head.version() >= kHttp11 && !iequals(field.value(), "100-continue"))
      return HeadProblem{417, "of Expect the server knows 100-continue only"};
  }
  return std::nullopt;
}

bool AwaitsContinue(const http::request_header<>& head) {
  return head.version() >= kHttp11 && head.count(http::field::expect) > 0;
}

}  // namespace laminar::server
