import assert from "node:assert/strict";
import { test } from "node:test";

import type { Connector } from "../api/types";
import { createTables } from "./create_table";
import { ddlOfTable, tableOfDdl } from "./table_of_ddl";

const kinesis: Connector = {
  id: "kinesis",
  name: "kinesis",
  description: "",
  source: true,
  sink: true,
  formats: ["json", "csv"],
  config_schema: {
    type: "object",
    properties: {
      streamName: { type: "string", "x-sql": "stream_name", "x-use": "both" },
      awsRegion: { type: "string", "x-sql": "aws_region", "x-use": "both" },
      type: {
        type: "object",
        properties: {
          offset: { type: "string", enum: ["latest", "earliest"], "x-sql": "source.offset", "x-use": "source" },
          recordsPerBatch: { type: "integer", "x-sql": "sink.records_per_batch", "x-use": "sink" },
        },
      },
      kpl: { type: "object", properties: { checkRange: { type: "boolean", "x-sql": "kpl.check_range", "x-use": "source" } } },
    },
  },
};

const CLICKS = `-- the page's own
CREATE TABLE clickstream (
    session_id TEXT NOT NULL,
    amount DECIMAL(10, 2),
    item STRUCT(sku TEXT, qty BIGINT)[],
    "order" TEXT,
    event_time TIMESTAMP,
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
    connector = 'kinesis', stream_name = 'clickstream-raw', aws_region = 'us-east-1',
    type = 'source', 'source.offset' = 'latest', 'kpl.check_range' = 'false', format = 'json', 'json.unknown_option' = 'x'
);`;

test("a CREATE TABLE is the body that makes it", () => {
  const { table, problems, notes } = tableOfDdl(CLICKS, [kinesis]);
  assert.deepEqual(problems, []);
  assert.deepEqual(notes, []);
  assert.deepEqual(table, {
    name: "clickstream",
    connector: "kinesis",
    table_type: "source",
    format: "json",
    event_time_field: "event_time",
    watermark_delay: "5 second",
    config: { streamName: "clickstream-raw", awsRegion: "us-east-1", type: { offset: "latest" }, kpl: { checkRange: false }, json: { unknownOption: "x" } },
    schema: {
      fields: [
        { name: "session_id", data_type: "TEXT", nullable: false },
        { name: "amount", data_type: "DECIMAL(10, 2)", nullable: true },
        { name: "item", data_type: "STRUCT(sku TEXT, qty BIGINT)[]", nullable: true },
        { name: "order", data_type: "TEXT", nullable: true },
        { name: "event_time", data_type: "TIMESTAMP", nullable: true },
      ],
    },
  });
});

test("numbers of a sink stay numbers; what it means to name no columns is told", () => {
  const { table, notes } = tableOfDdl("CREATE TABLE s WITH (connector = 'kinesis', type = 'sink', stream_name = 's', 'sink.records_per_batch' = '250')", [kinesis]);
  assert.deepEqual(table?.config, { streamName: "s", type: { recordsPerBatch: 250 } });
  assert.equal(table?.schema, undefined);
  assert.match(notes.join(), /value JSON/);
  assert.match(ddlOfTable(table!, [kinesis]), /value JSON\n\) WITH \([^)]*'json.unstructured' = 'true'/);
});

test("what a table of the catalogue cannot have is told", () => {
  const problem = (ddl: string) => tableOfDdl(ddl, [kinesis]).problems.join();
  assert.match(problem("SELECT 1"), /no CREATE TABLE/);
  assert.match(problem("CREATE TABLE a (b INT)"), /no connector/);
  assert.match(problem("CREATE TABLE a (b INT) WITH (connector = 'kafka')"), /no connector kafka: there are kinesis/);
  assert.match(problem("CREATE TABLE a (b BIGINT AS (i % 5)) WITH (connector = 'kinesis')"), /b is computed \(AS \(i % 5\)\)/);
  assert.match(problem("CREATE TABLE a (s TEXT METADATA FROM 'shard_id') WITH (connector = 'kinesis')"), /METADATA FROM 'shard_id'/);
  assert.match(problem("CREATE TABLE a (ts TIMESTAMP, WATERMARK FOR ts AS least(ts, x)) WITH (connector = 'kinesis')"), /no column less an INTERVAL/);
  assert.match(tableOfDdl("CREATE TABLE a WITH (connector = 'kinesis'); CREATE TABLE b WITH (connector = 'kinesis')", [kinesis]).notes.join(), /first of 2/);
});

test("intervals in every spelling", () => {
  const delay = (interval: string) => tableOfDdl(`CREATE TABLE a (ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL ${interval}) WITH (connector = 'kinesis')`, [kinesis]).table?.watermark_delay;
  assert.equal(delay("'5' SECOND"), "5 second");
  assert.equal(delay("'5 seconds'"), "5 seconds");
  assert.equal(delay("5 MINUTES"), "5 minutes");
});

test("there and back again", () => {
  const { table } = tableOfDdl(CLICKS, [kinesis]);
  const again = tableOfDdl(ddlOfTable(table!, [kinesis]), [kinesis]);
  assert.deepEqual(again.table, table);
});

test("what a profile adds, and secrets, stand in comments", () => {
  const profile = { id: "prof_1", name: "production", connector: "kinesis", created_at: "", config: { awsRegion: "eu-west-1", endpointUrl: "http://x", awsSecretAccessKey: { set: true } } };
  const table = { name: "t", connector: "kinesis", config: { streamName: "s", awsRegion: "us-east-1", awsSessionToken: { set: true } }, connection_profile_id: "prof_1" };
  const ddl = ddlOfTable(table, [kinesis], [profile]);
  const [first, second, third] = ddl.split("\n");
  assert.equal(first, "-- with the settings of the profile production: endpoint_url = 'http://x', aws_secret_access_key (a secret)");
  assert.equal(second, "-- with the secret aws_session_token, which is not shown");
  assert.equal(third, "CREATE TABLE t (");
  assert.match(ddl, /aws_region = 'us-east-1'/);
  assert.doesNotMatch(ddl, /aws_session_token =|\.set/);
  assert.match(ddlOfTable(table, [kinesis]), /^-- with the settings of the profile prof_1\n/);
  assert.equal(tableOfDdl(ddl, [kinesis]).table?.name, "t");
});

test("an unfinished script has the tables that it has", () => {
  assert.deepEqual(createTables("CREATE TABLE a (b BIGINT, c TEXT").map((table) => table.columns.map((column) => column.name)), [["b", "c"]]);
  assert.deepEqual(createTables("CREATE TABLE"), []);
  assert.deepEqual(createTables("CREATE OR REPLACE TABLE IF NOT EXISTS x (a INT)").map((table) => table.name), ["x"]);
});
