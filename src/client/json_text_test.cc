#include "client/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

namespace laminar::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(JsonText, MembersAsTheyAreWritten) {
  const std::string_view text =
      R"( {"n" : 123456789012345678901234567890.50, "a":[1, {"n":2}] , "s":"x,\"}\\","e":{} } )";
  EXPECT_EQ(MemberText(text, "n"), "123456789012345678901234567890.50");
  EXPECT_EQ(MemberText(text, "a"), R"([1, {"n":2}])");
  EXPECT_EQ(MemberText(text, "s"), R"("x,\"}\\")");
  EXPECT_EQ(MemberText(text, "e"), "{}");
  EXPECT_EQ(MemberText(text, "none"), "");
  EXPECT_EQ(MemberText("{}", "n"), "");
  EXPECT_EQ(MemberText("[1]", "n"), "");
  EXPECT_EQ(MemberText("", "n"), "");
}

TEST(JsonText, ElementsAsTheyAreWritten) {
  EXPECT_THAT(ElementTexts(R"([ 1.50 ,"a,b]", [2,3], {"x":[4]}, null ])"),
              ElementsAre("1.50", R"("a,b]")", "[2,3]", R"({"x":[4]})", "null"));
  EXPECT_THAT(ElementTexts("[]"), IsEmpty());
  EXPECT_THAT(ElementTexts("[ ]"), IsEmpty());
  EXPECT_THAT(ElementTexts("{}"), IsEmpty());
}

nlohmann::json AnyJson(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 5 : 3);
  if (kind == 0) return *rc::gen::arbitrary<int>();
  if (kind == 1) return *rc::gen::container<std::string>(rc::gen::elementOf(std::string("a\"\\,:{}[] \n")));
  if (kind == 2) return nullptr;
  nlohmann::json out = kind == 3 ? nlohmann::json::array() : nlohmann::json::object();
  for (int n = *rc::gen::inRange(0, 4); n > 0; n--) {
    if (kind == 3) {
      out.push_back(AnyJson(depth - 1));
    } else {
      out["k" + std::to_string(n)] = AnyJson(depth - 1);
    }
  }
  return out;
}

// What is cut out parses to the value that was there.
TEST(JsonText, PartsAreThoseOfTheParser) {
  EXPECT_TRUE(rc::check([] {
    const nlohmann::json whole = {{"array", nlohmann::json::array({AnyJson(3), AnyJson(2)})}, {"other", AnyJson(3)}};
    const std::string text = whole.dump(*rc::gen::elementOf(std::vector<int>{-1, 2}));
    RC_ASSERT(nlohmann::json::parse(MemberText(text, "other")) == whole["other"]);
    const auto elements = ElementTexts(MemberText(text, "array"));
    RC_ASSERT(elements.size() == 2U);
    for (size_t i = 0; i < 2; i++) RC_ASSERT(nlohmann::json::parse(elements[i]) == whole["array"][i]);
  }));
}

}  // namespace
}  // namespace laminar::client
