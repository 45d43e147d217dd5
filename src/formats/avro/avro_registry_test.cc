#include <gmock/gmock.h>

#include <map>

#include "formats/avro/avro_format.h"
#include "formats/avro/avro_references.h"
#include "formats/avro/avro_rows_for_test.h"
#include "formats/schema_header.h"

namespace laminar {
namespace {

using ::testing::HasSubstr;

constexpr char kV1[] = R"({"type":"record","name":"R","fields":[{"name":"v","type":"long"}]})";
constexpr char kV2[] =
    R"({"type":"record","name":"R","fields":[{"name":"w","type":"string","default":"none"},{"name":"v","type":"long"}]})";

class FakeRegistry final : public SchemaRegistry {
 public:
  Result<SchemaFound> Find(std::string_view id, const SchemaWaiterRef& waiter) override {
    asked++;
    const auto found = schemas.find(std::string(id));
    if (found != schemas.end()) return SchemaFound{found->second, ""};
    if (!refusal.ok()) return refusal;
    if (missing.contains(std::string(id))) return SchemaFound{nullptr, "unknown schema id " + DescribeSchemaId(id)};
    last_waiter = waiter;
    return SchemaFound{};
  }
  Result<RegisteredSchemaRef> Latest(const std::string& subject) override { return Enter(subject, "", "", false); }
  Result<RegisteredSchemaRef> Enter(const std::string& subject, const std::string&, const std::string& text,
                                    bool registers) override {
    calls.push_back((registers ? "register " : "look up ") + subject + " " + text);
    const auto found = subjects.find(subject);
    if (found == subjects.end()) return Status::User("no subject " + subject).WithCode(kNoSuchSubject);
    known[{subject, text}] = found->second;
    return found->second;
  }
  RegisteredSchemaRef Known(const std::string& subject, const std::string& text) const override {
    const auto found = known.find({subject, text});
    return found == known.end() ? nullptr : found->second;
  }

  void Add(uint32_t id, const std::string& text, const std::string& type = "AVRO") {
    schemas[SchemaIdOf(id)] =
        std::make_shared<const RegisteredSchema>(RegisteredSchema{SchemaIdOf(id), type, text, {}});
  }

