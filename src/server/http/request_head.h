// What a request says of itself before its body. A proxy in front of the server has to read the same requests out of
// the same bytes: whatever could be read in two ways is refused.
#pragma once

#include <boost/beast/http.hpp>
#include <optional>
#include <string>

namespace laminar::server {

struct HeadProblem {
  int status = 400;
  std::string why;
};

// nullopt: the body may be read.
std::optional<HeadProblem> ProblemOf(const boost::beast::http::request_header<>& head);
// Whether the client waits for "100 Continue" before it sends the body.
bool AwaitsContinue(const boost::beast::http::request_header<>& head);

}  // namespace laminar::server
