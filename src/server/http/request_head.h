// What a request that no handler sees is told. A proxy in front of the server has to read the same requests out of
// the same bytes: whatever could be read in two ways is refused.
#pragma once

#include <boost/beast/core/error.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "server/http/http_server.h"

namespace laminar::server {

struct RequestProblem {
  int status = 400;
  std::string why;
};

// nullopt: the body may be read.
std::optional<RequestProblem> ProblemOf(const boost::beast::http::request_header<>& head);
// Of a request that could not be read. nullopt: there is nobody to tell it.
std::optional<RequestProblem> ProblemOf(boost::beast::error_code error, const HttpServerOptions& options);
// Whether the client waits for "100 Continue" before it sends the body.
bool AwaitsContinue(const boost::beast::http::request_header<>& head);

}  // namespace laminar::server
