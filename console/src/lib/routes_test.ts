import assert from "node:assert/strict";
import { test } from "node:test";

import { match } from "./routes";

test("parameters by their names", () => {
  assert.deepEqual(match("/pipelines/:id/:tab?", "/pipelines/pipe_1/errors"), { id: "pipe_1", tab: "errors" });
  assert.deepEqual(match("/pipelines/:id/:tab?", "/pipelines/pipe_1"), { id: "pipe_1", tab: undefined });
  assert.deepEqual(match("/pipelines/:id", "/pipelines/a%20b"), { id: "a b" });
});

test("other paths", () => {
  for (const path of ["/pipelines", "/tables/x", "/pipelines/a/b/c", "/pipelines/%zz"]) assert.equal(match("/pipelines/:id/:tab?", path), null, path);
});
