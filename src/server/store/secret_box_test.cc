#include "server/store/secret_box.h"

#include <gmock/gmock.h>

namespace laminar::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

TEST(SecretBox, KeysAreHexOrBase64) {
  const SecretBox box = SecretBox::Make(kHex, "the key").value();
  EXPECT_EQ(SecretBox::Make(" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "the key").value().key_id(),
            box.key_id());
  EXPECT_EQ(SecretBox::Make("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "the key").value().key_id(), box.key_id());
  EXPECT_NE(SecretBox::Make("00" + kHex.substr(2, 60) + "20", "the key").value().key_id(), box.key_id());
  for (const std::string& wrong : {std::string(), std::string("AAEC"), kHex + "20", kHex.substr(2),
                                   "g" + kHex.substr(1), std::string("a password that is long enough")}) {
    const Status status = SecretBox::Make(wrong, "--secret-key-file k").status();
    EXPECT_EQ(status.kind(), StatusKind::kUser) << wrong;
    EXPECT_THAT(status.message(), StartsWith("--secret-key-file k is no key"));
    if (wrong.size() > 10) {
      EXPECT_THAT(status.ToString(), Not(HasSubstr(wrong)));
    }
  }
}

TEST(SecretBox, OpensWhatItHasSealed) {
  const SecretBox box = SecretBox::Make(kHex, "the key").value();
  for (const std::string& secret :
       {std::string(), std::string("hunter2"), std::string(100'000, 'x'), std::string("\0\xff", 2)}) {
    const std::string sealed = box.Seal("prof_1", "db.password", secret);
    EXPECT_THAT(sealed, StartsWith(box.key_id() + ".prof_1."));
    EXPECT_EQ(box.Open("db.password", sealed).value(), secret);
    EXPECT_EQ(SecretBox::KeyOf(sealed), box.key_id());
    EXPECT_NE(box.Seal("prof_1", "db.password", secret), sealed);
    if (secret.size() > 2 && secret.size() < 100) {
      EXPECT_THAT(sealed, Not(HasSubstr(secret)));
    }
  }
}

TEST(SecretBox, WhatIsChangedOrMovedStaysShut) {
  const SecretBox box = SecretBox::Make(kHex, "the key").value(), other = SecretBox::ForThisProcess();
  const std::string sealed = box.Seal("prof_1", "db.password", "hunter2");
  const auto told = [](const SecretBox& with, const std::string& option, const std::string& text) {
    const auto opened = with.Open(option, text);
    return opened.ok() ? "opened: " + *opened : opened.status().ToString();
  };
  EXPECT_THAT(told(other, "db.password", sealed), AllOf(HasSubstr("encrypted with the key " + box.key_id() +
                                                                  ", and the server has the key " + other.key_id()),
                                                        HasSubstr("--secret-key-file")));
  EXPECT_THAT(told(box, "db.user", sealed), HasSubstr("is another option's"));
  std::string moved = sealed;
  moved.replace(moved.find("prof_1"), 6, "prof_2");
  EXPECT_THAT(told(box, "db.password", moved), HasSubstr("has been changed"));
  for (size_t i = sealed.rfind('.') + 1; i < sealed.size(); i++) {
    std::string changed = sealed;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_THAT(told(box, "db.password", changed), HasSubstr("has been changed")) << i;
  }
  for (const std::string& text : {std::string(), std::string("x"), box.key_id() + ".prof_1.",
                                  box.key_id() + ".prof_1.zz", sealed.substr(0, sealed.size() - 2), sealed + "00"})
    EXPECT_THAT(told(box, "db.password", text), HasSubstr("has been changed")) << text;
  EXPECT_EQ(SecretBox::KeyOf("nothing"), "");
}

}  // namespace
}  // namespace laminar::server
