#include "server/connections/client_names.h"

#include <gmock/gmock.h>

namespace laminar::server {
namespace {

const std::vector<OptionSpec>& NamedSpecs() {
  static const std::vector<OptionSpec> kSpecs = {{.name = "connector"},
                                                 {.name = "format"},
                                                 {.name = "stream_name", .aliases = {"streamName"}},
                                                 {.name = "source.offset", .aliases = {"type.offset"}},
                                                 {.name = "bad_data.max_rate"},
                                                 {.name = "rows"}};
  return kSpecs;
}

ClientNames Names() {
  return {NamedSpecs(), {{"stream_name", "s"}, {"eventTim", "5"}}};
}

TEST(ClientNames, StandInTheTextForThoseOfSql) {
  const ClientNames names = Names();
  EXPECT_EQ(names.InText("source.offset is 'timestamp', and 'bad_data.max_rate' is not."),
            "type.offset is 'timestamp', and 'badData.maxRate' is not.");
  EXPECT_EQ(names.InText("unknown option 'event_tim'"), "unknown option 'eventTim'");
  EXPECT_EQ(names.InText("give stream_name."), "give stream_name.");  // as it was sent
  // Values, longer names, nothing.
  EXPECT_EQ(names.InText("'source.offset' = 'source.offset'"), "'type.offset' = 'source.offset'");
  EXPECT_EQ(names.InText("my_source.offset source.offset_2"), "my_source.offset source.offset_2");
  EXPECT_EQ(names.InText(""), "");
  EXPECT_EQ(names.InConfig("source.offset"), "type.offset");
  EXPECT_EQ(names.InConfig("no_such"), "no_such");
}

TEST(ClientNames, TellWhichFieldAProblemIsOf) {
  const auto field = [](const Status& problem) { return Names().Told(problem).code(); };
  EXPECT_EQ(field(Status::User("t needs the option 'source.offset'", "Add bad_data.max_rate")), "config.type.offset");
  EXPECT_EQ(field(Status::User("the place is not told", "Add source.offset = 'latest'")), "config.type.offset");
  EXPECT_EQ(field(Status::User("t needs the option 'rows'")), "config.rows");
  EXPECT_EQ(field(Status::User("there are rows without a format", "Give 'format' or 'connector'")), "");
  EXPECT_EQ(field(Status::User("source.offset").WithCode("schema.fields.0.name")), "schema.fields.0.name");
  const Status down = Names().Told(Status::Environment("source.offset cannot be asked"));
  EXPECT_EQ(Names().Told(Status::User("none", "Add stream_name = '...' to its WITH")).hint(),
            "Add stream_name = '...' to its config");
  EXPECT_EQ(down.kind(), StatusKind::kEnvironment);
  EXPECT_EQ(down.message(), "type.offset cannot be asked");
}

}  // namespace
}  // namespace laminar::server
