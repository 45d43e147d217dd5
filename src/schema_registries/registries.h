// The schema registries of this process, over HTTP.
#pragma once

#include <cstdint>
#include <memory>

#include "aws/session.h"
#include "formats/schema_registry.h"

namespace laminar {

// The registries may outlive the result, but not the session's clock, a SystemClock.
std::unique_ptr<SchemaRegistries> MakeHttpSchemaRegistries(std::shared_ptr<aws::Session> session, uint64_t seed);

}  // namespace laminar
