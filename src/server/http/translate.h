// Requests and responses between Beast's types and ours.
#pragma once

#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "base/percent.h"
#include "server/http/message.h"

namespace laminar::server {

// Without its body. nullopt: the target is no path, or is wrongly escaped.
std::optional<HttpRequest> FromBeast(const boost::beast::http::request_header<>& head, const std::string& peer);
boost::beast::http::response<boost::beast::http::string_body> ToBeast(HttpResponse response, unsigned version,
                                                                      bool keep_alive);
// Of a response whose body are events: chunked, if the version (11, 10) knows chunks.
boost::beast::http::response<boost::beast::http::empty_body> EventsHeader(const HttpResponse& response,
                                                                          unsigned version);
// `bytes`, not empty, as a chunk.
std::string Chunk(const std::string& bytes);

// As PercentDecode; nullopt for a NUL too.
std::optional<std::string> Unescape(std::string_view text, Plus plus);

}  // namespace laminar::server
