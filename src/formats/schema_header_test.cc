#include "formats/schema_header.h"

#include <gmock/gmock.h>

namespace laminar {
namespace {

using ::testing::HasSubstr;

constexpr char kUuid[] = "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d11";

std::string Problem(RegistryKind kind, std::string_view record) {
  SchemaHeader header;
  const char* wrong = ReadSchemaHeader(kind, record, &header);
  return wrong == nullptr ? "" : wrong;
}

TEST(SchemaHeader, IsReadAsItIsWritten) {
  const std::string uuid = *SchemaIdOf(std::string_view(kUuid));
  for (const auto& [kind, id, size, shown] :
       {std::tuple{RegistryKind::kConfluent, SchemaIdOf(16909060), 5U, "16909060"},
        std::tuple{RegistryKind::kGlue, uuid, 18U, kUuid}}) {
    const std::string record = MakeSchemaHeader(id) + "datum";
    SchemaHeader header;
    ASSERT_EQ(ReadSchemaHeader(kind, record, &header), nullptr);
    EXPECT_EQ(header.size, size);
    EXPECT_EQ(header.id, id);
    EXPECT_EQ(DescribeSchemaId(header.id), shown);
  }
  EXPECT_EQ(MakeSchemaHeader(SchemaIdOf(16909060)), std::string("\0\1\2\3\4", 5));
  EXPECT_EQ(MakeSchemaHeader(uuid).substr(0, 4), std::string("\3\0\x9f\xc3", 4));
}

TEST(SchemaHeader, WhatIsNoneSaysWhatItMayBe) {
  const std::string glue = MakeSchemaHeader(*SchemaIdOf(std::string_view(kUuid)));
  const std::string confluent = MakeSchemaHeader(SchemaIdOf(1));
  EXPECT_THAT(Problem(RegistryKind::kConfluent, glue + "x"), HasSubstr("set schema_registry.type = 'glue'"));
  EXPECT_THAT(Problem(RegistryKind::kGlue, confluent + "x"), HasSubstr("leave schema_registry.type out"));
  for (const RegistryKind kind : {RegistryKind::kConfluent, RegistryKind::kGlue}) {
    EXPECT_THAT(Problem(kind, ""), HasSubstr("the record is empty"));
    EXPECT_THAT(Problem(kind, "{}"), HasSubstr("does not begin with the byte"));
  }
  EXPECT_THAT(Problem(RegistryKind::kGlue, glue.substr(0, 17)), HasSubstr("ends within the id"));
  EXPECT_THAT(Problem(RegistryKind::kConfluent, confluent.substr(0, 4)), HasSubstr("ends within the schema id"));
  EXPECT_EQ(Problem(RegistryKind::kGlue, glue), "");  // a datum may be empty
  std::string compressed = glue;
  compressed[1] = 4;
  EXPECT_THAT(Problem(RegistryKind::kGlue, compressed), HasSubstr("neither 0 (not) nor 5 (zlib)"));
  EXPECT_FALSE(IsZlibBehindHeader(compressed));
  SetZlibBehindHeader(true, compressed.data());
  EXPECT_TRUE(IsZlibBehindHeader(compressed));
  EXPECT_FALSE(IsZlibBehindHeader(compressed.substr(0, 17)));
}

TEST(SchemaHeader, OnlyAUuidIsOne) {
  EXPECT_EQ(SchemaIdOf(std::string_view("9FC3E0E5-7F0D-4B0A-A35C-6D1F4A3E9D11")), SchemaIdOf(std::string_view(kUuid)));
  for (const char* text : {"", "17", "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d1", "9fc3e0e57f0d-4b0a-a35c-6d1f4a3e9d11-",
                           "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d1g", "9fc3e0e5-7f0d-4b0a-a35c-6d1f4a3e9d111"})
    EXPECT_EQ(SchemaIdOf(std::string_view(text)), std::nullopt) << text;
}

}  // namespace
}  // namespace laminar
