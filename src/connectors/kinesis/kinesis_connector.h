// The connector 'kinesis': its options, and how a table's options become a source or a sink.
#pragma once

#include <memory>

#include "base/file_access.h"
#include "connectors/connector.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

// factory: borrowed, outlives the connector and every source and sink made by it. files: that dead_letter.path may
// name.
std::unique_ptr<Connector> MakeKinesisConnector(KinesisApiFactory* factory, FileAccess files = FileAccess::Any());

}  // namespace laminar::kinesis
