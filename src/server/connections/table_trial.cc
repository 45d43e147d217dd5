#include "server/connections/table_trial.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/cut_text.h"
#include "base/random.h"
#include "base/units.h"
#include "duck/memory_files.h"
#include "infer/statement.h"
#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

constexpr int64_t kDecodeMicros = 2 * kMicrosPerSecond;  // of the test's time, kept for decoding
constexpr const char* kRawFormat = "raw_string";
constexpr int64_t kInferMemory = 256 << 20;
constexpr size_t kMostTextBytes = 2'000;  // of a value that is shown

void CutTexts(json* value) {
  if (value->is_string()) {
    std::string& text = value->get_ref<std::string&>();
    if (text.size() > kMostTextBytes) text = CutText(text, kMostTextBytes);
  }
  if (!value->is_structured()) return;
  for (json& member : *value) CutTexts(&member);
}

void TestOne(const sql::BoundTable& table, OptionUse use, const std::string& prefix, ConnectionTest* test) {
  const size_t before = test->checks.size();
  table.connector->Test(table.spec, use, test);
  for (size_t i = before; i < test->checks.size(); i++) test->checks[i].name.insert(0, prefix);
}

// What the sample's rows say. policy: of the table, for those that cannot be read.
void TellRows(const infer::SampleRows& rows, BadDataPolicy policy, ConnectionTest* test) {
  const std::string count = FormatCount(rows.row_count) + (rows.row_count == 1 ? " row" : " rows");
  if (rows.bad_count > 0) {
    const infer::BadSampleRow& first = rows.bad.front();
    std::string message =
        FormatCount(rows.bad_count) + " of " + FormatCount(rows.row_count + rows.bad_count) + " cannot be read";
    const std::string reason = ", the first: " + first.place + ": " +
                               (first.column.empty() ? "" : "column " + first.column + ": ") + first.reason;
    const bool is_one = rows.bad_count == 1;
    if (policy == BadDataPolicy::kFail) {
      test->Failed(
          "decoding",
          Status::User(message + reason, "Correct the format or the columns, or set bad_data to drop or dead_letter"));
    } else if (rows.row_count == 0) {
      test->Failed("decoding", Status::User(message + reason, "Correct the format or the columns"));
    } else {
      message += policy == BadDataPolicy::kDrop ? (is_one ? " and is dropped" : " and are dropped")
                                                : (is_one ? " and becomes a dead letter" : " and become dead letters");
      test->Ok("decoding", message + reason);
    }
  } else if (rows.row_count > 0) {
    test->Ok("decoding", "all of " + count + " could be read");
  }
  if (!rows.is_complete) test->Skipped("decoding", "the time was up after " + count);
}

infer::SampleTable SampleTableOf(const sql::BoundTable& table) {
  return {table.spec, table.metadata_columns, table.metadata};
}

Status FirstFailure(const ConnectionTest& test) {
  for (const ConnectionCheck& check : test.checks) {
    if (check.outcome == ConnectionCheck::Outcome::kFailed)
      return Status::User("the records cannot be read: " + check.name + ": " + check.message, check.hint);
  }
  return Status::Ok();
}

constexpr const char* kInferred[] = {"json", "csv", "parquet", "avro"};

// The table, reading its records as they are: what its format would make of them is not asked, and its options that
// speak of columns are left out.
Result<json> AsRawTable(const json& body, const Registry& registry) {
  const Connector* const connector = ConnectorOf(body, registry);
  if (connector == nullptr) return NoConnector(body.at("connector"), registry);
  const std::vector<std::string> formats = connector->formats();
  if (std::find(formats.begin(), formats.end(), kRawFormat) == formats.end()) {
    return Status::User("connector " + connector->name() + " makes its rows itself: there is nothing to infer",
                        "Infer the schema of a stream or a file")
        .WithCode("connector");
  }
  json raw = body;
  raw["format"] = kRawFormat;
  raw["table_type"] = UseOf(body);
  raw["schema"] = json::object();
  raw["schema"]["fields"] = json::array({json::object({{"name", "value"}, {"data_type", "TEXT"}})});
  for (const char* field : {"event_time_field", "watermark_delay"}) raw.erase(field);
  ASSIGN_OR_RETURN(const std::vector<ConfigOption> options, FlattenConfig(body.at("config")));
  const std::vector<OptionSpec> known = registry.AllOptions(*connector, kRawFormat);
  json config = json::object();
  for (const ConfigOption& option : options) {
    const std::string name = NameInSql(option.name, known);
    const bool is_known = FindSpec(option.name, known) != nullptr;
    const bool is_of_format = !is_known && !registry.OwnersOf(name).empty();
    if (!is_of_format && name != "compression" && !name.starts_with("event_time")) config[option.name] = option.value;
  }
  raw["config"] = std::move(config);
  return raw;
}

}  // namespace

