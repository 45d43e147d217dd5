#include "state/state_file.h"

#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"

namespace laminar {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr std::string_view kMagic{"\x89LAMSTA\n", 8};
constexpr size_t kVersionAt = 8, kKindAt = 12, kLengthAt = 16, kSumAt = 24, kHeader = 32;

template <class T>
T Read(std::string_view file, size_t at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof(T));
  return value;
}

uint64_t SumOf(std::string_view header, std::string_view payload) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, header.data(), kSumAt);
  XXH3_64bits_update(&state, payload.data(), payload.size());
  return XXH3_64bits_digest(&state);
}

}  // namespace

std::string SealStateFile(StateFileKind kind, std::string_view payload) {
  std::string file;
  file.reserve(kHeader + payload.size());
  file.append(kMagic);
  const auto append = [&file](auto value) { file.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  append(kStateFileVersion);
  append(static_cast<uint32_t>(kind));
  append(static_cast<uint64_t>(payload.size()));
  append(SumOf(file, payload));
  CHECK(file.size() == kHeader);
  return file.append(payload);
}

Result<std::string_view> OpenStateFile(const std::string& name, std::string_view file, StateFileKind kind) {
  const auto says = [&name](const std::string& what) {
    return Status::Environment(name + " " + what).WithCode(kCheckpointDamaged);
  };
  if (file.size() < kHeader) return says("is cut off: it has " + std::to_string(file.size()) + " bytes");
  if (file.substr(0, kMagic.size()) != kMagic)
    return says("is not a file of a checkpoint, or its first bytes are damaged");
  const auto length = Read<uint64_t>(file, kLengthAt);
  const std::string_view payload = file.substr(kHeader);
  if (payload.size() < length)
    return says("is cut off: it has " + std::to_string(payload.size()) + " of " + std::to_string(length) + " bytes");
  if (payload.size() > length || SumOf(file, payload) != Read<uint64_t>(file, kSumAt))
    return says("is damaged: its checksum is not that of its bytes");
  if (const auto version = Read<uint32_t>(file, kVersionAt); version > kStateFileVersion) {
    return Status::Environment(name + " has version " + std::to_string(version) +
                                   " of the format, and this Laminar reads up to " + std::to_string(kStateFileVersion),
                               "Run the version of Laminar that wrote it, or a later one");
  }
  if (Read<uint32_t>(file, kKindAt) != static_cast<uint32_t>(kind))
    return says("is a file of a checkpoint, but of another kind");
  return payload;
}

}  // namespace laminar
