// The schema registries of this process, over HTTP.
#pragma once

#include <cstdint>
#include <memory>

#include "aws/environment.h"
#include "base/clock.h"
#include "formats/schema_registry.h"

namespace laminar {

// A secret written as ${NAME} is taken from the environment. Certificates are checked as for AWS: AWS_CA_BUNDLE,
// SSL_CERT_FILE or the system's. clock: borrowed, a SystemClock; outlives the object and the registries that it opened.
std::unique_ptr<SchemaRegistries> MakeHttpSchemaRegistries(const Clock* clock, uint64_t seed,
                                                           aws::Environment environment = aws::ProcessEnvironment());

}  // namespace laminar
