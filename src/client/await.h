// Waiting until a pipeline is what it was asked to be.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "client/api_client.h"

namespace laminar::client {

enum class AwaitedState : uint8_t {
  kRunning,  // or Finished already
  kEnded,    // however
};

// The pipeline then, as GET /pipelines/{id} has it. Error: it has failed, or been stopped by others (kEnvironment), or
// the time is over (kEnvironment), or the server cannot be asked.
Result<ApiAnswer> Await(ApiClient* client, const std::string& pipeline_id, AwaitedState wanted, int64_t timeout_millis,
                        const Clock& clock, const Pause& pause);

}  // namespace laminar::client
