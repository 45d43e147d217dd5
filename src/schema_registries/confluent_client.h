// Confluent's schema registry API (Confluent Platform, "Schema Registry API Reference"), as Confluent, Karapace,
// Redpanda and Apicurio (under /apis/ccompat/v7) serve it.
#pragma once

#include <memory>
#include <string>

#include "aws/http_client.h"
#include "schema_registries/registry_client.h"

namespace laminar {

// http: to the endpoint; its path is the prefix of all requests. authorization: the value of that header, "" = none; it
// is never shown.
std::unique_ptr<RegistryClient> MakeConfluentClient(std::unique_ptr<aws::HttpClient> http, std::string authorization);

}  // namespace laminar
