#include "sql/table_options.h"

#include <algorithm>

#include "connectors/dead_letters.h"
#include "sql/definitions.h"

namespace laminar::sql {
namespace {

bool HasOptionOf(const Table& table, const std::string& prefix) {
  return std::any_of(table.options.begin(), table.options.end(), [&](const WrittenOption& option) {
    return duckdb::StringUtil::StartsWith(duckdb::StringUtil::Lower(option.name), prefix);
  });
}

// Where the dead letters of a source go: one place, if they go anywhere.
void CheckDeadLetters(const BoundTable& bound, Problems* problems) {
  const OptionValues& options = bound.spec.options;
  const auto add = [&](std::string_view option, const std::string& message, const std::string& hint) {
    Status problem = Status::User("table " + bound.spec.name + ": " + message, hint).At(options.position(option));
    problems->Add(std::move(problem).At(bound.position));
  };
  const bool has_path = options.Has("dead_letter.path"), has_stream = options.Has("dead_letter.stream");
  if (bound.spec.bad_data != BadDataPolicy::kDeadLetter) {
    for (const char* option : {"dead_letter.path", "dead_letter.stream"}) {
      if (options.Has(option))
        add(option, std::string(option) + " is only for bad_data = 'dead_letter'",
            "add bad_data = 'dead_letter', or leave it out");
    }
  } else if (has_path == has_stream) {
    add("bad_data",
        has_path ? "both dead_letter.path and dead_letter.stream are given"
                 : "bad_data = 'dead_letter' does not say where the records go",
        has_path ? "keep one of them" : "add dead_letter.path or dead_letter.stream");
  } else if (has_stream && options.StringOr("stream_name", "") == options.String("dead_letter.stream")) {
    add("dead_letter.stream", "dead_letter.stream is the stream that the table reads", "name another stream");
  }
  if (bound.spec.bad_data == BadDataPolicy::kFail && options.Has("bad_data.max_rate")) {
    add("bad_data.max_rate", "with bad_data = 'fail' the first such row stops the pipeline",
        "set bad_data to 'drop' or 'dead_letter', or leave bad_data.max_rate out");
  }
}

// table: what it has instead of one of the owners.
Status OfOthers(const WrittenOption& option, const std::vector<std::string>& owners, const std::string& table) {
  std::string all;
  for (size_t i = 0; i < owners.size(); i++) all += (i == 0 ? "" : i + 1 < owners.size() ? ", " : " and ") + owners[i];
  return Status::User("'" + option.name + "' is an option of " + all + ", and the table has " + table,
                      "remove it, or change the table's " + table.substr(0, table.find(' ')))
      .At(option.position);
}

}  // namespace

OptionValues ReadTableOptions(const Table& table, OptionUse use, const Registry& registry, std::vector<Status>* found) {
  const std::string format = "format '" + table.format_name + "'";
  const std::string connector = "connector '" + table.connector->name() + "'";
  std::vector<WrittenOption> own;
  for (const WrittenOption& option : table.options) {
    const std::vector<std::string> owners = registry.OwnersOf(option.name);
    const bool is_own = owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const std::string& owner) {
                          return owner == format || owner == connector;
                        });
    if (is_own) {
      own.push_back(option);
    } else {
      found->push_back(OfOthers(option, owners, owners.front().starts_with("format") ? format : connector));
    }
  }
  return ParseOptions(registry.AllOptions(*table.connector, table.format_name), own, use, "table " + table.name, found,
                      registry.secrets());
}

OptionUse UseOfTable(Table& table, Problems* problems) {
  const std::string& name = table.name;
  if (table.is_read && table.is_written && !table.declared_use) {
    problems->Add(table.offset, "table " + name + " is both read and written: a table is a source or a sink",
                  "define two tables, or leave out WITH (...) for a stream inside the script");
  }
  OptionUse use = OptionUse::kSource;
  if (table.declared_use) {
    use = *table.declared_use;
  } else if (table.is_written || (!table.is_read && (table.columns_from_query || HasOptionOf(table, "sink.")))) {
    use = OptionUse::kSink;
  } else if (table.connector && !table.is_read && !table.connector->is_source()) {
    use = OptionUse::kSink;
  }
  if (table.connector && use == OptionUse::kSource && !table.connector->is_source()) {
    problems->Add(table.offset,
                  "connector '" + table.connector->name() + "' cannot be read: table " + name + " must be a sink", "");
  } else if (table.connector && use == OptionUse::kSink && !table.connector->is_sink()) {
    problems->Add(table.offset,
                  "connector '" + table.connector->name() + "' cannot be written: table " + name + " must be a source",
                  "");
  }
  return use;
}

namespace {

// METADATA FROM. batch_index: where it stands among the columns of a sink's batches.
void AddMetadata(const TableColumn& column, OptionUse use, size_t batch_index, BoundTable* bound, Problems* problems) {
  const MetadataSpec& metadata = *column.metadata;
  const std::string name(metadata.name);
  if (metadata.use != OptionUse::kBoth && metadata.use != use) {
    problems->Add(column.offset,
                  "metadata '" + name + "' is for " + (use == OptionUse::kSource ? "sinks" : "sources") + ", and " +
                      bound->spec.name + " is a " + (use == OptionUse::kSink ? "sink" : "source"),
                  "remove the column, or write it as an ordinary one");
  }
  bound->metadata_columns.push_back({column.name, MakeType(column.type), false});
  bound->metadata.push_back(metadata);
  if (use == OptionUse::kSource) return;
  for (const SinkMetadata& other : bound->spec.metadata) {
    if (other.name != name) continue;
    problems->Add(column.offset, "two columns are the records' '" + name + "': " + other.column + " and " + column.name,
                  "keep one of them");
  }
  bound->spec.metadata.push_back({name, column.name, batch_index, problems->At(column.offset)});
}

// Whether what writes the rows can be made.
Status CheckEncoder(const BoundTable& bound) {
  const TableSpec& table = bound.spec;
  if (bound.connector->WritesFile()) {
    const auto file = table.format->MakeFileEncoder(table.schema, table.options);
    if (!file.ok() || *file != nullptr) return file.status();
  }
  return table.format->MakeEncoder(table.schema, table.options).status();
}

}  // namespace