Result<TestedTable> FindTested(const json& sent, const ConnectionWorld& world) {
  TestedTable tested;
  if (sent.contains("id")) {
    const std::string id = sent["id"];
    ASSIGN_OR_RETURN(const auto found, world.tables->Find(id));
    if (!found) return Status::User("there is no connection table " + id).WithCode("id");
    tested.body = json::parse(found->definition);
  } else {
    tested.body = sent;
    for (const char* field : {"connector", "config"}) {
      if (!sent.contains(field))
        return Status::User(std::string(field) + " is missing", "Send a table, or the id of one that is there")
            .WithCode(field);
    }
    if (!sent.contains("name")) tested.body["name"] = "tested";
    RETURN_IF_ERROR(KeepSecrets(
        SpecsOf(tested.body, *world.registry),
        [&](std::string_view option, std::string_view value) { return world.secrets->KeepForNow(option, value); },
        json::object(), &tested.body["config"]));
  }
  ASSIGN_OR_RETURN(tested.profile, ProfileConfigOf(tested.body, world));
  return tested;
}

Result<TableTest> TestTable(const TestedTable& table, const TestLimits& limits, const ConnectionWorld& world) {
  const std::unique_ptr<DuckSession> session = world.duck->NewSession();
  ASSIGN_OR_RETURN(const CompiledTable compiled,
                   CompileTable(table.body, table.profile, *world.registry, session.get()));
  TestLimits of_connection = limits;
  of_connection.deadline_micros -= kDecodeMicros;
  TableTest test{ConnectionTest(world.clock, of_connection), {}, {}};
  if (compiled.script == nullptr) {
    test.found.Skipped("connection", "it is tried when the sink has a schema with columns that may be NULL");
    return test;
  }
  const sql::CompiledScript& script = *compiled.script;
  if (!compiled.is_source) {
    TestOne(script.sinks.at(compiled.name), OptionUse::kSink, "", &test.found);
    return test;
  }
  const sql::BoundTable& source = script.sources.at(compiled.name);
  test.columns = source.spec.schema;
  TestOne(source, OptionUse::kSource, "", &test.found);
  const infer::SampleLimits rows{.rows = limits.records, .deadline_micros = limits.deadline_micros};
  Result<infer::SampleRows> read = infer::SampleRows{};
  if (source.spec.format == nullptr) {
    Random random(0);  // for connectors that draw lots among servers; none does without a format
    read = infer::ReadFirstRows(*world.registry, *source.connector, source.spec, *world.clock, &random, rows);
  } else if (!test.found.samples.empty()) {
    read = infer::ReadSample(*world.registry, SampleTableOf(source), test.found.samples, *world.clock, rows);
  } else {
    read = Status::Cancelled();  // there is nothing to read, which has been told
  }
  if (read.ok()) {
    TellRows(*read, source.spec.bad_data, &test.found);
    test.rows = std::move(*read);
  } else if (read.status().kind() != StatusKind::kCancelled) {
    test.found.Failed("decoding", read.status());
  }
  if (const auto letters = script.dead_letters.find(compiled.name); letters != script.dead_letters.end())
    TestOne(script.sinks.at(letters->second), OptionUse::kSink, "dead letters: ", &test.found);
  return test;
}

