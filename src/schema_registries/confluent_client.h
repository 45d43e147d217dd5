// Confluent's schema registry API (Confluent Platform, "Schema Registry API Reference"), as Confluent, Karapace,
// Redpanda and Apicurio (under /apis/ccompat/v7) serve it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/http_client.h"
#include "schema_registries/registry_client.h"

namespace laminar {

// The value of that header, which is never shown. Any thread.
using AuthorizationSource = std::function<Result<std::string>()>;

// http: to the endpoint; its path is the prefix of all requests. authorization: asked for each; empty = there is none.
std::unique_ptr<RegistryClient> MakeConfluentClient(std::unique_ptr<aws::HttpClient> http,
                                                    AuthorizationSource authorization);

}  // namespace laminar
