// generator: made-up rows, the same ones for the same seed. For demos, tests and benchmarks.
#pragma once

#include <memory>

#include "connectors/connector.h"
#include "duck/database.h"

namespace laminar {

// database: evaluates the columns' expressions; borrowed, outlives the connector and its readers.
std::unique_ptr<Connector> MakeGeneratorConnector(DuckDatabase* database);

}  // namespace laminar
