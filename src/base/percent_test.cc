#include "base/percent.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace laminar {
namespace {

TEST(Percent, EncodesWhatIsReservedAndBack) {
  EXPECT_EQ(PercentEncode("aZ09-_.~/ +%\xC3\xA4"), "aZ09-_.~%2F%20%2B%25%C3%A4");
  EXPECT_EQ(PercentEncode("a b/c", Slash::kKept), "a%20b/c");
  EXPECT_EQ(PercentDecode("a+b%2Bc%2f%C3%A4", Plus::kIsSpace), "a b+c/\xC3\xA4");
  EXPECT_EQ(PercentDecode("a+b%2b", Plus::kIsPlus), "a+b+");
  for (const char* wrong : {"100%", "%2", "%zz%41"}) EXPECT_EQ(PercentDecode(wrong, Plus::kIsSpace), std::nullopt);
  EXPECT_TRUE(rc::check("decoding undoes encoding", [](const std::string& text) {
    RC_ASSERT(PercentDecode(PercentEncode(text), Plus::kIsSpace) == text);
  }));
}

}  // namespace
}  // namespace laminar
