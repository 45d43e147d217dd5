// stdout: rows as JSON lines on the standard output.
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace laminar {

// fd: 1, or the writing end of a test's pipe; borrowed.
std::unique_ptr<Connector> MakeStdoutConnector(int fd = 1);

}  // namespace laminar
