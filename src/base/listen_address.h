// Where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar {

struct ListenAddress {
  std::string host = "127.0.0.1";  // a name or an address
  uint16_t port = 0;               // 0 = any that is free
  std::string ToString() const;    // "127.0.0.1:9464", "[::1]:9464"
  bool operator==(const ListenAddress&) const = default;
};

// "9464" (this machine only), "HOST:PORT", "[IPv6]:PORT"; "0.0.0.0:9464" and "[::]:9464" for all interfaces. option: for
// messages, "--listen". Error (kUser): it is none of these.
Result<ListenAddress> ParseListenAddress(std::string_view option, std::string_view text);

}  // namespace laminar
