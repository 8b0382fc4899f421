import assert from "node:assert/strict";
import { test } from "node:test";
import { capsOf, cut, lanesOf } from "../../annotate/static/annotate/text.js";
import { casesOf } from "./cases.mjs";

for (const { name, paragraph, spans, lanes, pieces } of casesOf("spans/segment_cases")) {
  test(`segments, ${name}`, () => {
    assert.deepEqual(lanesOf(spans), lanes);
    assert.deepEqual(cut(...paragraph, spans).map((piece) => [piece.start, piece.end, piece.spans]), pieces);
  });
}

test("caps name the ends of a span, of each fragment", () => {
  const span = { start: 2, end: 9, fragments: [[2, 4], [6, 9]] };
  assert.deepEqual(
    [[2, 4], [6, 7], [7, 9], [3, 4]].map(([start, end]) => capsOf({ start, end }, span)),
    ["start end", "start", "end", "end"],
  );
});
