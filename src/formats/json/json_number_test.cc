#include "formats/json/json_number.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/random.h"

namespace laminar {
namespace {

// ScanShortNumber takes exactly what ScanNumber takes and is short, and finds the same in it.
void CompareScans(const std::string& text) {
  const std::string padded = text + ",777.7e77.7-7";  // what follows does not matter
  JsonNumber longer, shorter;
  const bool is_number =
      ScanNumber(padded.data(), NumberGrammar::kJson, &longer) && longer.end == padded.data() + text.size();
  const size_t characters = text.size() - (text[0] == '-');
  const bool is_short = is_number && characters <= 8 && text.find_first_of("eE") == std::string::npos;
  ASSERT_EQ(ScanShortNumber(padded.data(), text.size(), &shorter), is_short) << text;
  if (!is_short) return;
  EXPECT_EQ(shorter.mantissa, longer.mantissa) << text;
  EXPECT_EQ(shorter.exponent, longer.exponent) << text;
  EXPECT_EQ(shorter.negative, longer.negative) << text;
  EXPECT_EQ(shorter.long_digits, longer.long_digits) << text;
  EXPECT_EQ(shorter.begin, longer.begin) << text;
  EXPECT_EQ(shorter.end, longer.end) << text;
  double value;
  ASSERT_TRUE(ToDouble(shorter, &value));
  EXPECT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
}

TEST(JsonNumber, ShortNumbersAreScannedAlike) {
  for (const char* text :
       {"0",         "-0",        "7",        "-",         "--1",      "01",       "00",        "0.5",
        ".5",        "5.",        "-.5",      "-5.",       "-0.0",     "1.2.3",    "1..2",      "12345678",
        "123456789", "-12345678", "1234567.", "1234567.8", "123456.7", "0.123456", "0.1234567", "1e5",
        "1E5",       "9/",        ":",        "1:",        "1 ",       "\xFF",     "1\xB0",     "3\x80.5"}) {
    CompareScans(text);
  }
  for (int i = 0; i < 100'000; i += 7) {
    CompareScans(std::to_string(i));
    CompareScans(std::to_string(i / 100) + "." + std::to_string(i % 100));
  }
  static const char kCharacters[] = "0123456789012345678901234567890123456789..-+e/:\x80\xFF";
  Random random(3);
  for (int i = 0; i < 300'000; i++) {
    std::string text;
    for (uint64_t n = 1 + random.Uniform(10); n > 0; n--) text += kCharacters[random.Uniform(sizeof(kCharacters) - 1)];
    CompareScans(text);
  }
}

}  // namespace
}  // namespace laminar
