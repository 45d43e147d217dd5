#include "client/await.h"

#include "base/units.h"
#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

constexpr int64_t kStatePollMillis = 200;

}  // namespace

Result<ApiAnswer> Await(ApiClient* client, const std::string& pipeline_id, AwaitedState wanted, int64_t timeout_millis,
                        const Clock& clock, const Pause& pause) {
  const int64_t deadline = clock.SteadyMicros() + timeout_millis * kMicrosPerMilli;
  while (true) {
    ASSIGN_OR_RETURN(ApiAnswer answer, client->Get("/pipelines/" + Escaped(pipeline_id)));
    const std::string state = TextOf(answer.body, "state"), name = TextOf(answer.body, "name");
    if (wanted == AwaitedState::kEnded && !IsRunning(answer.body)) return answer;
    if (wanted == AwaitedState::kRunning) {
      if (state == "Running" || state == "Finished") return answer;
      if (state == "Failed")
        return Status::Environment(name + " has failed: " + TextOf(answer.body, "failure_message"),
                                   "laminar jobs errors and laminar logs say more");
      if (state == "Stopped") return Status::Environment(name + " has been stopped by somebody else");
    }
    if (clock.SteadyMicros() >= deadline || !pause(kStatePollMillis)) {
      return Status::Environment(
          name + " is still " + state + " after " + FormatDuration(timeout_millis * kMicrosPerMilli),
          "--wait=TIME gives it more time; laminar logs says what it does");
    }
  }
}

}  // namespace laminar::client