Result<infer::InferredTable> InferColumns(const std::vector<SampledRecords>& samples, const std::string& format,
                                          size_t most_rows, const ConnectionWorld& world) {
  if (!format.empty() && std::find(std::begin(kInferred), std::end(kInferred), format) == std::end(kInferred)) {
    return Status::User("columns cannot be told from records of format " + format,
                        "Leave it out, or name json, csv, parquet or avro")
        .WithCode("format");
  }
  infer::Sample sample;
  std::vector<std::string> places;
  for (const SampledRecords& part : samples) {
    for (size_t i = 0; i < part.records.size(); i++) {
      const RecordView record = part.records[i];
      const bool is_file = !part.file.empty();
      sample.records.push_back(is_file && part.is_cut ? infer::WholeLines(record, record.size()) : record);
      sample.is_file = sample.is_file || is_file;
      places.push_back(is_file ? part.file : part.origins->Position(static_cast<uint32_t>(i)).ToString());
    }
  }
  if (sample.records.empty()) {
    return Status::User("there are no records that columns could be told from",
                        "Put some, or choose another offset: earliest begins with the oldest");
  }
  sample.place = [&places](size_t record) { return places[record]; };
  sample.most_rows = most_rows;
  ASSIGN_OR_RETURN(const std::shared_ptr<MemoryFiles> files, MemoryFiles::Open(kInferMemory));
  Result<infer::InferredTable> found =
      infer::InferTable(*world.registry, files.get(), sample, {format, /*drops_bad=*/true});
  if (found.ok() || found.status().kind() != StatusKind::kUser) return found;
  // Its hints are of the command line.
  return Status::User(found.status().message(), "Name the format, or see whether the records are what they should be");
}

Result<InferredSchema> InferSchema(const TestedTable& table, const TestLimits& limits, const ConnectionWorld& world,
                                   std::vector<ConnectionCheck>* failed) {
  ASSIGN_OR_RETURN(const json raw, AsRawTable(table.body, *world.registry));
  const std::unique_ptr<DuckSession> session = world.duck->NewSession();
  ASSIGN_OR_RETURN(const CompiledTable compiled, CompileTable(raw, table.profile, *world.registry, session.get()));
  if (compiled.script == nullptr) return Status::Bug("a source of one text cannot be planned");
  const sql::BoundTable& source = compiled.script->sources.at(compiled.name);
  TestLimits of_connection = limits;
  of_connection.deadline_micros -= kDecodeMicros;
  ConnectionTest test(world.clock, of_connection);
  source.connector->Test(source.spec, OptionUse::kSource, &test);
  if (const Status status = FirstFailure(test); !status.ok()) {
    *failed = std::move(test.checks);
    return status;
  }
  InferredSchema inferred;
  ASSIGN_OR_RETURN(inferred.table, InferColumns(test.samples, table.body.value("format", ""), limits.records, world));
  infer::StatementParts parts;
  parts.table = table.body.at("name");
  parts.heading = "by a sample";
  ASSIGN_OR_RETURN(const std::vector<WrittenOption> options, OptionsOf(raw, table.profile, *world.registry));
  for (const WrittenOption& option : options) {
    const bool is_sealed = WithoutSecrets(option.value) != json(option.value);
    inferred.lacks_secrets = inferred.lacks_secrets || is_sealed;
    if (option.name != "format" && !is_sealed) parts.where.emplace_back(option.name, option.value);
  }
  inferred.statement = infer::CreateTable(inferred.table, parts);
  return inferred;
}

json ToJson(const std::vector<ConnectionCheck>& checks) {
  json list = json::array();
  constexpr const char* kOutcomes[] = {"ok", "failed", "skipped"};
  for (const ConnectionCheck& check : checks) {
    list.push_back({{"name", check.name},
                    {"status", kOutcomes[static_cast<size_t>(check.outcome)]},
                    {"message", check.message},
                    {"hint", check.hint}});
  }
  return list;
}

json ToJson(const std::vector<std::string>& rows) {
  json list = json::array();
  for (const std::string& row : rows) {
    json parsed = json::parse(row, nullptr, /*allow_exceptions=*/false);
    CutTexts(&parsed);
    list.push_back(parsed.is_discarded() ? json(CutText(row, kMostTextBytes)) : std::move(parsed));
  }
  return list;
}

json ToJson(const std::vector<infer::BadSampleRow>& bad) {
  json list = json::array();
  for (const infer::BadSampleRow& row : bad)
    list.push_back({{"place", row.place}, {"column", row.column}, {"message", row.reason}, {"text", row.text}});
  return list;
}

}  // namespace laminar::server
