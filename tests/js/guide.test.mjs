import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf } from "../../annotate/static/annotate/guide.js";

test("what is new is named by its place, what is gone by its words", () => {
  assert.deepEqual(changesOf(["a", "b", "c"], ["a", "x", "c", "y"]), { added: [1, 3], gone: ["b"] });
  assert.deepEqual(changesOf(["a", "b"], ["b", "a"]), { added: [], gone: [] });
  assert.deepEqual(changesOf([], []), { added: [], gone: [] });
});
