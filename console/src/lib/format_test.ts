import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, bytes, count, duration, rate } from "./format";

test("counts and rates", () => {
  assert.deepEqual([0, 950, 12_400, 1_250_000, 2.5e9, 0.25, null, Number.NaN].map(count), ["0", "950", "12,400", "1.25 M", "2.5 G", "0.25", "–", "–"]);
  assert.deepEqual([0, 0.5, 12.34, 950.4, 12_400, 1_250_000, undefined].map(rate), ["0", "0.5", "12.3", "950", "12.4 k", "1.25 M", "–"]);
});

test("bytes", () => {
  assert.deepEqual([0, 1023, 1024, 1_500_000, 150 * 2 ** 20, null].map(bytes), ["0 B", "1,023 B", "1 KiB", "1.4 MiB", "150 MiB", "–"]);
});

test("durations", () => {
  assert.deepEqual([0, 12, 999, 1500, 59_999, 60_000, 200_000, 3_600_000, 7_500_000, 90_000_000, -5, null].map(duration), ["0 ms", "12 ms", "999 ms", "1.5 s", "1 min", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "1 d 1 h", "-5 ms", "–"]);
});

test("how long ago", () => {
  const now = Date.parse("2026-01-01T00:10:00Z");
  assert.equal(ago("2026-01-01T00:09:59.200Z", now), "now");
  assert.equal(ago("2026-01-01T00:09:00Z", now), "1 min ago");
  assert.equal(ago("2025-12-31T21:09:13Z", now), "3 h ago");
  assert.equal(ago("2026-01-01T00:10:05Z", now), "in 5 s");
  assert.equal(ago(null, now), "–");
  assert.equal(ago("no time", now), "–");
});
