import assert from "node:assert/strict";
import { test } from "node:test";

import { EventParser } from "./events";

const parse = (...pieces: string[]) => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.feed(piece));
};

test("events by their fields", () => {
  assert.deepEqual(parse('id: 1\ndata: {"a":1}\n\nevent: done\ndata:\n\n'), [
    { id: "1", event: "message", data: '{"a":1}' },
    { id: "1", event: "done", data: "" },
  ]);
});

test("pieces that end anywhere", () => {
  const text = "id: 7\r\ndata: one\r\ndata: two\r\n\r\n:heartbeat\n\ndata:x\n\n";
  const whole = parse(text);
  assert.deepEqual(whole, [
    { id: "7", event: "message", data: "one\ntwo" },
    { id: "7", event: "message", data: "x" },
  ]);
  for (let i = 0; i <= text.length; i++) assert.deepEqual(parse(text.slice(0, i), text.slice(i)), whole, String(i));
  assert.deepEqual(parse(...text), whole);
});

test("comments, unknown fields and what is not ended are no events", () => {
  assert.deepEqual(parse(":\n\n", "retry: 5\n\n", "data: unfinished"), []);
});
