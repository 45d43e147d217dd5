// blackhole: counts rows and forgets them, without encoding them. For measuring what comes before a sink.
#pragma once

#include <memory>

#include "connectors/connector.h"

namespace laminar {

std::unique_ptr<Connector> MakeBlackholeConnector();

}  // namespace laminar
