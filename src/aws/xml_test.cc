#include "aws/xml.h"

#include <gtest/gtest.h>

namespace laminar::aws {
namespace {

TEST(ParseXml, ElementsTextAndReferences) {
  const auto xml = ParseXml(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding='UTF-8'?>\n<!-- a > b -->\n<a:List xmlns:a=\"http://x/?a=1&amp;b\" "
      ">\n"
      "<Key>one &lt;&amp;&gt; &quot;&apos;&#65;&#x20AC;&#x1F600;</Key><Empty/><Empty2 a='\"'/>\n"
      "<Key><![CDATA[<two>&amp;]]></Key ><Deep>be<x>y</x>hind<?pi?></Deep></a:List>\n<!---->\n");
  ASSERT_TRUE(xml.ok()) << xml.status().ToString();
  EXPECT_EQ(xml->name, "a:List");
  ASSERT_EQ(xml->children.size(), 5U);
  EXPECT_EQ(xml->ChildText("Key"), "one <&> \"'A\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(xml->children[3].text, "<two>&amp;");
  EXPECT_EQ(xml->ChildText("Deep"), "behind");
  EXPECT_EQ(xml->ChildText("Empty"), "");
  EXPECT_EQ(xml->Child("y"), nullptr);
  EXPECT_EQ(xml->ChildText("x"), "");
  ASSERT_NE(xml->Find("x"), nullptr);
  EXPECT_EQ(xml->Find("x")->text, "y");
  EXPECT_EQ(xml->Find("a:List"), &*xml);
  EXPECT_EQ(xml->Find("z"), nullptr);
}

TEST(ParseXml, WhatIsNotWellFormedIsRefused) {
  for (const char* bad : {"",
                          "text",
                          "<",
                          "<a",
                          "<a>",
                          "<a></b>",
                          "<a/>x",
                          "<a/><b/>",
                          "<a><b></a></b>",
                          "</a>",
                          "<a b></a>",
                          "<a b=c></a>",
                          "<a b=\"c></a>",
                          "<a b=\"<\"/>",
                          "<ab=\"c\"/>",
                          "<a b=\"c\"d=\"e\"/>",
                          "<a>&none;</a>",
                          "<a>&</a>",
                          "<a>&#0;</a>",
                          "<a>&#xD800;</a>",
                          "<a>&#x110000;</a>",
                          "<a>&#;</a>",
                          "<a>&#99999999999;</a>",
                          "<!-- <a/>",
                          "<a><![CDATA[</a>",
                          "< a/>",
                          "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>"}) {
    EXPECT_FALSE(ParseXml(bad).ok()) << bad;
  }
}

TEST(ParseXml, DepthIsBounded) {
  const auto nested = [](int depth) {
    std::string xml;
    for (int i = 0; i < depth; ++i) xml += "<a>";
    for (int i = 0; i < depth; ++i) xml += "</a>";
    return xml;
  };
  EXPECT_TRUE(ParseXml(nested(XmlElement::kMostDepth)).ok());
  EXPECT_FALSE(ParseXml(nested(XmlElement::kMostDepth + 1)).ok());
  EXPECT_FALSE(ParseXml(nested(1'000'000)).ok());
}

}  // namespace
}  // namespace laminar::aws
