// Connectors that only have options: scripts compile against them without network.
#pragma once

#include <memory>

#include "connectors/registry.h"

namespace laminar::sql {

class TestConnector final : public Connector {
 public:
  TestConnector(std::string name, std::vector<OptionSpec> options, std::vector<std::string> formats, bool source,
                bool sink)
      : name_(std::move(name)),
        options_(std::move(options)),
        formats_(std::move(formats)),
        source_(source),
        sink_(sink) {}
  std::string name() const override { return name_; }
  std::string description() const override { return "for tests of the compiler"; }
  const std::vector<OptionSpec>& options() const override { return options_; }
  std::vector<std::string> formats() const override { return formats_; }
  std::vector<MetadataSpec> metadata() const override {
    if (name_ != "kinesis") return {};
    return {{"partition_key", "VARCHAR", OptionUse::kBoth, "the key"},
            {"explicit_hash_key", "VARCHAR", OptionUse::kBoth, "the hash key"},
            {"shard_id", "VARCHAR", OptionUse::kSource, "the shard"}};
  }
  bool is_source() const override { return source_; }
  bool is_sink() const override { return sink_; }
  bool IsBounded(const TableSpec& table) const override { return name_ == "generator" && table.options.Has("rows"); }

 private:
  const std::string name_;
  const std::vector<OptionSpec> options_;
  const std::vector<std::string> formats_;
  const bool source_, sink_;
};

class TestFormat final : public Format {
 public:
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Decoder>();  // nothing is run
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>();
  }
};

// kinesis (as on the user's page), stdout, blackhole (sink only), generator (source only, makes its own rows).
inline std::unique_ptr<Registry> MakeTestRegistry() {
  auto registry = std::make_unique<Registry>();
  std::vector<OptionSpec> kinesis = {
      {.name = "stream_name", .required = true, .aliases = {"streamName"}},
      {.name = "aws_region", .aliases = {"awsRegion"}},
      {.name = "source.offset",
       .type = OptionType::kEnum,
       .use = OptionUse::kSource,
       .default_value = "latest",
       .choices = {"latest", "earliest"}},
      {.name = "sink.records_per_batch",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "500",
       .min = 1,
       .max = 500},
      {.name = "sink.batch_flush_interval_millis",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "1000",
       .min = 1,
       .max = 60000},
  };
  const std::vector<std::string> json = {"json"};
  registry->Add(std::make_unique<TestConnector>("kinesis", std::move(kinesis), json, true, true));
  registry->Add(std::make_unique<TestConnector>("stdout", std::vector<OptionSpec>{}, json, false, true));
  registry->Add(std::make_unique<TestConnector>("blackhole", std::vector<OptionSpec>{}, json, false, true));
  registry->Add(std::make_unique<TestConnector>("generator",
                                                std::vector<OptionSpec>{{.name = "rows", .type = OptionType::kInteger}},
                                                std::vector<std::string>{}, true, false));
  registry->AddFormat("json", std::make_unique<TestFormat>(),
                      {{.name = "json.timestamp_format",
                        .type = OptionType::kEnum,
                        .default_value = "rfc3339",
                        .choices = {"rfc3339", "sql"}}});
  return registry;
}

}  // namespace laminar::sql
