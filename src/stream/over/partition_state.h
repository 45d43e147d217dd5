// The partitions of an OVER clause in a checkpoint: section "partitions" of the operator.
#pragma once

#include <memory>
#include <span>

#include "base/status.h"
#include "state/operator_state.h"
#include "stream/over/engine.h"
#include "stream/over/partitions.h"

namespace laminar {

// Error: of an engine.
Status SavePartitions(const OverPartitions& partitions, std::span<const std::unique_ptr<OverEngine>> engines,
                      StateOutput* out);

// Into partitions and engines that hold nothing yet: those partitions that are dealt to this worker. Error
// (kEnvironment): what comes is not what SavePartitions writes with these engines.
Status RestorePartitions(const StateInput& in, OverPartitions* partitions,
                         std::span<const std::unique_ptr<OverEngine>> engines);

}  // namespace laminar
