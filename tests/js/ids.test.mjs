import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid } from "../../annotate/static/annotate/dom.js";

test("ids are version 4 UUIDs made of random bytes", () => {
  assert.equal(uuid((bytes) => bytes.fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  assert.notEqual(uuid(), uuid());
});
