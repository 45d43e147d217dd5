// Manifests of checkpoints, in the frame that they have in a store: any text is read or refused; what is read names
// only files that a store may have, and is the same when it has been written and read once more.
#include "base/check.h"
#include "state/blob_store.h"
#include "state/manifest.h"
#include "state/state_file.h"

namespace laminar {
namespace {

void ReadAndWrite(std::string_view json) {
  const std::string file = SealStateFile(StateFileKind::kManifest, json);
  const auto payload = OpenStateFile("fuzz", file, StateFileKind::kManifest);
  CHECK(payload.ok());
  const auto manifest = Manifest::FromJson("fuzz", *payload);
  if (!manifest.ok()) {
    CHECK(manifest.status().kind() == StatusKind::kEnvironment && !manifest.status().message().empty());
    return;
  }
  for (const std::string& name : manifest->Files()) CHECK(BlobStore::IsName(name));
  CHECK(manifest->Bytes() >= 0);
  const std::string once = manifest->ToJson();
  const auto again = Manifest::FromJson("fuzz", once);
  CHECK(again.ok());
  CHECK(again->ToJson() == once);
  CHECK(again->Files() == manifest->Files());
}

}  // namespace
}  // namespace laminar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  laminar::ReadAndWrite({reinterpret_cast<const char*>(data), size});
  return 0;
}
