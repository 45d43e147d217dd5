import assert from "node:assert/strict";
import { test } from "node:test";

import type { Metrics } from "../api/types";
import { flowOf, latest, lowestWatermark, worstLag } from "./figures";

const metrics = {
  sources: [
    { table: "a", watermark: "2026-01-01T00:00:05Z", shards: [{ lag_ms: 5 }, { lag_ms: 900 }, { lag_ms: null }] },
    { table: "b", watermark: "2026-01-01T00:00:01Z", shards: [] },
    { table: "c", watermark: null },
  ],
  operators: [{ node_id: "0", backpressure: 0.4 }],
  series: { lag_ms: [1, 2], operators: { "0": { rows_out: [5, 7, null], backpressure: [0.1] } } },
} as unknown as Metrics;

test("what flows along an edge is what the operator in front of it gives", () => {
  const graph = { nodes: [], edges: [{ from: "0", to: "1" }, { from: "1", to: "2" }] };
  const flows = flowOf(graph, metrics);
  assert.deepEqual(flows.get("0-1"), { rate: 7, backpressure: 0.4 });
  assert.deepEqual(flows.get("1-2"), { rate: null, backpressure: null });
  assert.deepEqual(flowOf(graph, undefined).get("0-1"), { rate: null, backpressure: null });
});

test("the slowest shard and the lowest watermark count", () => {
  assert.equal(worstLag(metrics), 900);
  assert.equal(worstLag({ ...metrics, sources: [] }), 2);
  assert.equal(lowestWatermark(metrics), "2026-01-01T00:00:01Z");
  assert.equal(lowestWatermark(undefined), null);
  assert.equal(latest([1, null, null]), 1);
  assert.equal(latest(undefined), null);
});
