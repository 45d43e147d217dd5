#include "sql/compiler.h"

#include "sql/compiler_for_test.h"

namespace laminar::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(CompilerTest, IotScriptOfThePage) {
  const auto script = Good(PageScript("iot.sql"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  ASSERT_THAT(plan.nodes, ::testing::SizeIs(3));  // source, filter and projection together, sink
  EXPECT_THAT(plan.sources, ElementsAre("sensor_data"));
  EXPECT_THAT(plan.sinks, ElementsAre("anomaly_alerts"));
  // Only what the query uses is decoded: neither humidity nor pressure.
  EXPECT_THAT(Names(plan.nodes[0].schema), ElementsAre("device_id", "location", "temperature", "timestamp"));
  EXPECT_EQ(std::get<FilterProjectNode>(plan.nodes[1].op).filters.size(), 1U);
  EXPECT_THAT(Names(plan.nodes[2].schema),
              ElementsAre("device_id", "alert_type", "severity", "details", "detected_at"));
  EXPECT_EQ(script->sinks.at("anomaly_alerts").spec.options.Integer("sink.records_per_batch"), 100);
}

TEST_F(CompilerTest, ReplicationScriptOfThePage) {
  const auto script = Good(PageScript("replication.sql"));
  ASSERT_NE(script, nullptr);
  const StreamPlan& plan = script->plan;
  ASSERT_THAT(plan.nodes, ::testing::SizeIs(3));
  EXPECT_EQ(TypeName(*plan.nodes[0].schema[3].type), "DECIMAL(38,10)");
  const ExpressionList& projections = std::get<FilterProjectNode>(plan.nodes[1].op).projections;
  size_t column = 0;
  for (size_t i = 0; i < 5; i++) EXPECT_TRUE(projections.IsColumnReference(i, &column)) << i;
  EXPECT_EQ(projections.ToString(5), "now()");
  EXPECT_EQ(projections.position(5).line, 41);
}

TEST_F(CompilerTest, ASourceOfSeveralQueriesIsReadOnceWithTheUnionOfTheirColumns) {
  const auto script =
      Good(WithSource("CREATE TABLE o (x BIGINT) WITH (connector = 'blackhole');\n"
                      "INSERT INTO o SELECT b FROM s; INSERT INTO o SELECT c FROM s; SELECT a FROM s"));
  ASSERT_NE(script, nullptr);
  EXPECT_THAT(script->plan.sources, ElementsAre("s"));
  EXPECT_THAT(script->plan.sinks, ElementsAre("o", "terminal"));
  EXPECT_THAT(Names(script->sources.at("s").spec.schema), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(script->prints_to_terminal);
}

TEST_F(CompilerTest, NodesReadOnlyNodesBeforeThem) {
  const auto script =
      Good(WithSource("CREATE TABLE mid (x TEXT);\nSELECT x FROM mid; INSERT INTO mid SELECT a FROM s; "
                      "INSERT INTO mid SELECT unnest([a, 'k']) FROM s"));
  ASSERT_NE(script, nullptr);
  for (size_t i = 0; i < script->plan.nodes.size(); i++) {
    for (const NodeId input : script->plan.nodes[i].inputs) EXPECT_LT(static_cast<size_t>(input), i);
  }
}

TEST_F(CompilerTest, NotNullColumnsAreAlwaysDecoded) {
  const auto script = Good(
      "CREATE TABLE t (a INT, b TEXT NOT NULL, c INT) WITH (connector = 'kinesis', stream_name = 't'); SELECT a FROM "
      "t");
  ASSERT_NE(script, nullptr);
  const Schema& schema = script->sources.at("t").spec.schema;
  EXPECT_THAT(Names(schema), ElementsAre("a", "b"));
  EXPECT_FALSE(schema[0].not_null);
  EXPECT_TRUE(schema[1].not_null);
}

TEST_F(CompilerTest, EventTimesAreKeptWhereAnOperatorAsks) {
  const auto script = Good(
      "CREATE TABLE t (a INT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '7' SECOND) WITH (connector = 'kinesis', "
      "stream_name = 't');\n"
      "CREATE TABLE u (a INT, seen TIMESTAMP) WITH (connector = 'kinesis', stream_name = 'u', event_time_field = "
      "'seen', "
      "watermark_delay = '30s');\n"
      "CREATE TABLE w (a INT, seen TIMESTAMP, WATERMARK FOR seen) WITH (connector = 'kinesis', stream_name = 'w');\n"
      "SELECT count(*) FROM t GROUP BY tumble(INTERVAL '1 minute'); SELECT a FROM w;\n"
      "SELECT a, count(*) FROM u GROUP BY a, TUMBLE(seen, '1 minute')");
  ASSERT_NE(script, nullptr);
  EXPECT_EQ(script->event_times.at("t").column, "ts");
  EXPECT_EQ(script->event_times.at("t").settings.max_delay_micros, 7'000'000);
  EXPECT_EQ(script->event_times.at("t").watermark_expression, "");
  EXPECT_FALSE(script->event_times.contains("w"));
  EXPECT_EQ(script->event_times.at("u").column, "seen");
  EXPECT_EQ(script->event_times.at("u").settings.max_delay_micros, 30'000'000);
}

TEST_F(CompilerTest, VariablesAreStringLiteralsInExpressionsAndOptions) {
  const auto script = Good(
      "CREATE TABLE t (a TEXT, c DOUBLE) WITH (connector = 'kinesis', stream_name = $stream); SELECT a FROM t WHERE c "
      "> $limit AND a = $name",
      {{"stream", "orders"}, {"limit", "2.5"}, {"name", "O'Hara"}});
  ASSERT_NE(script, nullptr);
  EXPECT_EQ(script->sources.at("t").spec.options.String("stream_name"), "orders");
  const auto& filters = std::get<FilterProjectNode>(script->plan.nodes[1].op).filters;
  ASSERT_EQ(filters.size(), 2U);
  EXPECT_EQ(filters.ToString(0), "(c > 2.5)");
  EXPECT_EQ(filters.ToString(1), "(a = 'O''Hara')");
  EXPECT_THAT(Problems(WithSource("SELECT a\nFROM s WHERE b > $limt"), {{"limit", "1"}}),
              ElementsAre("3:18 variable $limt has no value | did you mean limit?"));
}

TEST_F(CompilerTest, AVariableThatTheScriptDoesNotUseIsAMistake) {
  const std::string script = WithSource("SELECT a FROM s WHERE b > $limit AND a <> $name");
  EXPECT_THAT(Problems(script, {{"limit", "1"}, {"name", "x"}, {"limits", "2"}}),
              ElementsAre(AllOf(HasSubstr("--set limits: the script does not use $limits"),
                                HasSubstr("did you mean limit? Its parameters are $limit, $name"))));
  EXPECT_THAT(
      Problems(WithSource("SELECT a FROM s -- $limit"), {{"limit", "1"}}),
      ElementsAre(AllOf(HasSubstr("--set limit: the script does not use $limit"), HasSubstr("it has no parameters"))));
}

TEST_F(CompilerTest, NowIsNotFolded) {
  const auto script = Good(
      WithSource("SELECT now() AS n, current_date AS d, age(ts) AS g FROM s WHERE ts > now() - INTERVAL '1' HOUR"));
  ASSERT_NE(script, nullptr);
  const auto& node = std::get<FilterProjectNode>(script->plan.nodes[1].op);
  EXPECT_THAT(node.filters.ToString(0), HasSubstr("now()"));
  EXPECT_EQ(node.projections.ToString(0), "now()");
  EXPECT_EQ(node.projections.ToString(1), "current_date()");
  EXPECT_THAT(node.projections.ToString(2), HasSubstr("current_date()"));
}

TEST_F(CompilerTest, WhatNeedsStateIsRefusedWhereItStands) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"SELECT DISTINCT ON (a) a, b FROM s", "2:8 DISTINCT ON over a stream would keep a row of every key"},
      {"SELECT a FROM s ORDER BY a", "2:17 ORDER BY"},
      {"SELECT a FROM s LIMIT 5", "2:17 LIMIT"},
      {"SELECT sum(b) FROM s", "2:8 sum() over a whole stream would wait for its end"},
      {"SELECT a, count(*) FROM s GROUP BY ROLLUP (a)", "2:27 GROUPING SETS"},
      {"SELECT a FROM s HAVING a > 'x'", "2:17 HAVING needs GROUP BY"},
      {"SELECT a FROM s QUALIFY b > 1", "2:17 QUALIFY needs a function with OVER"},
      {"SELECT a FROM s UNION SELECT a FROM s", "2:17 UNION without ALL"},
      {"SELECT a FROM s EXCEPT SELECT a FROM s", "2:17 EXCEPT"},
      {"SELECT a FROM s WHERE b = (SELECT b FROM s)", "2:27 a subquery as a value"},
      {"SELECT a FROM s WHERE b NOT IN (SELECT b FROM s)", "2:23 NOT IN (SELECT ...)"},
      {"SELECT x.a FROM s x FULL JOIN s y ON x.a = y.a", "2:21 FULL JOIN"},
      {"SELECT x.a FROM s x ASOF JOIN s y ON x.a = y.a AND x.ts >= y.ts", "2:21 ASOF JOIN"},
      {"SELECT x.a FROM s x POSITIONAL JOIN s y", "2:21 POSITIONAL JOIN"},
      {"SELECT a FROM s TABLESAMPLE 10%", "2:15 TABLESAMPLE"},
      {"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t", "2:6 WITH RECURSIVE"},
  };
  for (const auto& [text, message] : refused)
    EXPECT_THAT(Problems(WithSource(text)), ElementsAre(::testing::StartsWith(message))) << text;
}

