import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64, hexDump } from "./hex";

test("offset, bytes, and what of them is ASCII", () => {
  const lines = hexDump(fromBase64(btoa('{"a": "b", "c": \u0007 }'))).split("\n");
  assert.equal(lines[0], '000000  7b 22 61 22 3a 20 22 62  22 2c 20 22 63 22 3a 20  {"a": "b", "c": ');
  assert.equal(lines[1], "000010  07 20 7d                                          . }");
});

test("a large one is cut", () => {
  assert.match(hexDump(new Uint8Array(5000)), /\n\.\.\. 904 more bytes$/);
});
