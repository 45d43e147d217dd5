// The schema registry of AWS Glue (AWS Glue API, "Schema registry"): JSON 1.1, signed.
#pragma once

#include <memory>

#include "aws/credentials.h"
#include "aws/http_client.h"
#include "base/clock.h"
#include "formats/schema_registry.h"
#include "schema_registries/registry_client.h"

namespace laminar {

// http: to the endpoint of Glue in options.region, which is not "". credentials: shared with other clients. clock:
// borrowed, outlives the object.
std::unique_ptr<RegistryClient> MakeGlueClient(std::unique_ptr<aws::HttpClient> http,
                                               std::shared_ptr<aws::CredentialsProvider> credentials,
                                               const GlueRegistryOptions& options, const Clock* clock);

}  // namespace laminar