TEST_F(CompilerTest, AScriptReachesNothingButItsTables) {
  const std::vector<std::string> refused = {"SELECT * FROM read_csv('/etc/passwd')",
                                            "SELECT * FROM read_text('/etc/passwd')",
                                            "SELECT * FROM read_blob('/etc/passwd')",
                                            "SELECT * FROM read_parquet('x')",
                                            "SELECT * FROM read_json('x')",
                                            "SELECT * FROM glob('*')",
                                            "SELECT * FROM '/etc/passwd.csv'",
                                            "SELECT * FROM \"data.parquet\"",
                                            "SELECT * FROM duckdb_settings()",
                                            "SELECT * FROM duckdb_tables",
                                            "SELECT * FROM sqlite_master",
                                            "SELECT * FROM information_schema.tables",
                                            "SELECT * FROM query('SELECT 1')",
                                            "SELECT * FROM query_table('s')",
                                            "SELECT * FROM pragma_version()",
                                            "SELECT * FROM laminar_stream('s')",
                                            "SELECT * FROM json_execute_serialized_sql('x')",
                                            "SELECT getenv('HOME') FROM s",
                                            "SELECT current_setting('threads') FROM s",
                                            "SELECT getvariable('x') FROM s",
                                            "SELECT json_serialize_plan('SELECT 1') FROM s",
                                            "SELECT current_query() FROM s",
                                            "SELECT nextval('x') FROM s",
                                            "SELECT write_log('x') FROM s",
                                            "SELECT pg_get_viewdef(1) FROM s",
                                            "COPY s TO 'x.csv'",
                                            "COPY s FROM 'x.csv'",
                                            "ATTACH 'x.db'",
                                            "DETACH x",
                                            "INSTALL httpfs",
                                            "LOAD httpfs",
                                            "PRAGMA database_list",
                                            "SET threads = 4",
                                            "SET enable_external_access = true",
                                            "SET GLOBAL memory_limit = '1GB'",
                                            "RESET threads",
                                            "EXPORT DATABASE 'x'",
                                            "IMPORT DATABASE 'x'",
                                            "CALL pragma_version()",
                                            "CREATE SECRET x (TYPE s3)",
                                            "CREATE MACRO f(x) AS x",
                                            "CREATE FUNCTION f(x) AS x",
                                            "CREATE TYPE t AS INT",
                                            "CREATE SCHEMA x",
                                            "CREATE INDEX i ON s(a)",
                                            "CREATE SEQUENCE q",
                                            "DROP TABLE s",
                                            "DELETE FROM s",
                                            "UPDATE s SET a = 1",
                                            "TRUNCATE s",
                                            "ALTER TABLE s ADD COLUMN q INT",
                                            "BEGIN",
                                            "USE x",
                                            "VACUUM",
                                            "CHECKPOINT",
                                            "EXPLAIN SELECT a FROM s",
                                            "DESCRIBE s",
                                            "SHOW TABLES",
                                            "SUMMARIZE s",
                                            "PREPARE p AS SELECT 1",
                                            "EXECUTE p"};
  for (const std::string& text : refused) {
    const auto problems = Problems(WithSource(text));
    EXPECT_THAT(problems, ::testing::SizeIs(1)) << text;
    for (const std::string& problem : problems) EXPECT_THAT(problem, ::testing::StartsWith("2:")) << text;
  }
}

