import assert from "node:assert/strict";
import { test } from "node:test";

import { offersAt, type Catalogue } from "./complete";

const catalogue: Catalogue = {
  tables: [
    { name: "clicks", connector: "kinesis", table_type: "source", schema: { fields: [{ name: "page", data_type: "TEXT" }, { name: "who", data_type: "TEXT" }] } },
    { name: "raw", connector: "kinesis", table_type: "source" },
  ],
  connectors: [
    {
      id: "kinesis", name: "kinesis", description: "streams", source: true, sink: true, formats: ["json", "csv"],
      config_schema: { type: "object", properties: { streamName: { "x-sql": "stream_name", "x-use": "both" }, type: { type: "object", properties: { offset: { "x-sql": "source.offset", "x-use": "source", enum: ["latest", "earliest"] }, recordsPerBatch: { "x-sql": "sink.records_per_batch", "x-use": "sink" } } } } },
    },
  ],
};

// At the bar.
function at(text: string) {
  const place = text.indexOf("|");
  return offersAt(text.replace("|", ""), place, catalogue);
}
const labels = (text: string, kind?: string) => (at(text)?.offers ?? []).filter((offer) => !kind || offer.kind === kind).map((offer) => offer.label);

test("tables behind FROM, JOIN, INTO and a comma of FROM", () => {
  for (const text of ["SELECT * FROM |", "SELECT * FROM cl|", "INSERT INTO |", "SELECT * FROM clicks JOIN |", "SELECT * FROM clicks, |"]) assert.deepEqual(labels(text), ["clicks", "raw"], text);
  assert.equal(at("SELECT * FROM cl|")?.from, 14);
});

test("columns of the statement's tables, of an alias alone behind its dot", () => {
  assert.deepEqual(labels("SELECT | FROM clicks", "column"), ["page", "who"]);
  assert.deepEqual(labels("SELECT c.| FROM clicks AS c"), ["page", "who"]);
  assert.deepEqual(labels("SELECT c.pa| FROM clicks c WHERE 1"), ["page", "who"]);
  assert.deepEqual(labels("SELECT x.| FROM clicks c"), []);
  assert.deepEqual(labels("SELECT | FROM raw", "column"), ["value"]);
  assert.deepEqual(labels("SELECT * FROM clicks; SELECT | FROM raw", "column"), ["value"]);
});

test("tables of the script, before those of the catalogue", () => {
  const script = "CREATE TABLE clicks (mine INT) WITH (connector = 'x');\nSELECT | FROM clicks";
  assert.deepEqual(labels(script, "column"), ["mine"]);
});

test("functions and keywords, but not in comments, texts and numbers", () => {
  assert.ok(labels("SELECT TUM| FROM clicks", "function").includes("TUMBLE"));
  assert.ok(labels("SEL|", "keyword").includes("SELECT"));
  for (const text of ["SELECT 1 -- co|", "SELECT 'te|", "SELECT 'te|' FROM clicks", "SELECT 12|", "/* a |", "/* a | */ SELECT 1"]) assert.equal(at(text), null, text);
  assert.notEqual(at("/* a */ |"), null);
  assert.notEqual(at("SELECT '--', |"), null);
});

test("options of the connector within WITH, and their values", () => {
  const start = "CREATE TABLE t (a INT) WITH (connector = 'kinesis', ";
  assert.deepEqual(labels("CREATE TABLE t WITH (connector = |"), ["'kinesis'"]);
  assert.ok(labels(`${start}|`).includes("source.offset"));
  assert.ok(!labels(`${start}|`).includes("connector"));
  assert.ok(!labels(`${start}type = 'source', |`).includes("sink.records_per_batch"));
  assert.deepEqual(labels(`${start}'source.offset' = |`), ["'latest'", "'earliest'"]);
  assert.deepEqual(labels(`${start}'source.offset' = 'la|`), ["'latest'", "'earliest'"]);
  assert.deepEqual(labels(`${start}format = |`), ["'json'", "'csv'"]);
  assert.equal(at(`${start}'sou|`)?.offers.find((offer) => offer.label === "source.offset")?.insert, "'source.offset'");
  assert.ok(!labels("WITH x AS (SELECT |", "option").length);
});
