#include "connectors/kinesis/sink_options.h"

#include <algorithm>

#include "base/check.h"
#include "connectors/kinesis/hash_key.h"
#include "connectors/kinesis/key_columns.h"
#include "connectors/kinesis/partition_key.h"

namespace laminar::kinesis {

namespace {

// Key columns (key_columns.h) and what goes with them.
void CheckSinkMetadata(const TableSpec& table, std::vector<Status>* problems) {
  const OptionValues& options = table.options;
  for (const SinkMetadata& metadata : table.metadata) {
    const std::string subject =
        "table " + table.name + ": column " + metadata.column + " is METADATA FROM '" + metadata.name + "', ";
    const auto add = [&](const std::string& message, std::string hint) {
      problems->push_back(Status::User(subject + message, std::move(hint)).At(metadata.position));
    };
    if (table.format != nullptr && table.format->PacksRows(options)) {
      add("and this format puts many rows into a record",
          "Leave the column out, or choose a format with a record for each row");
    }
    if (metadata.name == "partition_key" && options.Has("sink.partition_key"))
      add("and sink.partition_key names columns for the same key", "Keep one of them");
    if (metadata.name == "explicit_hash_key" && options.String("sink.aggregation") == "kpl") {
      add("and with sink.aggregation = 'kpl' many rows share a record",
          "Leave the column out, or sink.aggregation; 'partition_key' goes with both");
    }
  }
}

}  // namespace

std::vector<OptionSpec> WithSinkOptions(std::vector<OptionSpec> specs) {
  const std::vector<OptionSpec> own = {
      {.name = "sink.delivery",
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "at_least_once",
       .choices = {"at_least_once", "exactly_once"},
       .help = "Whether a record may be written twice after a failure; exactly_once needs checkpoints and the right to "
               "read the stream, and rows appear after the next checkpoint",
       .example = "exactly_once"},
      {.name = "sink.fence_wait",
       .type = OptionType::kMillis,
       .use = OptionUse::kSink,
       .default_value = "60s",
       .min = 0,
       .max = 3'600'000,
       .help = "exactly_once: how long a request without an answer may still be on its way, before the stream is read "
               "back; 15 min is the longest that a request's signature is valid",
       .example = "15 min"},
      {.name = "sink.epoch_max_bytes",
       .type = OptionType::kBytes,
       .use = OptionUse::kSink,
       .default_value = "256MiB",
       .min = 1 << 20,
       .max = 64.0 * (1 << 30),
       .help =
           "exactly_once: a checkpoint is taken early when a worker holds this many bytes of rows for it, or half of "
           "what it may hold",
       .example = "64MiB"},
      {.name = "sink.partition_key",
       .use = OptionUse::kSink,
       .help = "The columns whose values make the partition key, with commas between them; rows of a key keep their "
               "order; without it every record gets a key of its own",
       .example = "customer_id, region"},
      {.name = "sink.aggregation",
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "none",
       .choices = {"none", "kpl"},
       .help =
           "Whether many rows share a record, in the format of the Kinesis Producer Library: fewer records and bytes "
           "to pay for; readers have to take them apart, as the Kinesis Client Library and this source do",
       .example = "kpl"},
      {.name = "sink.aggregation_max_bytes",
       .type = OptionType::kBytes,
       .use = OptionUse::kSink,
       .default_value = "50KiB",
       .min = 64,
       .max = 10 << 20,
       .help = "kpl: an aggregated record is no larger, nor larger than the stream takes; a larger row is a record of "
               "its own",
       .example = "1MiB"},
      {.name = "sink.aggregation_max_count",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "10000",
       .min = 1,
       .max = 1'000'000,
       .help = "kpl: how many rows an aggregated record has at most",
       .example = "500"},
      {.name = "sink.aggregation_key_groups",
       .type = OptionType::kInteger,
       .use = OptionUse::kSink,
       .default_value = "64",
       .min = 1,
       .max = kMostKeyGroups,
       .help = "kpl with sink.partition_key: into how many parts the keys are divided by their hash; those of a part "
               "share records, and a shard. Many parts spread evenly over the shards, few fill their records sooner",
       .example = "256"},
      {.name = "sink.oversize",
       .type = OptionType::kEnum,
       .use = OptionUse::kSink,
       .default_value = "fail",
       .choices = {"fail", "drop", "dead_letter"},
       .help = "What to do with a row that is larger than the stream takes: stop, drop and count it, or keep it in "
               "dead_letter.path or dead_letter.stream",
       .example = "dead_letter"},
      {.name = "dead_letter.path",
       .use = OptionUse::kSink,
       .help = "A file that such rows are added to, as lines of JSON with the row in base64",
       .example = "/var/lib/laminar/oversize.jsonl"},
      {.name = "dead_letter.stream",
       .use = OptionUse::kSink,
       .help = "A stream of the same account and region that such rows are written to as they are",
       .example = "orders-oversize"},
  };
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

void CheckSinkOptions(const TableSpec& table, std::vector<Status>* problems) {
  const OptionValues& options = table.options;
  const auto add = [&](std::string_view option, std::string message, std::string hint) {
    problems->push_back(
        Status::User("table " + table.name + ": " + std::move(message), std::move(hint)).At(options.position(option)));
  };
  if (options.String("sink.delivery") != "exactly_once") {
    for (const char* option : {"sink.fence_wait", "sink.epoch_max_bytes"}) {
      if (options.Written(option)) {
        add(option, std::string(option) + " is only for sink.delivery = 'exactly_once'",
            "Add sink.delivery = 'exactly_once', or leave it out");
      }
    }
  }
  if (options.String("sink.aggregation") != "kpl") {
    for (const char* option :
         {"sink.aggregation_max_bytes", "sink.aggregation_max_count", "sink.aggregation_key_groups"}) {
      if (options.Written(option)) {
        add(option, std::string(option) + " is only for sink.aggregation = 'kpl'",
            "Add sink.aggregation = 'kpl', or leave it out");
      }
    }
  } else if (options.Written("sink.aggregation_key_groups") && !options.Has("sink.partition_key") &&
             !KeyColumns(table).has_partition_key()) {
    add("sink.aggregation_key_groups", "sink.aggregation_key_groups is only for tables with partition keys",
        "Add sink.partition_key, or a column METADATA FROM 'partition_key', or leave it out: without keys all rows may "
        "share records");
  }
  // A table that gets its columns from a query has none before there is one.
  if (options.Has("sink.partition_key") && !table.schema.empty()) {
    auto columns = ParsePartitionKey(options.String("sink.partition_key"), table.schema);
    if (!columns.ok()) add("sink.partition_key", columns.status().message(), columns.status().hint());
  }
  if (options.Has("sink.partition_key") && table.format != nullptr && table.format->PacksRows(options)) {
    add("sink.partition_key", "sink.partition_key gives each row a key, and this format puts many rows into a record",
        "Leave it out, or choose a format with a record for each row");
  }
  CheckSinkMetadata(table, problems);
  const bool has_path = options.Has("dead_letter.path"), has_stream = options.Has("dead_letter.stream");
  if (options.String("sink.oversize") != "dead_letter") {
    for (const char* option : {"dead_letter.path", "dead_letter.stream"}) {
      if (options.Has(option)) {
        add(option, std::string(option) + " is only for sink.oversize = 'dead_letter'",
            "Add sink.oversize = 'dead_letter', or leave it out");
      }
    }
  } else if (has_path == has_stream) {
    add("sink.oversize",
        has_path ? "both dead_letter.path and dead_letter.stream are given"
                 : "sink.oversize = 'dead_letter' does not say where the rows go",
        has_path ? "Keep one of them" : "Add dead_letter.path or dead_letter.stream");
  } else if (has_stream && options.StringOr("stream_name", "") == options.String("dead_letter.stream")) {
    add("dead_letter.stream", "dead_letter.stream is the table's own stream, which does not take such rows",
        "Name another stream, with a larger maximum record size");
  }
}

SinkSettings ToSinkSettings(const TableSpec& table) {
  const OptionValues& options = table.options;
  SinkSettings settings;
  settings.batch.records = options.Integer("sink.records_per_batch");
  settings.batch.bytes = options.Integer("sink.batch_max_buffer_size");
  settings.batch.interval_micros = options.Integer("sink.batch_flush_interval_millis") * kMicrosPerMilli;
  settings.requests_in_flight = static_cast<int>(options.Integer("sink.requests_in_flight"));
  settings.exactly_once = options.String("sink.delivery") == "exactly_once";
  settings.fence_wait_micros = options.Integer("sink.fence_wait") * kMicrosPerMilli;
  settings.epoch_max_bytes = options.Integer("sink.epoch_max_bytes");
  if (options.Has("sink.partition_key")) {
    auto columns = ParsePartitionKey(options.String("sink.partition_key"), table.schema);
    CHECK_MSG(columns.ok(), columns.status().ToString().c_str());
    settings.partition_key = std::move(columns).value();
  }
  if (options.String("sink.aggregation") == "kpl") {
    settings.aggregation =
        AggregationLimits{.bytes = options.Integer("sink.aggregation_max_bytes"),
                          .rows = options.Integer("sink.aggregation_max_count"),
                          .key_groups = static_cast<uint32_t>(options.Integer("sink.aggregation_key_groups"))};
  }
  const std::string& oversize = options.String("sink.oversize");
  settings.oversize = oversize == "drop"          ? OversizePolicy::kDrop
                      : oversize == "dead_letter" ? OversizePolicy::kDeadLetter
                                                  : OversizePolicy::kFail;
  return settings;
}

Result<DeadLetters> MakeDeadLetters(const OptionValues& options, StreamOptions stream, KinesisApiFactory* factory,
                                    const FileAccess& files) {
  DeadLetters letters;
  if (options.String("sink.oversize") != "dead_letter") return letters;
  if (options.Has("dead_letter.path")) {
    ASSIGN_OR_RETURN(letters.file, OpenDeadLetterFile(options.String("dead_letter.path"), files));
    return letters;
  }
  // The account and region of a table that is named by its ARN are the ARN's.
  if (!stream.stream_arn.empty()) {
    stream.stream_arn.resize(stream.stream_arn.rfind('/') + 1);
    stream.stream_arn += options.String("dead_letter.stream");
  }
  stream.stream_name = stream.stream_arn.empty() ? options.String("dead_letter.stream") : "";
  ASSIGN_OR_RETURN(letters.stream, factory->Open(stream));
  return letters;
}

}  // namespace laminar::kinesis
