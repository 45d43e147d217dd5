import assert from "node:assert/strict";
import { test } from "node:test";

import type { Connector } from "../api/types";
import { bodyOf, draftOf, emptyDraft, flatten, groupsOf, labelOf, otherOptions } from "./draft";
import { optionsOf } from "../sql/table_of_ddl";

const kinesis: Connector = {
  id: "kinesis", name: "kinesis", description: "", source: true, sink: true, formats: ["json"],
  config_schema: {
    type: "object",
    properties: {
      streamName: { type: "string", "x-sql": "stream_name", "x-use": "both" },
      awsRegion: { type: "string", "x-sql": "aws_region", "x-use": "both", "x-connection": true },
      type: { type: "object", properties: { offset: { type: "string", enum: ["latest"], "x-sql": "source.offset", "x-use": "source" }, recordsPerBatch: { type: "integer", default: "500", "x-sql": "sink.records_per_batch", "x-use": "sink" } } },
      onDataLoss: { type: "string", default: "fail", "x-sql": "on_data_loss", "x-use": "source" },
      checkRange: { type: "boolean", default: "true", "x-sql": "kpl.check_range", "x-use": "source" },
    },
  },
};

test("what is filled in is the body; what is for the other use, or empty, is not", () => {
  const draft = { ...emptyDraft(), name: " clicks ", connector: "kinesis", options: { streamName: "s", awsRegion: "", "type.offset": "latest", "type.recordsPerBatch": "5", checkRange: "false", "json.x": "1" } };
  assert.deepEqual(bodyOf(draft, kinesis), { name: "clicks", connector: "kinesis", table_type: "source", config: { streamName: "s", type: { offset: "latest" }, checkRange: false, json: { x: "1" } } });
  assert.deepEqual(bodyOf({ ...draft, use: "sink" }, kinesis).config, { streamName: "s", type: { recordsPerBatch: 5 }, json: { x: "1" } });
});

test("columns and the event time of a source", () => {
  const draft = { ...emptyDraft(), name: "t", connector: "kinesis", described: true, fields: [{ name: "ts ", data_type: " TIMESTAMP" }, { name: "", data_type: "" }], eventTime: "ts", delay: "5 seconds", profile: "prof_1", format: "json" };
  const body = bodyOf(draft, kinesis);
  assert.deepEqual(body.schema, { fields: [{ name: "ts", data_type: "TIMESTAMP", nullable: true }] });
  assert.equal(body.event_time_field, "ts");
  assert.equal(body.watermark_delay, "5 seconds");
  assert.equal(body.connection_profile_id, "prof_1");
  assert.equal(bodyOf({ ...draft, described: false }, kinesis).schema, undefined);
  assert.equal(bodyOf({ ...draft, use: "sink" }, kinesis).event_time_field, undefined);
});

test("a table and its draft say the same", () => {
  const table = { name: "t", connector: "kinesis", table_type: "source" as const, config: { streamName: "s", type: { offset: "latest" } }, schema: { fields: [{ name: "a", data_type: "BIGINT", nullable: false }] } };
  assert.deepEqual(bodyOf(draftOf(table), kinesis), table);
  assert.equal(draftOf({ name: "t", connector: "kinesis", config: { streamName: "s" } }).use, "sink");
});

test("secrets that are kept are no text", () => {
  assert.deepEqual(flatten({ a: { set: true }, b: { c: 1 } }), { "b.c": "1" });
});

test("what has to be thought about comes first", () => {
  const names = (places: { path: string[] }[]) => places.map((place) => place.path.join("."));
  const groups = groupsOf(kinesis, "source");
  assert.deepEqual(names(groups.main), ["streamName", "type.offset"]);
  assert.deepEqual(names(groups.connection), ["awsRegion"]);
  assert.deepEqual(names(groups.more), ["onDataLoss", "checkRange"]);
  assert.deepEqual(names(groupsOf(kinesis, "sink").main), ["streamName", "awsRegion", "type.recordsPerBatch"]); // few: all of them
});

test("names as people read them; options that no schema lists", () => {
  assert.deepEqual(optionsOf(kinesis.config_schema).map(labelOf), ["Stream name", "AWS region", "Offset", "Records per batch", "On data loss", "Check range"]);
  assert.deepEqual(otherOptions({ ...emptyDraft(), options: { streamName: "s", "json.x": "1" } }, kinesis), [["json.x", "1"]]);
});
