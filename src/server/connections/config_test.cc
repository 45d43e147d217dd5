#include "server/connections/config.h"

#include <gmock/gmock.h>

#include "formats/secrets.h"
#include "server/connections/option_names.h"
#include "server/connections/server_secrets.h"

namespace laminar::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<OptionSpec>& Specs() {
  static const std::vector<OptionSpec> kSpecs = {{.name = "stream_name", .aliases = {"streamName"}},
                                                 {.name = "sink.records_per_batch",
                                                  .type = OptionType::kInteger,
                                                  .aliases = {"type.recordsPerBatch", "recordsPerBatch"}},
                                                 {.name = "schema_registry.password", .secret = true},
                                                 {.name = "token", .secret = true}};
  return kSpecs;
}

TEST(OptionNames, BothWays) {
  EXPECT_EQ(NameInConfig(Specs()[0]), "streamName");
  EXPECT_EQ(NameInConfig(Specs()[1]), "type.recordsPerBatch");
  EXPECT_EQ(NameInConfig(Specs()[2]), "schemaRegistry.password");
  for (const OptionSpec& spec : Specs()) {
    EXPECT_EQ(NameInSql(NameInConfig(spec), Specs()), spec.name);
    EXPECT_EQ(NameInSql(spec.name, Specs()), spec.name);
  }
  EXPECT_EQ(NameInSql("RECORDSPERBATCH", Specs()), "sink.records_per_batch");
  EXPECT_EQ(NameInSql("eventTime.maxDelay", Specs()), "event_time.max_delay");
  EXPECT_EQ(FindSpec("", Specs()), nullptr);
}

TEST(Config, IsFlattened) {
  const auto flat = [](const char* text) {
    const auto options = FlattenConfig(json::parse(text));
    if (!options.ok()) return options.status().code() + ": " + options.status().message();
    std::string all;
    for (const ConfigOption& option : *options) all += option.name + "=" + option.value + " ";
    return all;
  };
  EXPECT_EQ(flat(R"({"a": "x", "type": {"n": 5, "deep": {"b": true, "f": 1.5}}, "none": {}})"),
            "a=x type.deep.b=true type.deep.f=1.5 type.n=5 ");
  EXPECT_EQ(flat("{}"), "");
  EXPECT_THAT(flat(R"({"type": {"list": [1]}})"), HasSubstr("config.type.list: type.list is neither a text"));
  EXPECT_THAT(flat(R"({"a": null})"), HasSubstr("config.a: "));
}

TEST(Config, HasTheUsualNames) {
  EXPECT_EQ(WithUsualNames(
                json::parse(R"({"stream_name": "s", "sink": {"records_per_batch": 5}, "schema_registry.password": null,
                                           "Token": {"set": true}, "other": {"x": 1}})"),
                Specs()),
            json::parse(R"({"streamName": "s", "type": {"recordsPerBatch": 5}, "schemaRegistry": {"password": null},
                            "token": {"set": true}, "other": {"x": 1}})"));
}

class ConfigSecrets : public ::testing::Test {
 protected:
  ConfigSecrets()
      : secrets_(MakeSecrets({[](const std::string& name) { return name + "'s value"; },
                              FileAccess::None("--secrets-dir"), "LAMINAR_"}),
                 SecretBox::ForThisProcess()) {}

  // The config as it is kept, or what is wrong with it.
  Result<json> Kept(const char* text, const json& before = json::object()) const {
    json config = json::parse(text);
    RETURN_IF_ERROR(KeepSecrets(
        Specs(),
        [&](std::string_view option, std::string_view value) { return secrets_.Keep("prof_1", option, value); }, before,
        &config));
    return config;
  }

  const ServerSecrets secrets_;
};

