// Positions of a stream in a checkpoint: any text is read or refused; what is read is the same when it has been written
// and read once more.
#include "base/check.h"
#include "connectors/kinesis/shard_position.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  const auto position = kinesis::ParseSourcePosition(std::string(reinterpret_cast<const char*>(data), size));
  if (!position.ok()) {
    CHECK(position.status().kind() == StatusKind::kEnvironment && !position.status().hint().empty());
    return 0;
  }
  const auto again = kinesis::ParseSourcePosition(kinesis::ToJson(*position));
  CHECK(again.ok() && *again == *position);
  return 0;
}
