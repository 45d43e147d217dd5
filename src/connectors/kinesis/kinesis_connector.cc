#include "connectors/kinesis/kinesis_connector.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "connectors/kinesis/connection_probe.h"
#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/kinesis_source.h"
#include "connectors/kinesis/record_metadata.h"
#include "connectors/kinesis/resolve.h"
#include "connectors/kinesis/sink_options.h"
#include "connectors/kinesis/start_time.h"

namespace laminar::kinesis {

namespace {

// This machine's clock and the service's may differ a little.
constexpr int64_t kClockMarginMicros = 60 * kMicrosPerSecond;
constexpr std::string_view kArnForm = "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME";

const std::vector<OptionSpec>& KinesisOptions() {
  static const std::vector<OptionSpec> kOptions = WithSinkOptions({
      {.name = "stream_name",
       .help = "The stream's name; either this or stream_arn",
       .example = "production-events",
       .aliases = {"streamName"}},
      {.name = "stream_arn",
       .help = "The stream's ARN, for a stream of another account; either this or stream_name",
       .example = "arn:aws:kinesis:us-east-1:123456789012:stream/production-events",
       .aliases = {"streamArn"}},
      {.name = "aws_region",
       .help = "The stream's region; without it AWS_REGION, AWS_DEFAULT_REGION, the profile or the instance decides",
       .example = "us-east-1",
       .aliases = {"awsRegion"},
       .connection = true},
      {.name = "endpoint",
       .help = "URL of the service, for a local server or a VPC endpoint; without it AWS_ENDPOINT_URL_KINESIS, "
               "AWS_ENDPOINT_URL or AWS",
       .example = "http://127.0.0.1:4567",
       .connection = true},
      {.name = "aws_role_arn",
       .help = "A role to assume for this table's requests",
       .example = "arn:aws:iam::123456789012:role/stream-reader",
       .aliases = {"awsRoleArn"},
       .connection = true},
      {.name = "aws_external_id",
       .help = "The external id that the role's trust policy asks for",
       .example = "laminar-7f3a",
       .aliases = {"awsExternalId"},
       .connection = true},
      {.name = "aws_access_key_id",
       .help = "The access key of the user whose credentials are used instead of those that the default chain finds",
       .example = "{{ env.ORDERS_KEY_ID }}",
       .aliases = {"awsAccessKeyId"},
       .secret = true,
       .connection = true},
      {.name = "aws_secret_access_key",
       .help = "The secret of aws_access_key_id",
       .example = "{{ env.ORDERS_SECRET }}",
       .aliases = {"awsSecretAccessKey"},
       .secret = true,
       .connection = true},
      {.name = "aws_session_token",
       .help = "The session token that temporary keys have",
       .example = "{{ file.orders-token }}",
       .aliases = {"awsSessionToken"},
       .secret = true,
       .connection = true},
      {.name = "source.offset",
       .type = OptionType::kEnum,
       .use = OptionUse::kSource,
       .required = true,
       .choices = {"latest", "earliest", "timestamp"},
       .help = "Where reading begins: with the records put after the start, with the oldest that the stream holds, or "
               "at source.timestamp; a restart goes on where the last checkpoint stands",
       .example = "latest",
       .aliases = {"type.offset"}},
      {.name = "source.timestamp",
       .use = OptionUse::kSource,
       .help = "For source.offset = 'timestamp': reading begins with the first record that arrived then or later; a "
               "date and time (UTC without an offset), or an epoch",
       .example = "2026-01-31T12:00:00Z",
       .aliases = {"type.timestamp"}},
      {.name = "on_data_loss",
       .type = OptionType::kEnum,
       .use = OptionUse::kSource,
       .default_value = "fail",
       .choices = {"fail", "resume"},
       .help = "What to do when the stream's retention has or may have dropped records before they were read: stop "
               "with the bounds of the gap, or log and count it and go on with the oldest record that is left",
       .example = "resume"},
      {.name = "kpl.check_range",
       .type = OptionType::kBoolean,
       .use = OptionUse::kSource,
       .default_value = "true",
       .help = "Whether an aggregated record is dropped, and counted, when a record in it belongs to another shard, as "
               "the Kinesis Client Library does; false for aggregators that do not keep to the shards",
       .example = "false"},
      {.name = "sink.records_per_batch",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "500",
       .min = 1,
       .max = 500,
       .help = "A batch is sent when it holds this many records",
       .example = "250",
       .aliases = {"type.recordsPerBatch", "recordsPerBatch"}},
      {.name = "sink.batch_max_buffer_size",
       .type = OptionType::kBytes,
       .use = OptionUse::kSink,
       .default_value = "4000000",
       .min = 1,
       .max = 4'000'000,
       .help =
           "A batch is sent when it holds this many bytes of data and partition keys; a larger record travels alone",
       .example = "1000000",
       .aliases = {"type.batchMaxBufferSize", "batchMaxBufferSize"}},
      {.name = "sink.batch_flush_interval_millis",
       .type = OptionType::kMillis,
       .use = OptionUse::kSink,
       .default_value = "1000",
       .min = 0,
       .max = 3'600'000,
       .help = "A batch is sent when its oldest record has waited this many milliseconds",
       .example = "100",
       .aliases = {"type.batchFlushIntervalMillis", "batchFlushIntervalMillis"}},
      {.name = "sink.requests_in_flight",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "8",
       .min = 1,
       .max = 64,
       .help = "How many batches a worker may have sent without an answer",
       .example = "16"},
  });
  return kOptions;
}

// "arn:aws:kinesis:us-east-1:123456789012:stream/orders" -> region and name; empty views when it has another form.
struct ArnParts {
  std::string_view region, name;
};

ArnParts SplitStreamArn(std::string_view arn) {
  std::vector<std::string_view> parts;
  std::string_view rest = arn;
  while (parts.size() < 5) {
    const size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return {};
    parts.push_back(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  constexpr std::string_view kResource = "stream/";
  if (parts[0] != "arn" || !parts[1].starts_with("aws") || parts[2] != "kinesis" || parts[3].empty() ||
      !rest.starts_with(kResource))
    return {};
  const std::string_view name = rest.substr(kResource.size());
  return name.empty() || name.find('/') != std::string_view::npos ? ArnParts{} : ArnParts{parts[3], name};
}

bool IsStreamName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), allowed);
}

StreamOptions ToStreamOptions(const OptionValues& options) {
  StreamOptions stream{.stream_name = options.StringOr("stream_name", ""),
                       .stream_arn = options.StringOr("stream_arn", ""),
                       .region = options.StringOr("aws_region", ""),
                       .endpoint = options.StringOr("endpoint", ""),
                       .role_arn = options.StringOr("aws_role_arn", ""),
                       .external_id = options.StringOr("aws_external_id", "")};
  if (!options.Has("aws_access_key_id")) return stream;
  stream.keys = [options]() -> Result<aws::Credentials> {
    aws::Credentials keys;
    ASSIGN_OR_RETURN(keys.access_key_id, options.Revealed("aws_access_key_id"));
    ASSIGN_OR_RETURN(keys.secret_access_key, options.Revealed("aws_secret_access_key"));
    ASSIGN_OR_RETURN(keys.session_token, options.Revealed("aws_session_token"));
    return keys;
  };
  return stream;
}

// add(option, message, hint): a problem at that option.
template <class Add>
void CheckStart(const TableSpec& table, Add add) {
  const OptionValues& options = table.options;
  const bool by_time = options.StringOr("source.offset", "") == "timestamp";
  const bool has_time = options.Has("source.timestamp");
  if (by_time && !has_time) {
    add("source.offset", "source.offset is 'timestamp', and source.timestamp is not given",
        "Add 'source.timestamp' = '2026-01-31T12:00:00Z'");
  }
  if (!by_time && has_time) {
    add("source.timestamp", "source.timestamp is given, and source.offset is not 'timestamp'",
        "Set 'source.offset' = 'timestamp', or drop source.timestamp");
  }
  if (!has_time) return;
  const Result<int64_t> time = ParseStartTime(options.String("source.timestamp"));
  if (!time.ok()) add("source.timestamp", "source.timestamp: " + time.status().message(), time.status().hint());
}

class KinesisConnector final : public Connector {
 public:
  KinesisConnector(KinesisApiFactory* factory, FileAccess files) : factory_(factory), files_(std::move(files)) {}