TEST_F(CompilerTest, AWindowOfAnErrorIsNoSecondError) {
  const std::string times[] = {"tss", "b", "a", "tss + INTERVAL '1' HOUR", "t.tss"};
  for (const std::string& time : times) {
    const std::string window = "(" + time + ", INTERVAL '1' MINUTE)";
    const auto problems =
        Problems(WithSource("SELECT TUMBLE_START" + window + " AS w, count(*) FROM s AS t GROUP BY TUMBLE" + window));
    EXPECT_THAT(problems, ::testing::SizeIs(1)) << time;
    for (const std::string& problem : problems) EXPECT_THAT(problem, ::testing::Not(HasSubstr("NULL")));
  }
  const auto size = Problems(WithSource("SELECT count(*) FROM s GROUP BY TUMBLE(b::TIMESTAMP, $size)"));
  EXPECT_THAT(size, ElementsAre(HasSubstr("variable $size has no value")));
}

TEST_F(CompilerTest, EverythingWrongIsListedInOrder) {
  EXPECT_THAT(Problems(WithSource("SELECT temprature, foo(b) FROM s WHERE bb > 1;\n"
                                  "SELECT a FROM;\n"
                                  "CREATE TABLE broken (x INT y INT) WITH (connector = 'kinesis');\n"
                                  "SELECT x FROM broken;\n"
                                  "SELECT a FROM ss")),
              ElementsAre(::testing::StartsWith("2:8 there is no column temprature"),
                          ::testing::StartsWith("2:20 there is no function foo()"),
                          ::testing::StartsWith("2:40 there is no column bb | did you mean b?"),
                          ::testing::StartsWith("3:14 syntax error"), ::testing::StartsWith("4:28 syntax error"),
                          ::testing::StartsWith("6:15 there is no table named ss | did you mean s?")));
}