  std::map<std::string, RegisteredSchemaRef> schemas, subjects;
  std::map<std::string, bool> missing;
  std::map<std::pair<std::string, std::string>, RegisteredSchemaRef> known;
  std::vector<std::string> calls;
  Status refusal;
  SchemaWaiterRef last_waiter;
  int asked = 0;
};

class FakeRegistries final : public SchemaRegistries {
 public:
  Result<std::shared_ptr<SchemaRegistry>> Open(const SchemaRegistryOptions&) override {
    return std::shared_ptr<SchemaRegistry>(registry);
  }
  const std::shared_ptr<FakeRegistry> registry = std::make_shared<FakeRegistry>();
};

class CountingWaker final : public Waker {
 public:
  void Wake() override { count++; }
  int count = 0;
};

std::string Registered(uint32_t id, const std::string& datum) {
  return MakeSchemaHeader(SchemaIdOf(id)) + datum;
}

AvroOptions ConfluentOptions(const std::shared_ptr<SchemaRegistry>& registry) {
  AvroOptions options;
  options.encoding = AvroEncoding::kRegistered;
  options.registry = registry;
  return options;
}

TEST(AvroRegistry, DecodingWaitsInFrontOfASchemaThatIsOnItsWay) {
  const auto registry = std::make_shared<FakeRegistry>();
  registry->Add(1, kV1);
  CountingWaker waker;
  auto decoder = TestDecoder(TestSchema({{"v", "BIGINT"}}), ConfluentOptions(registry));
  decoder->WakeWith(&waker);
  const TestRecords memory(
      {Registered(1, AvroLong(10)), Registered(2, AvroText("x") + AvroLong(20)), Registered(1, AvroLong(30))}, '\x7f');
  BadRows bad;
  Batch batch(decoder->schema());
  DecodeCursor cursor;
  ASSERT_FALSE(decoder->Decode(memory.views(), &cursor, &bad, &batch).value());
  EXPECT_TRUE(decoder->Waiting());
  EXPECT_EQ(cursor.record, 1U);
  ASSERT_EQ(batch.rows(), 1U);
  EXPECT_EQ(batch.chunk().GetValue(0, 0).ToString(), "10");

  batch.Reset();
  ASSERT_FALSE(decoder->Decode(memory.views(), &cursor, &bad, &batch).value());
  EXPECT_TRUE(decoder->Waiting());
  EXPECT_EQ(batch.rows(), 0U);

  // Records of another shard go on in between.
  const TestRecords others({Registered(1, AvroLong(7))}, '\x7f');
  DecodeCursor other_cursor;
  ASSERT_TRUE(decoder->Decode(others.views(), &other_cursor, &bad, &batch).value());
  EXPECT_FALSE(decoder->Waiting());
  EXPECT_EQ(batch.rows(), 1U);

  registry->Add(2, kV2);
  registry->last_waiter->Wake();
  EXPECT_EQ(waker.count, 1);
  batch.Reset();
  ASSERT_TRUE(decoder->Decode(memory.views(), &cursor, &bad, &batch).value());
  EXPECT_FALSE(decoder->Waiting());
  ASSERT_EQ(batch.rows(), 2U);
  EXPECT_EQ(batch.chunk().GetValue(0, 0).ToString(), "20");
  EXPECT_EQ(batch.origin_rows, (std::vector<uint32_t>{1, 2}));
  EXPECT_TRUE(bad.rows.empty());

  decoder.reset();
  registry->last_waiter->Wake();
  EXPECT_EQ(waker.count, 1);
}

TEST(AvroRegistry, BadRecordsSayWhatIsWrongAndOthersGoOn) {
  const auto registry = std::make_shared<FakeRegistry>();
  registry->Add(1, kV1);
  registry->Add(2, "{}", "JSON");
  registry->Add(3, R"({"type":"record","name":"R","fields":[{"name":"v","type":{"type":"array","items":"int"}}]})");
  registry->Add(4, "nonsense");
  registry->missing[SchemaIdOf(17)] = true;
  const auto decoder = TestDecoder(TestSchema({{"v", "BIGINT"}}), ConfluentOptions(registry));
  const Decoded decoded =
      DecodeAvro(decoder.get(), {"", "{\"v\":1}", std::string("\0\0\0\0", 4), Registered(17, AvroLong(1)),
                                 Registered(2, "{}"), Registered(3, "x"), Registered(4, "x"), Registered(1, ""),
                                 Registered(1, AvroLong(1) + "!"), Registered(1, AvroLong(5))});
  ASSERT_EQ(decoded.rows.size(), 1U);
  EXPECT_EQ(decoded.row(0), "5");
  ASSERT_EQ(decoded.bad.size(), 9U);
  const char* const reasons[] = {"the record is empty",
                                 "does not begin with the byte 0 and a schema id",
                                 "the record ends within the schema id",
                                 "unknown schema id 17",
                                 "schema id 2 of the registry is one of the type JSON, not of Avro",
                                 "schema id 3 of the registry does not fit: ",
                                 "schema id 4 of the registry: the Avro schema is not valid",
                                 "the datum ends too early",
                                 "1 bytes follow the datum"};
  for (size_t i = 0; i < 9; i++) {
    EXPECT_EQ(decoded.bad[i].record, i);
    EXPECT_THAT(decoded.bad[i].reason, HasSubstr(reasons[i]));
  }
}

TEST(AvroRegistry, SchemasAreAskedForOnceByADecoder) {
  const auto registry = std::make_shared<FakeRegistry>();
  registry->Add(1, kV1);
  registry->Add(2, kV2);
  const auto decoder = TestDecoder(TestSchema({{"v", "BIGINT"}}), ConfluentOptions(registry));
  std::vector<std::string> records;
  for (int i = 0; i < 3000; i++)
    records.push_back(i % 3 == 0 ? Registered(2, AvroText("") + AvroLong(i)) : Registered(1, AvroLong(i)));
  const Decoded decoded = DecodeAvro(decoder.get(), records);
  ASSERT_EQ(decoded.rows.size(), 3000U);
  for (size_t i = 0; i < 3000; i++) EXPECT_EQ(decoded.row(i), std::to_string(i));
  EXPECT_EQ(registry->asked, 2);
}

TEST(AvroRegistry, RefusalStopsDecoding) {
  const auto registry = std::make_shared<FakeRegistry>();
  registry->refusal = Status::User("status 401");
  const auto decoder = TestDecoder(TestSchema({{"v", "BIGINT"}}), ConfluentOptions(registry));
  const TestRecords memory({Registered(1, AvroLong(10))}, '\x7f');
  BadRows bad;
  Batch batch(decoder->schema());
  DecodeCursor cursor;
  EXPECT_EQ(decoder->Decode(memory.views(), &cursor, &bad, &batch).status().message(), "status 401");
}

TEST(AvroRegistry, TypesOfReferencesStandWhereTheyAreUsedFirst) {
  RegisteredSchema schema;
  schema.text =
      R"({"type":"record","name":"a.Order","fields":[{"name":"x","type":"Addr"},{"name":"y","type":["null","a.Addr"]},{"name":"z","type":{"type":"array","items":"Plain"}}]})";
  schema.references = {
      {"a.Addr", R"({"type":"record","name":"Addr","namespace":"a","fields":[{"name":"c","type":"b.City"}]})"},
      {"b.City", R"({"type":"enum","name":"b.City","symbols":["ROME"]})"},
      {"Plain", R"({"type":"fixed","name":"Plain","size":2})"},
      {"Unused", R"("long")"}};
  const auto text = InlineAvroReferences(schema);
  ASSERT_TRUE(text.ok());
  const auto parsed = AvroSchema::Parse(*text);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const AvroNode& root = (*parsed)->root();
  EXPECT_EQ(root.fields[0].type->fields[0].type->name, "b.City");
  EXPECT_EQ(root.fields[1].type->children[1], root.fields[0].type);
  EXPECT_EQ(root.fields[2].type->children[0]->name, "Plain");
  schema.references[0].text = "{";
  EXPECT_THAT(InlineAvroReferences(schema).status().message(), HasSubstr("the reference a.Addr is no valid JSON"));
}

// The format with these options; `type` and stream_name stand for those of the table.
struct FormatWorld {
  OptionValues Options(std::vector<WrittenOption> written, OptionUse use) {
    std::vector<OptionSpec> specs = AvroFormatOptions();
    specs.push_back({.name = "stream_name"});
    specs.push_back({.name = "type"});
    written.push_back({"schema_registry.endpoint", "http://registry", {}});
    std::vector<Status> problems;
    OptionValues values = ParseOptions(specs, written, use, "table t", &problems);
    for (const Status& problem : problems) ADD_FAILURE() << problem.message();
    return values;
  }

