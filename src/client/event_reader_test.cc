#include "client/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace laminar::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Read(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  EventReader reader([&](const Event& event) {
    events.push_back(event.name + "|" + event.data);
    return true;
  });
  for (const std::string& piece : pieces) EXPECT_TRUE(reader.Feed(piece));
  return events;
}

TEST(EventReader, Events) {
  EXPECT_THAT(Read({"event: line\ndata: {\"a\":1}\n\nevent: done\ndata: {}\n\n"}),
              ElementsAre("line|{\"a\":1}", "done|{}"));
  EXPECT_THAT(Read({"data: one\ndata:two\ndata:  three\n\n"}), ElementsAre("message|one\ntwo\n three"));
  EXPECT_THAT(Read({"data\n\n"}), ElementsAre("message|"));
  EXPECT_THAT(Read({":\n\n: comment\nid: 7\nretry: 10\nother: x\ndata: a:b\n\n"}), ElementsAre("message|a:b"));
  EXPECT_THAT(Read({"\xEF\xBB\xBF"
                    "data: a\n\n"}),
              ElementsAre("message|a"));
}

TEST(EventReader, LineEnds) {
  EXPECT_THAT(Read({"data: a\r\n\r\ndata: b\r\rdata: c\n\n"}), ElementsAre("message|a", "message|b", "message|c"));
  EXPECT_THAT(Read({"data: a\r", "\n", "\r", "\ndata: b\r\n\r\n"}), ElementsAre("message|a", "message|b"));
}

TEST(EventReader, WhatIsNoEventYet) {
  EXPECT_THAT(Read({"event: line\ndata: half\n"}), IsEmpty());
  EXPECT_THAT(Read({"event: nothing\n\ndata: a\n\n"}), ElementsAre("message|a")) << "a name alone is dropped";
}

TEST(EventReader, EndsWhenItsReaderHasEnough) {
  int seen = 0;
  EventReader reader([&](const Event&) { return ++seen < 2; });
  EXPECT_FALSE(reader.Feed("data: a\n\ndata: b\n\ndata: c\n\n"));
  EXPECT_FALSE(reader.Feed("data: d\n\n"));
  EXPECT_EQ(seen, 2);
}

TEST(EventReader, AnEventHasALargestSize) {
  EventReader reader([](const Event&) { return true; });
  const std::string line = "data: " + std::string(1 << 20, 'x') + "\n";
  bool goes_on = true;
  for (int i = 0; i < 20 && goes_on; i++) goes_on = reader.Feed(line);
  EXPECT_FALSE(goes_on);
  EXPECT_TRUE(reader.too_large());
}

TEST(EventReader, HoweverTheBytesAreCut) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("dat: evn\r\n\n:x")));
    const std::string bytes = "data: first\n\n" + text + "\n\ndata: last\n\n";
    std::vector<std::string> pieces;
    for (size_t at = 0; at < bytes.size();) {
      const auto size = *rc::gen::inRange<size_t>(1, 5);
      pieces.push_back(bytes.substr(at, size));
      at += size;
    }
    RC_ASSERT(Read(pieces) == Read({bytes}));
  }));
}

}  // namespace
}  // namespace laminar::client