TEST_F(ConfigSecrets, AreSealedAndNeverShown) {
  const json kept =
      Kept(R"({"streamName": "s", "schemaRegistry": {"password": "hunter2"}, "token": "{{ env.TOKEN }}"})").value();
  EXPECT_THAT(kept.dump(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(kept["streamName"], "s");
  EXPECT_EQ(kept["token"], "{{ env.TOKEN }}");
  const json shown = WithoutSecrets(kept);
  EXPECT_EQ(
      shown,
      json::parse(R"({"streamName": "s", "schemaRegistry": {"password": {"set": true}}, "token": "{{ env.TOKEN }}"})"));
  EXPECT_EQ(secrets_.Reveal("schema_registry.password", kept["schemaRegistry"]["password"].get<std::string>()).value(),
            "hunter2");
  EXPECT_EQ(secrets_.Reveal("token", kept["token"].get<std::string>()).value(), "TOKEN's value");
  // Of another option, or owner, it is none.
  EXPECT_FALSE(secrets_.Reveal("token", kept["schemaRegistry"]["password"].get<std::string>()).ok());
  // What answers show stands for what was there.
  EXPECT_EQ(Kept(R"({"schema_registry.password": {"set": true}})", kept).value()["schema_registry.password"],
            kept["schemaRegistry"]["password"]);
  EXPECT_EQ(Kept(R"({"token": {"set": true}})").status().code(), "config.token");
  EXPECT_EQ(Kept(R"({"token": 12345})").value()["token"].get<std::string>().find("12345"), std::string::npos);
}

TEST_F(ConfigSecrets, MayNotBeAnyReference) {
  const auto refused = [&](const std::string& value) {
    const auto kept = Kept((R"({"token": ")" + value + R"("})").c_str());
    return kept.ok() ? "kept" : kept.status().code() + ": " + kept.status().message();
  };
  EXPECT_THAT(refused("{{ env.LAMINAR_SECRET_KEY }}"), HasSubstr("config.token: token names the environment variable"));
  EXPECT_THAT(refused("${LAMINAR_SECRET_KEY}"), HasSubstr("the server's own"));
  EXPECT_THAT(refused("{{ file.x }}"), HasSubstr("--secrets-dir"));
  EXPECT_THAT(refused("{{ something }}"), HasSubstr("is no reference"));
  const std::string sealed = Kept(R"({"token": "hunter2"})").value()["token"];
  EXPECT_THAT(refused(sealed), HasSubstr("sealed for a server"));
}

TEST(ServerSecrets, WithoutAKey) {
  const ServerSecrets secrets(
      MakeSecrets({[](const std::string&) { return ""; }, FileAccess::None("--secrets-dir"), ""}), std::nullopt);
  EXPECT_THAT(secrets.Keep("prof_1", "token", "hunter2").status().hint(), HasSubstr("--secret-key-file"));
  EXPECT_EQ(secrets.Keep("prof_1", "token", "{{ env.X }}").value(), "{{ env.X }}");
  // For a test none is needed.
  const std::string kept = secrets.KeepForNow("token", "hunter2").value();
  EXPECT_THAT(kept, Not(HasSubstr("hunter2")));
  EXPECT_EQ(secrets.Reveal("token", kept).value(), "hunter2");
  const SecretBox box = SecretBox::ForThisProcess();
  EXPECT_THAT(secrets.Reveal("token", SealedReference(box.Seal("prof_1", "token", "x"))).status().ToString(),
              HasSubstr("with the key " + box.key_id()));
  const ServerSecrets other(MakeSecrets({[](const std::string&) { return ""; }, FileAccess::None("--secrets-dir"), ""}),
                            SecretBox::ForThisProcess());
  EXPECT_THAT(other.Reveal("token", SealedReference(box.Seal("prof_1", "token", "x"))).status().message(),
              HasSubstr("encrypted with the key " + box.key_id() + ", and the server has the key " + other.key_id()));
  // A script has no secrets in clear.
  EXPECT_THAT(secrets.Check("token", "hunter2").message(), HasSubstr("stands in clear"));
  EXPECT_TRUE(secrets.Check("token", kept).ok());
  EXPECT_TRUE(secrets.Check("token", "{{ env.X }}").ok());
}

}  // namespace
}  // namespace laminar::server
