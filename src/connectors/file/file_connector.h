// single_file: one file, pipe or the standard input as JSON lines. For tests, demos, benchmarks and backfills.
#pragma once

#include <memory>

#include "base/file_access.h"
#include "connectors/connector.h"

namespace laminar {

// files: that its tables may name.
std::unique_ptr<Connector> MakeFileConnector(FileAccess files = FileAccess::Any());

}  // namespace laminar
