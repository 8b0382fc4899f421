import assert from "node:assert/strict";
import { test } from "node:test";
import { OffsetMap } from "../../annotate/static/annotate/text.js";
import { casesOf } from "./cases.mjs";

for (const { name, text, code_points, utf16_units, pairs, inside_character } of casesOf("spans/offset_cases")) {
  test(`offsets, ${name}`, () => {
    const map = new OffsetMap(text);
    assert.deepEqual([map.length, text.length], [code_points, utf16_units]);
    assert.deepEqual(pairs.map(([point]) => [point, map.toUnit(point)]), pairs);
    assert.deepEqual(pairs.map(([, unit]) => [map.toPoint(unit), unit]), pairs);
    for (const unit of inside_character) assert.equal(map.toPoint(unit), map.toPoint(unit - 1), "the character that holds it");
  });
}

test("offsets outside the text are clamped", () => {
  const map = new OffsetMap("a😀");
  assert.deepEqual([map.toPoint(-2), map.toPoint(99), map.toUnit(-2), map.toUnit(99)], [0, 2, 0, 3]);
});
