// Walking through the places of a rule on an article's page in the admin.
import assert from "node:assert/strict";
import test from "node:test";

import { stepped } from "../../corpus/static/corpus/side-by-side.js";

test("a walk goes around at both ends", () => {
  assert.deepEqual([stepped(-1, 1, 3), stepped(2, 1, 3), stepped(0, -1, 3)], [0, 0, 2]);
});

test("without places there is nowhere to go", () => {
  assert.equal(stepped(-1, 1, 0), -1);
});
