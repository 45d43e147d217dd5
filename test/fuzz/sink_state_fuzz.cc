// What a checkpoint holds of a Kinesis sink that writes exactly once. The input is a writer's progress, one line of
// JSON, and behind the first line end its parts, each behind 4 bytes that say how long it is. What is read is written,
// and then read and written once more: it must be the same.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "connectors/kinesis/sink_state.h"

namespace laminar::kinesis {
namespace {

using Parts = std::vector<std::string>;

Parts Split(std::string_view bytes) {
  Parts parts;
  while (!bytes.empty()) {
    uint32_t size = 0;
    if (bytes.size() < sizeof size) break;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    parts.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(parts.back().size());
  }
  return parts;
}

struct Written {
  std::string progress;
  Parts parts;
  bool operator==(const Written&) const = default;
};

// False: it cannot be read.
bool Rewrite(const Written& in, Written* out) {
  int64_t held_bytes = 0;
  {
    SinkState state{.progress = in.progress, .parts = {}};
    for (const std::string& bytes : in.parts) {
      state.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{.bytes = bytes, .file = "file"}));
    }
    const std::vector<std::shared_ptr<CheckpointPart>> parts = state.parts;
    const auto restored = ReadSinkStates("out", {state}, &held_bytes, 0);
    if (!restored.ok()) {
      CHECK(restored.status().kind() != StatusKind::kBug && !restored.status().hint().empty());
      return false;
    }
    std::vector<EpochRows*> epochs;
    int64_t memory = 0;
    for (const auto& epoch : restored->epochs) {
      CHECK(epoch->unacknowledged() > 0 && epoch->unacknowledged() <= epoch->rows());
      memory += epoch->memory();
      epochs.push_back(epoch.get());
    }
    CHECK(memory == held_bytes);
    const SinkState again = MakeSinkState("out", restored->after, epochs);
    *out = {again.progress, {}};
    for (const auto& part : again.parts) {
      const auto found = std::find(parts.begin(), parts.end(), part);  // the same object, so it is not written again
      CHECK(found != parts.end());
      out->parts.push_back(in.parts[static_cast<size_t>(found - parts.begin())]);
    }
  }
  CHECK(held_bytes == 0);
  return true;
}

}  // namespace
}  // namespace laminar::kinesis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar::kinesis;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\n'), size);
  const Written in{std::string(input.substr(0, end)), Split(input.substr(std::min(end + 1, size)))};
  Written once, twice;
  if (Rewrite(in, &once)) {
    CHECK(Rewrite(once, &twice));
    CHECK(once == twice);
  }
  return 0;
}
