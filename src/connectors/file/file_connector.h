// single_file: one file, pipe or the standard input as JSON lines. For tests, demos, benchmarks and backfills.
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace laminar {

std::unique_ptr<Connector> MakeFileConnector();

}  // namespace laminar
