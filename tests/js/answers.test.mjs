import assert from "node:assert/strict";
import { test } from "node:test";
import { acknowledged, backOff, readAnswer } from "../../annotate/static/annotate/saving.js";

const cases = [
  ["applied", { status: 200, redirected: false, json: { applied: [] } }, "done"],
  ["the sign-in page behind a followed redirect", { status: 200, redirected: true, json: null }, "retry"],
  ["a redirect that ends in JSON", { status: 200, redirected: true, json: { applied: ["x"] } }, "retry"],
  ["a proxy's page", { status: 200, redirected: false, json: null }, "retry"],
  ["signed out", { status: 401, redirected: false, json: { detail: "" } }, "signed-out"],
  ["signed out without JSON", { status: 401, redirected: false, json: null }, "signed-out"],
  ["another's task", { status: 404, redirected: false, json: {} }, "gone"],
  ["a 404 page of a proxy", { status: 404, redirected: false, json: null }, "retry"],
  ["stale", { status: 409, redirected: false, json: { state: {} } }, "conflict"],
  ["incomplete", { status: 422, redirected: false, json: { missing: [] } }, "missing"],
  ["wrong shape", { status: 400, redirected: false, json: {} }, "bad"],
  ["forbidden, as when the CSRF token is old", { status: 403, redirected: false, json: {} }, "retry"],
  ["broken", { status: 502, redirected: false, json: null }, "retry"],
];
for (const [name, answer, kind] of cases) test(`answer: ${name}`, () => assert.equal(readAnswer(answer).kind, kind));

test("only a list of op_ids acknowledges", () => {
  assert.deepEqual(acknowledged({ applied: ["a"], refused: [{ op_id: "b" }] }), { applied: ["a"], refused: [{ op_id: "b" }] });
  assert.equal(acknowledged({ ok: true }), null);
});

test("waits double up to half a minute, spread by a quarter", () => {
  assert.deepEqual([backOff(0, 0), backOff(1, 0.5), backOff(9, 0.5), backOff(0, 1)], [750, 2000, 30000, 1250]);
});