TEST_F(CompilerTest, OptionsAreCheckedInTheUsersSpelling) {
  EXPECT_THAT(Problems("CREATE TABLE t (a INT) WITH (\n  connector = 'kinesis',\n  streamName = 'x',\n  "
                       "'sink.records_per_batch' = 501,\n"
                       "  aws_regio = 'eu-west-1'\n);\nINSERT INTO t SELECT 1"),
              ElementsAre(HasSubstr("4:3 'sink.records_per_batch' = '501' is out of range"),
                          HasSubstr("5:3 unknown option 'aws_regio'")));
  EXPECT_THAT(Problems("CREATE TABLE t (a INT) WITH (connector = 'kinesiss'); SELECT a FROM t"),
              ElementsAre("1:42 there is no connector 'kinesiss' | did you mean kinesis?"));
  EXPECT_THAT(Problems("CREATE TABLE t (a INT) WITH (connector = 'kinesis'); SELECT a FROM t"),
              ElementsAre(HasSubstr("needs the option 'stream_name'")));
  EXPECT_THAT(
      Problems("CREATE TABLE t (a INT) WITH (connector = 'kinesis', stream_name = 't', bad_data = "
               "'dead_letter'); SELECT a FROM t"),
      ElementsAre(HasSubstr("bad_data = 'dead_letter' does not say where the records go | add dead_letter.path or "
                            "dead_letter.stream")));
  EXPECT_THAT(Problems("CREATE TABLE t (a INT) WITH (connector = 'kinesis', stream_name = 't', format = 'parquet'); "
                       "SELECT a FROM t"),
              ElementsAre(HasSubstr("connector 'kinesis' has no format 'parquet'")));
}

