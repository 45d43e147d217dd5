import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, call } from "./client";

const answering = (status: number, body: unknown) => {
  globalThis.fetch = () => Promise.resolve(new Response(JSON.stringify(body), { status }));
  return call("/whoami", { token: "lmn_x" }).then(
    () => assert.fail("it has to be refused"),
    (error: unknown) => error as ApiError,
  );
};

test("a token that is refused: what a person may do, not which header to send", async () => {
  const error = await answering(401, { error: { code: "UNAUTHORIZED", message: "the token is not valid", details: { hint: "Send Authorization: Bearer TOKEN; laminar token create makes one" } } });
  assert.equal(error.message, "the token is not valid");
  assert.match(error.hint, /^Sign in with another token/);
  assert.doesNotMatch(error.hint, /Bearer/);
});

test("other hints are the server's", async () => {
  const error = await answering(422, { error: { code: "VALIDATION_ERROR", message: "no", details: { field: "a.b", hint: "do this" } } });
  assert.deepEqual([error.status, error.field, error.hint], [422, "a.b", "do this"]);
});