  std::string name() const override { return "kinesis"; }
  std::string description() const override { return "Reads and writes streams of Amazon Kinesis Data Streams"; }
  const std::vector<OptionSpec>& options() const override { return KinesisOptions(); }
  std::vector<std::string> formats() const override { return {"json", "avro", "parquet", "csv", "raw", "raw_string"}; }
  std::vector<MetadataSpec> metadata() const override { return RecordMetadataSpecs(); }

  std::vector<WrittenOption> OptionsForStream(const OptionValues& table, const std::string& stream) const override {
    std::vector<WrittenOption> written;
    const std::string arn = table.StringOr("stream_arn", "");
    if (arn.empty()) {
      written.push_back({"stream_name", stream, {}});
    } else {
      written.push_back({"stream_arn", arn.substr(0, arn.rfind('/') + 1) + stream, {}});
    }
    for (const char* name : {"aws_region", "endpoint", "aws_role_arn", "aws_external_id", "aws_access_key_id",
                             "aws_secret_access_key", "aws_session_token"}) {
      if (table.Has(name)) written.push_back({name, table.String(name), {}});
    }
    return written;
  }
  bool is_source() const override { return true; }
  bool is_sink() const override { return true; }

  void Check(const TableSpec& table, OptionUse use, std::vector<Status>* problems) const override {
    const OptionValues& options = table.options;
    const auto add = [&](const char* option, std::string message, std::string hint) {
      problems->push_back(Status::User("table " + table.name + ": " + std::move(message), std::move(hint))
                              .At(options.position(option)));
    };
    const bool has_name = options.Has("stream_name");
    const bool has_arn = options.Has("stream_arn");
    if (!has_name && !has_arn) {
      add("stream_name", "the stream is not named", "Add stream_name = '...' or stream_arn = '...' to its WITH");
    }
    if (has_name && has_arn) {
      add("stream_arn", "both stream_name and stream_arn are given", "Keep one of them");
    }
    if (has_name && !IsStreamName(options.String("stream_name"))) {
      add("stream_name", "'" + options.String("stream_name") + "' cannot be the name of a stream",
          "A name has 1 to 128 letters, digits, '_', '.' and '-'; an ARN goes into stream_arn");
    }
    if (has_arn) {
      const std::string& arn = options.String("stream_arn");
      const ArnParts parts = SplitStreamArn(arn);
      if (parts.name.empty()) {
        add("stream_arn", "'" + arn + "' is not the ARN of a stream", "It looks like " + std::string(kArnForm));
      } else if (options.Has("aws_region") && options.String("aws_region") != parts.region) {
        add("aws_region",
            "aws_region is '" + options.String("aws_region") + "', and the stream's ARN says '" +
                std::string(parts.region) + "'",
            "Drop aws_region: the ARN names the region");
      }
    }
    if (options.Has("aws_region") && !IsRegionName(options.String("aws_region"))) {
      add("aws_region", "'" + options.String("aws_region") + "' is not the name of a region",
          "Write it like us-east-1");
    }
    if (options.Has("aws_external_id") && !options.Has("aws_role_arn")) {
      add("aws_external_id", "aws_external_id is given without aws_role_arn",
          "Add aws_role_arn: the id is sent when a role is assumed");
    }
    for (const auto& [name, other] : {std::pair("aws_access_key_id", "aws_secret_access_key"),
                                      std::pair("aws_secret_access_key", "aws_access_key_id"),
                                      std::pair("aws_session_token", "aws_access_key_id")}) {
      if (!options.Has(name) || options.Has(other)) continue;
      add(name, std::string(name) + " is given without " + other, std::string("Add ") + other + ": they go together");
    }
    CheckStart(table, add);
    if (options.Has("endpoint")) {
      const std::string& endpoint = options.String("endpoint");
      if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
        add("endpoint", "the endpoint '" + endpoint + "' is not a URL", "Write it as http://host:port or https://host");
      }
    }
    if (use == OptionUse::kSink) CheckSinkOptions(table, problems);
    if (use == OptionUse::kSink && options.Has("dead_letter.path")) {
      const Status allowed = files_.Check(options.String("dead_letter.path"));
      if (!allowed.ok()) add("dead_letter.path", allowed.message(), allowed.hint());
    }
  }