TEST_F(CompilerTest, InsertsAreCheckedAgainstTheirTables) {
  const std::string sink = "CREATE TABLE o (x BIGINT, y TEXT NOT NULL) WITH (connector = 'blackhole');\n";
  EXPECT_THAT(Problems(WithSource(sink + "INSERT INTO o SELECT b FROM s")),
              ElementsAre("3:13 table o takes 2 columns, the query gives 1 | no value for y; name the columns that you "
                          "insert: INSERT INTO o (...)"));
  EXPECT_THAT(Problems(WithSource(sink + "INSERT INTO o SELECT b, a, c FROM s")),
              ElementsAre("3:13 table o takes 2 columns, the query gives 3 | no column for c"));
  EXPECT_THAT(Problems(WithSource(sink + "INSERT INTO o SELECT l, a FROM s")),
              ElementsAre(::testing::StartsWith("3:22 l is BIGINT[], and column x of o is BIGINT")));
  EXPECT_THAT(Problems(WithSource(sink + "INSERT INTO o (x) SELECT b FROM s")),
              ElementsAre(HasSubstr("column y of o is NOT NULL")));
  EXPECT_THAT(Problems(WithSource(sink + "INSERT INTO o (x, z) SELECT b, a FROM s")),
              ElementsAre(::testing::StartsWith("3:19 table o has no column z")));
  EXPECT_THAT(Problems(WithSource(sink + "SELECT x FROM o; INSERT INTO o SELECT b, a FROM s")),
              ElementsAre(HasSubstr("both read and written")));
  EXPECT_THAT(
      Problems("CREATE TABLE t (a INT) WITH (connector = 'kinesis', stream_name = 't', type = 'source'); INSERT INTO t "
               "SELECT 1"),
      ElementsAre(
          "1:102 table t is a source: nothing can be inserted into it | define a second table with type = 'sink'"));
}

TEST_F(CompilerTest, StreamsInACircleAndWithoutRowsAreRefused) {
  EXPECT_THAT(Problems("CREATE TABLE p (x INT); CREATE TABLE q (x INT); INSERT INTO p SELECT x FROM q; INSERT INTO q "
                       "SELECT x FROM p; SELECT x FROM p"),
              ElementsAre(HasSubstr("computed from itself")));
  EXPECT_THAT(Problems("CREATE TABLE p (x INT); SELECT x FROM p"),
              ElementsAre(HasSubstr("nothing is inserted into stream p")));
  EXPECT_THAT(Problems("CREATE VIEW v AS SELECT x FROM w; CREATE VIEW w AS SELECT x FROM v; SELECT x FROM v"),
              ::testing::Contains(HasSubstr("uses itself")));
}

TEST_F(CompilerTest, ConstantsThatNeverConvertAreFoundWhilePlanning) {
  EXPECT_THAT(Problems(WithSource("SELECT a FROM s WHERE b > 'abc'")),
              ElementsAre("2:27 could not convert string 'abc' to INT64"));
  Good(WithSource("SELECT try_cast('abc' AS INT) AS n FROM s"));
}

TEST_F(CompilerTest, FunctionsOfOtherArgumentsAreNamed) {
  EXPECT_THAT(Problems(WithSource("SELECT strlen(b) AS n FROM s")),
              ElementsAre("2:8 no function matches the given name and argument types 'strlen(BIGINT)' | there is only "
                          "strlen(VARCHAR) -> BIGINT"));
  EXPECT_THAT(Problems(WithSource("SELECT a + l AS n FROM s")),
              ElementsAre(HasSubstr("'+(VARCHAR, BIGINT[])' | convert an argument with CAST(... AS type)")));
}

TEST_F(CompilerTest, GeneratedColumnsAreCheckedOnce) {
  const std::string begin = "CREATE TABLE t (a INT, w INT AS (";
  const std::string end = ")) WITH (connector = 'kinesis', stream_name = 't'); SELECT w FROM t; SELECT a FROM t";
  EXPECT_THAT(Problems(begin + "sum(a)" + end),
              ElementsAre(::testing::StartsWith("1:34 a generated column is computed from its own row")));
  EXPECT_THAT(Problems(begin + "zz + 1" + end), ElementsAre(::testing::StartsWith("1:34 there is no column zz")));
  EXPECT_THAT(Problems(begin + "getenv('HOME')" + end),
              ElementsAre(::testing::StartsWith("1:34 function getenv() is not available")));
}

