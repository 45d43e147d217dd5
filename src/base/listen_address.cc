#include "base/listen_address.h"

#include <charconv>

namespace laminar {

std::string ListenAddress::ToString() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> ParseListenAddress(std::string_view option, std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return Status::User(std::string(option) + " " + std::string(text) + ": " + why,
                        "Write it as " + std::string(option) + " PORT or HOST:PORT, like 9464 or 0.0.0.0:9464");
  };
  ListenAddress address;
  std::string_view port = text;
  if (text.starts_with('[')) {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos) return bad("an IPv6 address is written as [ADDRESS]:PORT");
    address.host = text.substr(1, close - 1);
    port = text.substr(close + 2);
  } else if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (address.host.find(':') != std::string::npos) return bad("an IPv6 address is written as [ADDRESS]:PORT");
  }
  if (address.host.empty()) return bad("there is no host before the port");
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return bad("'" + std::string(port) + "' is no port: 0 to 65535");
  }
  return address;
}

}  // namespace laminar