  void Test(const TableSpec& table, OptionUse use, ConnectionTest* test) const override {
    if (const Status status = table.options.CheckSecrets(); !status.ok()) return test->Failed("secrets", status);
    ConnectionProbe probe(factory_, test);
    if (use == OptionUse::kSink) return probe.TestSink(ToStreamOptions(table.options));
    const std::string& offset = table.options.String("source.offset");
    IteratorRequest begin;
    if (offset == "latest") begin.type = IteratorType::kLatest;
    if (offset == "timestamp") {
      const Result<int64_t> time = ParseStartTime(table.options.String("source.timestamp"));
      if (!time.ok()) return test->Failed("source.timestamp", time.status());
      begin.type = IteratorType::kAtTimestamp;
      begin.timestamp_micros = *time;
    }
    probe.TestSource(ToStreamOptions(table.options), begin);
  }

  void TestConnection(const OptionValues& options, ConnectionTest* test) const override {
    if (const Status status = options.CheckSecrets(); !status.ok()) return test->Failed("secrets", status);
    ConnectionProbe(factory_, test).TestService(ToStreamOptions(options));
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableSpec& table, const ConnectorContext& context) const override {
    const OptionValues& options = table.options;
    const std::string& offset = options.String("source.offset");
    SourceSettings settings;
    settings.offset = offset == "earliest" ? SourceOffset::kEarliest
                      : offset == "latest" ? SourceOffset::kLatest
                                           : SourceOffset::kTimestamp;
    if (settings.offset == SourceOffset::kTimestamp) {
      ASSIGN_OR_RETURN(settings.timestamp_micros, ParseStartTime(options.String("source.timestamp")));
      if (settings.timestamp_micros > context.clock->WallMicros() + kClockMarginMicros) {
        return Status::User("source.timestamp is in the future (" + FormatTime(settings.timestamp_micros) + ")",
                            "Name a time that has passed, or set source.offset = 'latest'")
            .At(options.position("source.timestamp"));
      }
    }
    settings.on_data_loss = options.String("on_data_loss") == "resume" ? OnDataLoss::kResume : OnDataLoss::kFail;
    settings.check_range = options.Boolean("kpl.check_range");
    ASSIGN_OR_RETURN(std::unique_ptr<KinesisApi> api, factory_->Open(ToStreamOptions(table.options)));
    return std::unique_ptr<Source>(std::make_unique<KinesisSource>(std::move(api), table, settings, context));
  }

  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(DeadLetters dead_letters,
                     MakeDeadLetters(table.options, ToStreamOptions(table.options), factory_, files_));
    ASSIGN_OR_RETURN(std::unique_ptr<KinesisApi> api, factory_->Open(ToStreamOptions(table.options)));
    return std::unique_ptr<Sink>(
        std::make_unique<KinesisSink>(std::move(api), table, ToSinkSettings(table), context, std::move(dead_letters)));
  }

 private:
  KinesisApiFactory* const factory_;
  const FileAccess files_;
};

}  // namespace

std::unique_ptr<Connector> MakeKinesisConnector(KinesisApiFactory* factory, FileAccess files) {
  return std::make_unique<KinesisConnector>(factory, std::move(files));
}

}  // namespace laminar::kinesis
