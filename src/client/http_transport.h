// The Transport over HTTP and HTTPS.
#pragma once

#include <memory>
#include <string>

#include "client/server_url.h"
#include "client/transport.h"

namespace laminar::client {

struct HttpOptions {
  ServerUrl server;
  std::string token;    // sent with each request; "" = none. Printable ASCII
  std::string ca_cert;  // PEM file of whom to trust; "" = the system's certificates
};

// Error (kUser): ca_cert cannot be read, or holds no certificate.
Result<std::unique_ptr<Transport>> MakeHttpTransport(const HttpOptions& options);

}  // namespace laminar::client
