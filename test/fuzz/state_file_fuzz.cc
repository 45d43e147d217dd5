// The frame of a checkpoint's files. Three questions of each input: does it open as a file (hardly ever: what opens is
// exactly what sealing would write); does it survive as a payload; is a damage of its frame noticed.
#include <cstring>

#include "base/check.h"
#include "state/state_file.h"

namespace laminar {
namespace {

void OpensOnlyIfSealed(std::string_view file) {
  for (const StateFileKind kind : {StateFileKind::kManifest, StateFileKind::kState}) {
    const auto payload = OpenStateFile("fuzz", file, kind);
    CHECK(payload.ok() || (payload.status().kind() == StatusKind::kEnvironment && !payload.status().message().empty()));
    CHECK(!payload.ok() || SealStateFile(kind, *payload) == file);
  }
}

// damage: where and how.
void NoticesDamage(std::string_view payload, uint32_t damage) {
  const std::string whole = SealStateFile(StateFileKind::kState, payload);
  const auto opened = OpenStateFile("fuzz", whole, StateFileKind::kState);
  CHECK(opened.ok() && *opened == payload);
  CHECK(!OpenStateFile("fuzz", whole, StateFileKind::kManifest).ok());
  std::string damaged = whole;
  const size_t at = (damage >> 8) % damaged.size();
  damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>((damage & 0xFF) == 0 ? 1 : damage & 0xFF));
  CHECK(!OpenStateFile("fuzz", damaged, StateFileKind::kState).ok());
  CHECK(!OpenStateFile("fuzz", std::string_view(whole).substr(0, at), StateFileKind::kState).ok());
  CHECK(!OpenStateFile("fuzz", whole + damaged, StateFileKind::kState).ok());
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  laminar::OpensOnlyIfSealed(input);
  uint32_t damage = 0;
  std::memcpy(&damage, data, std::min(size, sizeof damage));
  laminar::NoticesDamage(input, damage);
  return 0;
}