TEST_F(CompilerTest, GeneratorColumnsKeepTheirExpressions) {
  const auto script = Good(
      "CREATE TABLE g (id BIGINT AS (i * 2), x DOUBLE) WITH (connector = 'generator', rows = 3); SELECT x, id FROM g");
  ASSERT_NE(script, nullptr);
  EXPECT_THAT(script->sources.at("g").spec.column_expressions, ElementsAre("CAST((i * 2) AS BIGINT)", ""));
}

TEST_F(CompilerTest, SettingsOfTheScript) {
  EXPECT_EQ(Good(WithSource("SET pipeline.name = 'orders';\nSELECT a FROM s"))->pipeline_name, "orders");
  EXPECT_THAT(Problems(""), ElementsAre(HasSubstr("the script has no query")));
  EXPECT_THAT(Problems("-- nothing\n;;"), ElementsAre(HasSubstr("the script has no query")));
}

TEST_F(CompilerTest, ASyntaxErrorNamesItsLikelyCause) {
  const std::string table = "CREATE TABLE g (a INT) WITH (connector = 'generator')";
  EXPECT_THAT(Problems(table + "\nSELECT a FROM g;"),
              ElementsAre("2:1 syntax error at or near \"SELECT\" | a statement ends with a semicolon: is one missing "
                          "before SELECT?"));
  EXPECT_THAT(Problems("SELCT 1"), ElementsAre("1:1 syntax error at or near \"SELCT\" | did you mean SELECT?"));
  EXPECT_THAT(Problems("CREATE TABLE g (a INT) (connector = 'generator')"),
              ElementsAre("1:24 syntax error at or near \"(\" | the options stand in WITH (...)"));
  EXPECT_THAT(Problems("CREATE TABLE g (a INT) WITH (connector = 'generator'; SELECT a FROM g"),
              ElementsAre(HasSubstr("| a parenthesis is not closed")));
  EXPECT_THAT(Problems("CREATE TABLE g (a INT) WITH (connector = 'generator' rows = 10); SELECT a FROM g"),
              ElementsAre("1:54 a comma is missing before rows | separate the options by commas"));
  EXPECT_THAT(Problems("CREATE TABLE g (a INT) WITH (connector = 'generator); SELECT a FROM g"),
              ElementsAre(HasSubstr("unterminated quoted string")));
}

TEST_F(CompilerTest, MetadataOfASinkIsNotEncoded) {
  const auto script = Good(WithSource(
      "CREATE TABLE o (h TEXT METADATA FROM 'explicit_hash_key', x BIGINT, k TEXT METADATA FROM 'Partition_Key', y "
      "TEXT) WITH (connector = 'kinesis', stream_name = 'o');\n"
      "INSERT INTO o (x, k) SELECT b, a FROM s"));
  ASSERT_NE(script, nullptr);
  const TableSpec& sink = script->sinks.at("o").spec;
  EXPECT_THAT(Names(sink.schema), ElementsAre("x", "y"));
  EXPECT_EQ(sink.schema[1].position, 1u);
  EXPECT_EQ(sink.options.record_columns(), 2u);
  ASSERT_THAT(sink.metadata, ::testing::SizeIs(2));
  EXPECT_EQ(sink.metadata[0].name, "explicit_hash_key");
  EXPECT_EQ(sink.metadata[0].index, 0u);
  EXPECT_EQ(sink.metadata[1].name, "partition_key");
  EXPECT_EQ(sink.metadata[1].column, "k");
  EXPECT_EQ(sink.metadata[1].index, 2u);
  EXPECT_EQ(sink.metadata[1].position.line, 2);
  EXPECT_THAT(Names(script->plan.nodes.back().schema), ElementsAre("h", "x", "k", "y"));
}

