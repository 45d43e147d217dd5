#include "server/http/translate.h"

#include <cstdio>
#include <utility>

namespace laminar::server {

namespace http = boost::beast::http;

namespace {

std::string Lower(boost::beast::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

template <class Response>
void SetFields(const HttpResponse& from, Response* to) {
  for (const auto& [name, value] : from.headers) to->set(name, value);
}

}  // namespace

std::optional<std::string> Unescape(std::string_view text, Plus plus) {
  std::optional<std::string> out = PercentDecode(text, plus);
  return out && out->find('\0') == out->npos ? out : std::nullopt;
}

std::optional<HttpRequest> FromBeast(const http::request_header<>& head, const std::string& peer) {
  HttpRequest ours;
  ours.peer = peer;
  ours.method = std::string(head.method_string());
  if (ours.method == "HEAD") ours.method = "GET";
  const std::string target(head.target());
  const size_t question = std::min(target.find('?'), target.size());
  std::optional<std::string> path = Unescape(std::string_view(target).substr(0, question), Plus::kIsPlus);
  if (!path || !path->starts_with('/')) return std::nullopt;
  ours.path = std::move(*path);
  if (question < target.size()) ours.query = target.substr(question + 1);
  for (const auto& field : head) ours.headers.emplace(Lower(field.name_string()), std::string(field.value()));
  return ours;
}

http::response<http::string_body> ToBeast(HttpResponse response, unsigned version, bool keep_alive) {
  http::response<http::string_body> out(static_cast<http::status>(response.status), version);
  SetFields(response, &out);
  const bool has_body = response.status != 204 && response.status != 304;
  if (has_body) out.set(http::field::content_type, response.content_type);
  out.keep_alive(keep_alive);
  if (has_body) out.body() = std::move(response.body);
  if (has_body) out.prepare_payload();
  return out;
}

http::response<http::empty_body> EventsHeader(const HttpResponse& response, unsigned version) {
  http::response<http::empty_body> out(http::status::ok, version);
  SetFields(response, &out);
  out.set(http::field::content_type, "text/event-stream; charset=utf-8");
  out.set(http::field::cache_control, "no-store");
  out.keep_alive(false);
  if (version >= 11) out.chunked(true);
  return out;
}

std::string Chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

}  // namespace laminar::server
