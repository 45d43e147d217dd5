// Connectors as the REST API describes them: the JSON Schema of config comes from their OptionSpecs.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "connectors/registry.h"

namespace laminar::server {

// By name: id, name, description, source, sink, formats, config_schema.
std::vector<nlohmann::json> DescribeConnectors(const Registry& registry);

}  // namespace laminar::server