TEST_F(CompilerTest, WhatMetadataASinkCannotHave) {
  const auto problems = [&](const std::string& columns) {
    return Problems("CREATE TABLE o (" + columns + ") WITH (connector = 'kinesis', stream_name = 'o');\n" +
                    "INSERT INTO o SELECT 1, 'x'");
  };
  EXPECT_THAT(problems("n BIGINT, k TEXT METADATA FROM 'shard_id'"),
              ElementsAre(HasSubstr("1:27 metadata 'shard_id' is for sources, and o is a sink")));
  EXPECT_THAT(problems("n BIGINT, k TEXT METADATA"),
              ElementsAre(HasSubstr("1:34 METADATA does not say which | write METADATA FROM 'partition_key'")));
  EXPECT_THAT(problems("k TEXT METADATA FROM 'partition_key', l TEXT METADATA FROM 'partition_key'"),
              ElementsAre(HasSubstr("1:55 two columns are the records' 'partition_key': k and l | keep one of them")));
  EXPECT_THAT(problems("n BIGINT, k BIGINT METADATA FROM 'partition_key'"),
              ElementsAre(HasSubstr("1:27 metadata 'partition_key' is VARCHAR, and column k is BIGINT | declare it as "
                                    "TEXT, and cast it in the query")));
}

TEST_F(CompilerTest, ColumnsOfOtherOrderAreWarnedOf) {
  const auto warnings = [&](const std::string& insert) {
    const auto script =
        Good("CREATE TABLE o (a TEXT, b TEXT) WITH (connector = 'kinesis', stream_name = 'o');\n" + insert);
    return script == nullptr ? 0 : script->warnings.size();
  };
  const auto script = Good(
      "CREATE TABLE o (a TEXT, b TEXT) WITH (connector = 'kinesis', stream_name = 'o');\n"
      "INSERT INTO o SELECT 'x' AS b, 'y' AS A");
  ASSERT_THAT(script->warnings, ::testing::SizeIs(1));
  EXPECT_THAT(script->warnings[0].message(),
              HasSubstr("as those of table o, in another order, and go by their place: a, b"));
  EXPECT_THAT(script->warnings[0].hint(), HasSubstr("INSERT INTO o BY NAME"));
  EXPECT_EQ(script->warnings[0].position().line, 2);
  EXPECT_EQ(warnings("INSERT INTO o BY NAME SELECT 'x' AS b, 'y' AS a"), 0u);
  EXPECT_EQ(warnings("INSERT INTO o (b, a) SELECT 'x' AS b, 'y' AS a"), 0u);
  EXPECT_EQ(warnings("INSERT INTO o SELECT 'x' AS a, 'y' AS b"), 0u);
  EXPECT_EQ(warnings("INSERT INTO o SELECT 'x' AS b, 'y' AS c"), 0u);
}

TEST_F(CompilerTest, TablesThatAreKnownNeedNoDefinition) {
  const std::vector<KnownTable> known = {
      {"Orders",
       "CREATE TABLE \"Orders\" (id BIGINT, v TEXT) WITH (connector = 'kinesis', stream_name = 'o', type = 'source',\n "
       "'source.offset' = 'latest')"},
      {"broken", "CREATE TABLE broken (id BIGINT) WITH (connector = 'kinesis',\n stream_nam = 'o')"},
      {"unused", "CREATE TABLE unused (id BIGINT) WITH (connector = 'nothing')"}};
  std::set<std::string> asked;
  const auto find = [&](const std::set<std::string>& names) {
    asked = names;
    std::vector<KnownTable> found;
    for (const KnownTable& table : known) {
      if (names.contains(duckdb::StringUtil::Lower(table.name))) found.push_back(table);
    }
    return Result<std::vector<KnownTable>>(found);
  };
  const auto compile = [&](const std::string& text) {
    return sql::Compile({text, {}, find}, *registry_, session_.get());
  };
  CompileResult result = compile("SELECT id FROM orders -- of today");
  EXPECT_THAT(asked, ElementsAre("from", "id", "orders", "select"));
  ASSERT_NE(result.script, nullptr) << result.problems.at(0).ToString();
  EXPECT_THAT(result.script->warnings, ::testing::IsEmpty());
  EXPECT_TRUE(result.script->sources.contains("Orders"));
  // Its own definition counts, and positions are those of its own text.
  result = compile(
      "CREATE TABLE orders (other BIGINT) WITH (connector = 'kinesis', stream_name = 'p');\nSELECT other, id FROM "
      "orders;");
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].position().line, 2);
  EXPECT_EQ(result.problems[0].position().column, 15);
  result = compile("SELECT nothing FROM orders");
  EXPECT_EQ(result.problems.at(0).position().line, 1);
  result = compile("SELECT id FROM broken;");
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].message(), HasSubstr("the table broken, which is defined outside of the script: "));
  EXPECT_FALSE(result.problems[0].position().known());
  const FindTables fails = [](const std::set<std::string>&) {
    return Result<std::vector<KnownTable>>(Status::Environment("the database is away"));
  };
  result = sql::Compile({"SELECT id FROM orders", {}, fails}, *registry_, session_.get());
  EXPECT_EQ(result.script, nullptr);
  EXPECT_EQ(result.problems.at(0).message(), "the database is away");
}

