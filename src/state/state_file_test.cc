#include "state/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace laminar {
namespace {

using ::testing::HasSubstr;

Result<std::string_view> Open(std::string_view file) {
  return OpenStateFile("/d/state-1", file, StateFileKind::kState);
}

TEST(StateFile, ThePayloadComesBack) {
  for (const size_t size : {0, 1, 31, 32, 100'000}) {
    const std::string payload(size, 'p');
    const std::string file = SealStateFile(StateFileKind::kState, payload);
    EXPECT_EQ(file.size(), 32 + size);
    EXPECT_EQ(Open(file).value(), payload);
  }
}

// Files of this version are in directories of users.
TEST(StateFile, TheBytesOfVersion1) {
  const std::string file = SealStateFile(StateFileKind::kState, "abc");
  const std::string begin("\x89LAMSTA\n\1\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0", 24);
  EXPECT_EQ(file.substr(0, 24), begin);
  uint64_t sum = 0;
  memcpy(&sum, file.data() + 24, sizeof(sum));
  EXPECT_EQ(sum, XXH3_64bits((begin + "abc").data(), 27));
  EXPECT_EQ(file.substr(32), "abc");
}

TEST(StateFile, AnyChangedByteIsFound) {
  const std::string file = SealStateFile(StateFileKind::kState, "the state of an operator");
  for (size_t at = 0; at < file.size(); at++) {
    for (int bit = 0; bit < 8; bit++) {
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_FALSE(Open(changed).ok()) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(StateFile, AnyOtherLengthIsFound) {
  const std::string file = SealStateFile(StateFileKind::kState, "the state of an operator");
  for (size_t length = 0; length < file.size(); length++) EXPECT_FALSE(Open(file.substr(0, length)).ok()) << length;
  EXPECT_FALSE(Open(file + '\0').ok());
}

TEST(StateFile, MessagesSayWhatIsWrong) {
  const std::string file = SealStateFile(StateFileKind::kState, "payload");
  EXPECT_EQ(Open("").status().message(), "/d/state-1 is cut off: it has 0 bytes");
  EXPECT_EQ(Open(file.substr(0, 35)).status().message(), "/d/state-1 is cut off: it has 3 of 7 bytes");
  EXPECT_THAT(Open(std::string(40, 'x')).status().message(), HasSubstr("is not a file of a checkpoint"));
  EXPECT_THAT(Open(file.substr(0, 38) + 'x').status().message(), HasSubstr("is damaged"));
  const auto other = OpenStateFile("m", file, StateFileKind::kManifest);
  EXPECT_EQ(other.status().message(), "m is a file of a checkpoint, but of another kind");
}

TEST(StateFile, ALaterVersionIsNotTakenForDamage) {
  std::string file = SealStateFile(StateFileKind::kState, "payload");
  file[8] = 2;
  const std::string summed = file.substr(0, 24) + file.substr(32);
  const uint64_t sum = XXH3_64bits(summed.data(), summed.size());
  memcpy(file.data() + 24, &sum, sizeof(sum));
  const Status status = Open(file).status();
  EXPECT_EQ(status.message(), "/d/state-1 has version 2 of the format, and this Laminar reads up to 1");
  EXPECT_THAT(status.hint(), HasSubstr("or a later one"));
}

}  // namespace
}  // namespace laminar
