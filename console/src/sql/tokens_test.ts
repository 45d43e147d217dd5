import assert from "node:assert/strict";
import { test } from "node:test";

import { divided, statements, tokens } from "./tokens";

const values = (script: string) => tokens(script).map((token) => token.value);

test("comments are left out, quotes undone", () => {
  assert.deepEqual(values("SELECT a -- it's one; \n, 'it''s' /* ( */ FROM \"a \"\"b\""), ["SELECT", "a", ",", "it's", "FROM", 'a "b']);
});

test("what is not closed goes to the end", () => {
  const [, text] = tokens("SELECT 'abc");
  assert.deepEqual(text, { kind: "text", value: "abc", from: 7, to: 11, closed: false });
  assert.deepEqual(values("a /* b"), ["a"]);
});

test("statements end at semicolons that are in no text", () => {
  assert.deepEqual(statements(tokens("SELECT ';'; ; SELECT 2")).map((each) => each.length), [2, 2]);
});

test("commas within parentheses divide nothing", () => {
  assert.deepEqual(divided(tokens("a DECIMAL(10, 2), b STRUCT(x INT, y INT)[], c")).map((part) => part[0]?.value), ["a", "b", "c"]);
});
