import assert from "node:assert/strict";
import { test } from "node:test";

import { spanAt } from "./positions";

test("the word at the place", () => {
  const text = "SELECT id,\n  nothing FROM t";
  assert.deepEqual(spanAt(text, 2, 3), { from: 13, to: 20 });
  assert.equal(text.slice(13, 20), "nothing");
});

test("columns count characters, offsets UTF-16 units", () => {
  const text = "SELECT '😀', nothing";
  const { from, to } = spanAt(text, 1, 13);
  assert.equal(text.slice(from, to), "nothing");
});

test("places beyond the text, and none", () => {
  assert.deepEqual(spanAt("abc", 5, 1), { from: 3, to: 3 });
  assert.deepEqual(spanAt("abc", 1, 99), { from: 3, to: 3 });
  assert.deepEqual(spanAt("abc\ndef", null, null), { from: 0, to: 3 });
  assert.deepEqual(spanAt("a = b", 1, 3), { from: 2, to: 3 });
  assert.deepEqual(spanAt('"a b" x', 1, 1), { from: 0, to: 5 });
});
