import assert from "node:assert/strict";
import { test } from "node:test";

import { nodeText, splitDetail } from "./node_text";

test("an operator is told by its kind, its name and the line that says most", () => {
  assert.deepEqual(nodeText({ id: "0", operator: "Source clicks", details: ["columns: a, b", "event time: ts"] }), { kind: "Source", name: "clicks", detail: "a, b", role: "source" });
  assert.deepEqual(nodeText({ id: "1", operator: "FilterProject", details: ["where: a > 1", "select: a"] }), { kind: "Filter", name: "", detail: "a > 1", role: "compute" });
  assert.deepEqual(nodeText({ id: "2", operator: "WindowAggregate", details: ["window: tumble(ts, 5 min)", "group by: a"] }), { kind: "Window aggregate", name: "", detail: "tumble(ts, 5 min)", role: "state" });
  assert.deepEqual(nodeText({ id: "3", operator: "Exchange by page_url", details: [] }), { kind: "Exchange", name: "by page_url", detail: "", role: "move" });
  assert.equal(nodeText({ id: "6", operator: "FilterProject", details: ["where: (a > 1)"] }).detail, "a > 1");
  assert.equal(nodeText({ id: "7", operator: "FilterProject", details: ["where: (a > 1) and (b)"] }).detail, "(a > 1) and (b)");
  assert.equal(nodeText({ id: "4", operator: "Sink page_metrics", details: [] }).role, "sink");
  assert.equal(nodeText({ id: "5", operator: "SomethingNew", details: ["no name here"] }).detail, "no name here");
});

test("a detail without a name is text alone", () => {
  assert.deepEqual(splitDetail("where: a = 'x: y'"), { name: "where", text: "a = 'x: y'" });
  assert.deepEqual(splitDetail("sum(a) over rows"), { name: "", text: "sum(a) over rows" });
});
