#include "client/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/display_text.h"

namespace laminar::client {
namespace {

using Align = TextTable::Align;

TEST(TextTable, ColumnsAreAligned) {
  TextTable table({{"NAME"}, {"ROWS", Align::kRight}, {"STATE"}});
  table.Add({"a", "1", "Running"});
  table.Add({"a longer name", "12,345", "Failed"});
  table.Add({"empty", "", ""});
  EXPECT_EQ(table.Render(),
            "NAME             ROWS  STATE\n"
            "a                   1  Running\n"
            "a longer name  12,345  Failed\n"
            "empty\n");
}

TEST(TextTable, ByWidthNotByBytes) {
  TextTable table({{"NAME"}, {"STATE"}});
  table.Add(
      {"\xC3\xBC"
       "ber",
       "x"});                                    // über
  table.Add({"\xE6\x97\xA5\xE6\x9C\xAC", "y"});  // two wide characters
  table.Add({"e\xCC\x81", "z"});                 // e and a combining accent
  table.Add({"\xF0\x9F\x9A\x80", "r"});          // a rocket
  EXPECT_EQ(table.Render(),
            "NAME  STATE\n"
            "\xC3\xBC"
            "ber  x\n"
            "\xE6\x97\xA5\xE6\x9C\xAC  y\n"
            "e\xCC\x81     z\n"
            "\xF0\x9F\x9A\x80    r\n");
}

TEST(TextTable, ColumnsWithoutAnyValueAreLeftOut) {
  TextTable table({{"NAME"}, {"PROBLEM"}, {"ID"}});
  table.Add({"a", "", "1"});
  EXPECT_EQ(table.Render(), "NAME  ID\na     1\n");
  EXPECT_EQ(TextTable({{"NAME"}, {"ID"}}).Render(), "NAME  ID\n") << "an empty table has its titles";
}

TEST(TextTable, TheLastColumnIsCutToTheTerminal) {
  TextTable table({{"NAME"}, {"PROBLEM"}});
  table.Add({"a", "something that is too long for the line"});
  EXPECT_EQ(table.Render({.width = 22}), "NAME  PROBLEM\na     something that \xE2\x80\xA6\n");
  EXPECT_EQ(table.Render({.width = 10}), "NAME  PROBLEM\na     something that is too long for the line\n")
      << "a terminal that is too narrow wraps";
}

TEST(TextTable, ColoursWhereTheyAreWanted) {
  TextTable table({{"STATE"}, {"NAME"}});
  table.Add({{"Failed", Colour::kBad}, "a"});
  EXPECT_EQ(table.Render(), "STATE   NAME\nFailed  a\n");
  EXPECT_EQ(table.Render({.colours = true}), "\x1b[2mSTATE\x1b[0m   \x1b[2mNAME\x1b[0m\n\x1b[31mFailed\x1b[0m  a\n");
}

TEST(TextTable, NothingThatATerminalActsOn) {
  TextTable table({{"NAME"}});
  table.Add(
      {"a\x1b[2Jb\nc\td\x7f\xC2\x9B"
       "e\xFF\xE2\x80\xAE"
       "f"});
  EXPECT_EQ(table.Render(),
            "NAME\na\xEF\xBF\xBD[2Jb c d\xEF\xBF\xBD\xEF\xBF\xBD"
            "e\xEF\xBF\xBD\xEF\xBF\xBD"
            "f\n");
}

TEST(RenderFields, OneBelowAnother) {
  EXPECT_EQ(RenderFields({{"name", "copy"}, {"none", ""}, {"state", "Running"}, {"query", "SELECT 1\n\nFROM t\n"}}),
            "name   copy\nstate  Running\nquery\n  SELECT 1\n\n  FROM t\n");
}

TEST(DisplayText, WidthAndCut) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("abcd", 3), "ab\xE2\x80\xA6");
  EXPECT_EQ(CutToWidth("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4), "\xE6\x97\xA5\xE2\x80\xA6");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

}  // namespace
}  // namespace laminar::client
