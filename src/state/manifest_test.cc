#include "state/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laminar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Manifest Sample() {
  Manifest manifest;
  manifest.checkpoint = 7;
  manifest.pipeline = "p";
  manifest.state_id = "a1";
  manifest.instance = "b2";
  manifest.version = "0.1.0";
  manifest.taken_micros = 1'767'225'600'000'000;
  manifest.parallelism = 2;
  manifest.sources["orders"] = {"{}", std::nullopt, 5};
  manifest.operators["0"] = {"TUMBLE", -1, {{1, "groups", "state-7-b2-1", 12}}};
  manifest.writers["out"] = {{"", {}}, {"{}", {{1, "", "state-7-b2-2", 30}}}};
  return manifest;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Manifest, ComesBackFromItsText) {
  const auto parsed = Manifest::FromJson("m", Sample().ToJson());
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(parsed->ToJson(), Sample().ToJson());
  EXPECT_THAT(parsed->Files(), ElementsAre("state-7-b2-1", "state-7-b2-2"));
  EXPECT_EQ(parsed->Bytes(), 42);
  EXPECT_EQ(parsed->sources.at("orders").watermark_micros, std::nullopt);
  EXPECT_EQ(parsed->operators.at("0").watermark_micros, -1);
}

TEST(Manifest, OtherTextIsRefused) {
  const std::string good = Sample().ToJson();
  const std::string bad[] = {"",
                             "null",
                             "{}",
                             good + "x",
                             Replaced(good, "\"checkpoint\": 7", "\"checkpoint\": 1e300"),
                             Replaced(good, "\"checkpoint\": 7", "\"checkpoint\": true"),
                             Replaced(good, "\"checkpoint\": 7", "\"checkpoint\": 9223372036854775808"),
                             Replaced(good, "\"lag_micros\": 5", "\"lag_micros\": 5.5"),
                             Replaced(good, "\"parallelism\": 2", "\"parallelism\": 0"),
                             Replaced(good, "\"parallelism\": 2", "\"parallelism\": 4294967298"),
                             Replaced(good, "\"worker\": 1", "\"worker\": -1"),
                             Replaced(good, "\"bytes\": 12", "\"bytes\": -12"),
                             Replaced(good, "\"bytes\": 12", "\"bytes\": 9223372036854775807"),
                             Replaced(good, "state-7-b2-1", "../secret"),
                             Replaced(good, "\"parts\": []", "\"parts\": null"),
                             Replaced(good, "\"parts\": []", "\"parts\": {}")};
  for (const std::string& text : bad) {
    const auto parsed = Manifest::FromJson("m.ckpt", text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().kind(), StatusKind::kEnvironment);
    EXPECT_THAT(parsed.status().message(), HasSubstr("m.ckpt"));
  }
}

}  // namespace
}  // namespace laminar
