// ServerUrl: where a server is, as users write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar::client {

struct ServerUrl {
  bool tls = false;
  std::string host = "127.0.0.1";  // a name or an address; IPv6 without brackets
  uint16_t port = 8000;
  std::string path;  // "", or "/laminar": what a proxy has before /v1

  std::string ToString() const;  // "http://127.0.0.1:8000", "https://[::1]:8443/laminar"
  bool operator==(const ServerUrl&) const = default;
};

// "https://laminar.example.com", "http://127.0.0.1:8000", "localhost:8000", "https://example.com/laminar"; a /v1 at its
// end is left out. Without a port: 80, of https 443. from: for messages, "--server" or "LAMINAR_SERVER". Error (kUser):
// it is none of these, or holds a password.
Result<ServerUrl> ParseServerUrl(std::string_view from, std::string_view text);

}  // namespace laminar::client