TEST_F(CompilerTest, HintsThatHelp) {
  EXPECT_THAT(Problems(WithSource("SELECT a FROM s WHERE a = \"hot\"")),
              ElementsAre(HasSubstr("Double quotes are for names: the text is 'hot'")));
  EXPECT_THAT(Problems("CREATE TABLE g (a NUMBER) WITH (connector = 'generator'); SELECT a FROM g"),
              ElementsAre(HasSubstr("there is no type NUMBER | there are TEXT, BIGINT")));
  EXPECT_THAT(Problems("CREATE TABLE g WITH (connector = 'kinesis', stream_name = 'g'); SELECT a FROM g"),
              ElementsAre(AllOf(HasSubstr("table g has no columns: it can only be written | give it a column list"),
                                HasSubstr("laminar infer"), HasSubstr("'json.schema'"), HasSubstr("(value JSON)"))));
  EXPECT_THAT(
      Problems("CREATE TABLE g (a BIGINT) WITH (connector = 'kinesis', streamName = 'g', ROWS = '5'); SELECT a FROM g"),
      ElementsAre(HasSubstr("1:74 'ROWS' is an option of connector 'generator', and the table has connector "
                            "'kinesis' | remove it, or change the table's connector")));
  EXPECT_THAT(Problems("SELECT 'a' + 1"),
              ElementsAre(HasSubstr("\"+(STRING_LITERAL, INTEGER_LITERAL)\" | convert an argument with CAST")));
}

TEST(PipelineNameTest, OfTheStatementSet) {
  EXPECT_EQ(PipelineNameOf("SET pipeline.name = 'orders';\nSELECT 1"), "orders");
  EXPECT_EQ(PipelineNameOf("-- SET pipeline.name = 'no'\nset pipeline.name to orders; SELECT nothing FROM nowhere"),
            "orders");
  EXPECT_EQ(PipelineNameOf("SET pipeline.name = 'it''s \u00fc'; SET state.ttl = '7 days'; SELECT"), "it's \u00fc");
  EXPECT_EQ(PipelineNameOf("SELECT 'SET pipeline.name = 1'"), "");
  EXPECT_EQ(PipelineNameOf("SET pipeline.name = 1 2"), "");
  EXPECT_EQ(PipelineNameOf(""), "");
  EXPECT_EQ(PipelineNameOf("SELECT 'not closed"), "");
}

TEST(RenderProblemTest, PointsBelowTheCharacter) {
  const std::string text = "SELECT 1;\n\tSELECT 'äöü', x";
  EXPECT_EQ(RenderProblem("f.sql", text, Status::User("there is no column x", "did you mean y?").At({2, 16})),
            "f.sql:2:16: error: there is no column x\n\tSELECT 'äöü', x\n\t              ^\nhint: did you mean y?\n");
  EXPECT_EQ(RenderProblem("f.sql", text, Status::User("no place")), "f.sql: error: no place\n");
  EXPECT_EQ(RenderProblem("f.sql", "SELECT 1;\n", Status::User("the end", "go on").At({2, 1})),
            "f.sql:2:1: error: the end\nhint: go on\n");
}

TEST_F(CompilerTest, ColumnsCountCharacters) {
  EXPECT_THAT(Problems(WithSource("SELECT 'äöü' AS u, zz FROM s")),
              ElementsAre(::testing::StartsWith("2:20 there is no column zz")));
}

}  // namespace
}  // namespace laminar::sql