BoundTable BindTable(Table& table, OptionUse use, const std::set<std::string>* used, const Registry& registry,
                     Problems* problems) {
  BoundTable bound;
  bound.connector = table.connector;
  bound.position = problems->At(table.offset);
  bound.spec.name = table.name;
  bound.spec.format = table.format;
  if (use == OptionUse::kSink && table.event_time) {
    problems->Add(table.event_time_offset, "a sink has no event time: " + table.name, "remove it");
  }
  Schema declared;
  for (const TableColumn& column : table.columns) {
    if (!column.generated && !column.metadata)
      declared.push_back({column.name, MakeType(column.type), column.not_null});
  }
  const size_t before = problems->size();
  if (table.connector) {
    std::vector<Status> found;
    bound.spec.options = ReadTableOptions(table, use, registry, &found);
    bound.spec.options.set_record_columns(declared.size());
    for (Status& problem : found) problems->Add(std::move(problem).At(bound.position));
  }
  const bool has_options = table.connector && problems->size() == before;
  const bool reads_all = has_options && table.format && table.format->ReadsAllColumns(bound.spec.options);
  uint32_t position = 0;
  for (const TableColumn& column : table.columns) {
    if (column.generated) {
      if (use == OptionUse::kSink)
        problems->Add(column.offset, "a sink has no generated columns: " + column.name,
                      "compute it in the INSERT's query");
      continue;
    }
    if (column.metadata) {
      if (use == OptionUse::kSource && used && !used->contains(column.name)) continue;
      AddMetadata(column, use, bound.spec.schema.size() + bound.spec.metadata.size(), &bound, problems);
      continue;
    }
    Column& next = declared[position];
    next.position = position++;
    if (use == OptionUse::kSource && used && !reads_all && !column.not_null && !used->contains(column.name)) continue;
    bound.spec.schema.push_back(next);
    bound.spec.column_expressions.push_back(column.made_by);
  }
  if (!has_options) return bound;
  const std::string bad_data = bound.spec.options.StringOr("bad_data", "fail");
  if (bad_data == "drop") bound.spec.bad_data = BadDataPolicy::kDrop;
  if (bad_data == "dead_letter") bound.spec.bad_data = BadDataPolicy::kDeadLetter;
  if (use == OptionUse::kSource) {
    CheckDeadLetters(bound, problems);
    EventTimeSettings& settings = table.settings;
    settings.max_delay_micros = bound.spec.options.Integer("event_time.max_delay") * 1000;
    if (table.watermark_delay_micros) settings.max_delay_micros = *table.watermark_delay_micros;
    settings.max_ahead_micros = bound.spec.options.Integer("event_time.max_ahead") * 1000;
    settings.max_skew_micros = bound.spec.options.Integer("event_time.max_skew") * 1000;
  }
  std::vector<Status> checked;
  table.connector->Check(bound.spec, use, &checked);
  if (table.format && !(table.columns_from_query && declared.empty()))
    table.format->Check(declared, bound.spec.options, use, &checked);
  for (Status& problem : checked) problems->Add(std::move(problem).At(bound.position));
  if (checked.empty() && table.format) {
    // Made for its problems: options of the format that do not fit the columns.
    Status problem = use == OptionUse::kSource
                         ? table.format->MakeDecoder(bound.spec.schema, bound.spec.options).status()
                         : CheckEncoder(bound);
    if (!problem.ok()) problems->Add(std::move(problem).At(bound.position).WithContext("table " + table.name));
  }
  return bound;
}

BoundTable DeadLetterSink(const BoundTable& source, const Registry& registry, Problems* problems) {
  const OptionValues& options = source.spec.options;
  const bool to_stream = options.Has("dead_letter.stream");
  BoundTable sink;
  sink.position = source.position;
  sink.connector = registry.FindConnector(to_stream ? "kinesis" : "single_file");
  CHECK_MSG(sink.connector != nullptr, "this build has no place for dead letters");
  std::vector<WrittenOption> written;
  if (to_stream) {
    written = sink.connector->OptionsForStream(options, options.String("dead_letter.stream"));
  } else {
    written = {{"path", options.String("dead_letter.path"), {}}, {"append", "true", {}}};
  }
  written.push_back({"connector", sink.connector->name(), {}});
  sink.spec.name = source.spec.name + ".dead_letter";
  sink.spec.schema = DeadLetterSchema();
  sink.spec.format = registry.FindFormat("json");
  CHECK_MSG(sink.spec.format != nullptr, "this build has no format for dead letters");
  std::vector<Status> found;
  sink.spec.options = ParseOptions(registry.AllOptions(*sink.connector, "json"), written, OptionUse::kSink,
                                   "table " + sink.spec.name, &found, registry.secrets());
  if (found.empty()) sink.connector->Check(sink.spec, OptionUse::kSink, &found);
  for (Status& problem : found) {
    problems->Add(
        Status::User("the dead letters of table " + source.spec.name + ": " + problem.message(), problem.hint())
            .At(source.position));
  }
  return sink;
}

}  // namespace laminar::sql
