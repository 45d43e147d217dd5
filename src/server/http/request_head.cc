#include "server/http/request_head.h"

namespace laminar::server {

namespace http = boost::beast::http;
using boost::beast::iequals;

namespace {

constexpr unsigned kHttp11 = 11;

std::optional<RequestProblem> ProblemOfFraming(const http::request_header<>& head) {
  const size_t encodings = head.count(http::field::transfer_encoding);
  if (encodings == 0) return std::nullopt;
  if (head.version() < kHttp11) return RequestProblem{400, "HTTP/1.0 has no Transfer-Encoding: send Content-Length"};
  // Beast takes any list that ends with "chunked" for it, and passes over all others.
  if (encodings == 1 && iequals(head[http::field::transfer_encoding], "chunked")) return std::nullopt;
  return RequestProblem{501, "of Transfer-Encoding the server knows chunked only: send that, or Content-Length"};
}

std::optional<RequestProblem> ProblemOfHost(const http::request_header<>& head) {
  const size_t hosts = head.count(http::field::host);
  if (hosts > 1) return RequestProblem{400, "the header Host is there more than once"};
  if (hosts == 0 && head.version() >= kHttp11) return RequestProblem{400, "the header Host is missing"};
  return std::nullopt;
}

}  // namespace

std::optional<RequestProblem> ProblemOf(const http::request_header<>& head) {
  if (auto problem = ProblemOfFraming(head)) return problem;
  if (auto problem = ProblemOfHost(head)) return problem;
  if (head.count(http::field::authorization) > 1)
    return RequestProblem{400, "the header Authorization is there more than once"};
  for (const auto& field : head) {
    if (field.name() == http::field::content_encoding && !iequals(field.value(), "identity"))
      return RequestProblem{415, "the body has a Content-Encoding: send it as it is"};
    // HTTP/1.0 has no expectations: RFC 9110, section 10.1.1.
    if (field.name() == http::field::expect && head.version() >= kHttp11 && !iequals(field.value(), "100-continue"))
      return RequestProblem{417, "of Expect the server knows 100-continue only"};
  }
  return std::nullopt;
}

std::optional<RequestProblem> ProblemOf(boost::beast::error_code error, const HttpServerOptions& options) {
  const auto larger_than = [](size_t bytes) { return " larger than " + std::to_string(bytes) + " bytes"; };
  if (error == http::error::header_limit)
    return RequestProblem{431, "the headers are" + larger_than(options.most_header_bytes)};
  if (error == http::error::body_limit)
    return RequestProblem{413, "the body is" + larger_than(options.most_body_bytes)};
  // A chunk's header is read as a whole, and so is what comes behind the last chunk.
  if (error == http::error::buffer_overflow)
    return RequestProblem{431, "what stands around the chunks of the body is too large"};
  if (error == boost::beast::error::timeout) return RequestProblem{408, "the request did not come within its time"};
  if (error.category() != http::make_error_code(http::error::bad_method).category() ||
      error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  return RequestProblem{400, "the request is not HTTP/1.1: " + error.message()};
}

bool AwaitsContinue(const http::request_header<>& head) {
  return head.version() >= kHttp11 && head.count(http::field::expect) > 0;
}

}  // namespace laminar::server