  FakeRegistries registries;
  const std::unique_ptr<Format> format =
      MakeAvroFormat([](const std::string&) { return Status::User("no files here"); }, &registries);
};

TEST(AvroRegistry, SinkRegistersTheSchemaOfItsColumnsAndWritesItsId) {
  FormatWorld world;
  const Schema schema = TestSchema({{"v", "BIGINT"}});
  const OptionValues values = world.Options({{"stream_name", "orders", {}}}, OptionUse::kSink);
  ASSERT_TRUE(world.format->MakeEncoder(schema, values).ok());  // while planning
  EXPECT_TRUE(world.registries.registry->calls.empty());
  EXPECT_EQ(world.format->PrepareSink(schema, values).message(), "no subject orders-value");
  world.registries.registry->Add(9, "unused");
  world.registries.registry->subjects["orders-value"] = world.registries.registry->schemas.begin()->second;
  ASSERT_TRUE(world.format->PrepareSink(schema, values).ok());
  EXPECT_EQ(
      world.registries.registry->calls.back(),
      R"(register orders-value {"type":"record","name":"Row","fields":[{"name":"v","type":["null","long"],"default":null}]})");
  const auto encoder = world.format->MakeEncoder(schema, values);
  ASSERT_TRUE(encoder.ok());
  EncodedRows rows;
  ASSERT_TRUE(encoder.value()->Encode(OneColumn(schema, {duckdb::Value::BIGINT(-1)}), &rows).ok());
  EXPECT_EQ(rows.row(0), Registered(9, AvroLong(1) + AvroLong(-1)));
}

TEST(AvroRegistry, SinkThatOnlyLooksUpWritesWithTheNewestSchema) {
  FormatWorld world;
  const Schema schema = TestSchema({{"v", "BIGINT"}});
  const OptionValues values = world.Options(
      {{"schema_registry.subject", "s", {}}, {"schema_registry.auto_register", "false", {}}}, OptionUse::kSink);
  world.registries.registry->Add(3, kV1);
  world.registries.registry->subjects["s"] = world.registries.registry->schemas.begin()->second;
  ASSERT_TRUE(world.format->PrepareSink(schema, values).ok());
  const auto encoder = world.format->MakeEncoder(schema, values);
  ASSERT_TRUE(encoder.ok());
  EncodedRows rows;
  ASSERT_TRUE(encoder.value()->Encode(OneColumn(schema, {duckdb::Value::BIGINT(8)}), &rows).ok());
  EXPECT_EQ(rows.row(0), Registered(3, AvroLong(8)));

  FormatWorld other;
  other.registries.registry->Add(3, R"({"type":"record","name":"R","fields":[{"name":"other","type":"long"}]})");
  other.registries.registry->subjects["s"] = other.registries.registry->schemas.begin()->second;
  EXPECT_FALSE(other.format->PrepareSink(schema, values).ok());
}

TEST(AvroRegistry, ColumnsComeFromTheNewestSchemaAndOlderRecordsHaveItsDefaults) {
  FormatWorld world;
  FakeRegistry& registry = *world.registries.registry;
  registry.Add(1, kV1);
  registry.Add(2, kV2);
  std::vector<WrittenOption> written = {{"stream_name", "orders", {}}};
  OptionValues values = world.Options(written, OptionUse::kSource);
  const Status none = world.format->ColumnsOf(values).status();
  EXPECT_THAT(none.ToString(), HasSubstr("no subject orders-value. List the columns in CREATE TABLE"));
  registry.subjects["orders-value"] = registry.schemas.at(SchemaIdOf(2));
  const auto columns = world.format->ColumnsOf(values);
  ASSERT_TRUE(columns.ok());
  ASSERT_EQ(columns->size(), 2U);
  EXPECT_EQ((*columns)[0].name, "w");
  for (WrittenOption& option : world.format->OptionsOfColumns(values)) written.push_back(std::move(option));
  ASSERT_EQ(written.size(), 2U);
  values = world.Options(written, OptionUse::kSource);
  const auto decoder = world.format->MakeDecoder(*columns, values);
  ASSERT_TRUE(decoder.ok());
  const Decoded decoded =
      DecodeAvro(decoder.value().get(), {Registered(1, AvroLong(4)), Registered(2, AvroText("x") + AvroLong(5))});
  EXPECT_EQ(decoded.row(0), "none|4");
  EXPECT_EQ(decoded.row(1), "x|5");

  // A sink that registers has the columns of its query.
  values = world.Options({{"stream_name", "orders", {}}, {"type", "sink", {}}}, OptionUse::kBoth);
  EXPECT_TRUE(world.format->ColumnsOf(values)->empty());
  EXPECT_TRUE(world.format->OptionsOfColumns(world.Options({{"stream_name", "x", {}}}, OptionUse::kBoth)).empty());
}

TEST(AvroRegistry, OptionsThatDoNotGoTogetherAreNamed) {
  FormatWorld world;
  const Schema schema = TestSchema({{"v", "BIGINT"}});
  const auto problem = [&](std::vector<WrittenOption> written, OptionUse use = OptionUse::kSource) {
    const OptionValues values = world.Options(std::move(written), use);
    const Status status = use == OptionUse::kSource ? world.format->MakeDecoder(schema, values).status()
                                                    : world.format->MakeEncoder(schema, values).status();
    return status.message();
  };
  EXPECT_EQ(problem({}), "");
  EXPECT_THAT(problem({{"avro.encoding", "raw", {}}}), HasSubstr("avro.encoding = 'raw' has no place for the ids"));
  EXPECT_EQ(problem({{"avro.encoding", "confluent", {}}}), "");
  EXPECT_THAT(problem({{"schema_registry.username", "u", {}}}), HasSubstr("without schema_registry.password"));
  EXPECT_THAT(problem({{"schema_registry.token", "t", {}}, {"schema_registry.username", "u", {}}}), HasSubstr("both"));
  EXPECT_THAT(problem({}, OptionUse::kSink), HasSubstr("no stream that the subject of its schema could be named by"));
  EXPECT_THAT(problem({{"schema_registry.subject_strategy", "record", {}}}, OptionUse::kSink),
              HasSubstr("names the subject by a record"));
  EXPECT_EQ(problem({{"schema_registry.subject_strategy", "record", {}}, {"avro.schema", kV1, {}}}, OptionUse::kSink),
            "");
  EXPECT_THAT(problem({{"avro.writer_schema_files", "a.avsc", {}}}), HasSubstr("avro.writer_schema_files"));
}

}  // namespace
}  // namespace laminar
