#include "client/server_url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace laminar::client {

namespace {

constexpr std::string_view kHint = "Write it as http://HOST:PORT or https://HOST:PORT";

bool IsHost(std::string_view host, bool in_brackets) {
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [&](unsigned char c) {
    if (in_brackets) return std::isxdigit(c) != 0 || c == ':' || c == '.';
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool IsPath(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/-._~%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::string ServerUrl::ToString() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  const bool is_default = port == (tls ? 443 : 80);
  return std::string(tls ? "https://" : "http://") + (is_v6 ? "[" + host + "]" : host) +
         (is_default ? "" : ":" + std::to_string(port)) + path;
}

Result<ServerUrl> ParseServerUrl(std::string_view from, std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return Status::User(std::string(from) + ": " + why, std::string(kHint));
  };
  ServerUrl url;
  std::string_view rest = text;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    std::string name(rest.substr(0, scheme));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name != "http" && name != "https") return wrong("'" + name + "' is neither http nor https");
    url.tls = name == "https";
    rest.remove_prefix(scheme + 3);
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  // Not shown again: it may be a password.
  if (authority.find('@') != std::string_view::npos)
    return wrong("an address with a user or a password before '@' is not taken; a token goes into LAMINAR_TOKEN");
  std::string_view host = authority, port;
  const bool in_brackets = authority.starts_with('[');
  if (in_brackets) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return wrong("'" + std::string(text) + "' has no closing bracket");
    host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    host = authority.substr(0, authority.find(':'));
    port = authority.substr(host.size());
  }
  if (!IsHost(host, in_brackets)) return wrong("'" + std::string(text) + "' names no host");
  url.host = host;
  url.port = url.tls ? 443 : 80;
  if (!port.empty()) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0)
      return wrong("'" + std::string(text) + "' has no port between 1 and 65535 behind its host");
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  for (const std::string_view base : {"/api/v1", "/v1"}) {
    if (rest.ends_with(base)) {
      rest.remove_suffix(base.size());
      break;
    }
  }
  if (!IsPath(rest)) return wrong("'" + std::string(text) + "' has more than a path behind its host");
  url.path = rest;
  return url;
}

}  // namespace laminar::client
