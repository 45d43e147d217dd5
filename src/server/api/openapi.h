// The OpenAPI document (3.1) of the operations.
#pragma once

#include <string>
#include <vector>

#include "server/api/operation.h"

namespace laminar::server {

json OpenApi(const std::vector<Operation>& operations, const Schemas& schemas, const std::string& version);

}  // namespace laminar::server
