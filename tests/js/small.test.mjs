import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped } from "../../annotate/static/annotate/dialogs.js";
import { numberFrom } from "../../annotate/static/annotate/forms.js";
import { renewalIn } from "../../annotate/static/annotate/saving.js";
import { placesOf, sideFor } from "../../annotate/static/annotate/article.js";

const numbers = [["7500", 7500], ["7,500", 7500], [" 1,234,567.5 ", 1234567.5], ["-3", -3], [".5", 0.5], ["12 000", 12000], ["1e3", 1000], ["", null], ["7,50", undefined], ["1e999", undefined], ["NaN", undefined], ["about 7", undefined], ["9007199254740993", 9007199254740992], ["1e300", undefined]];
for (const [words, value] of numbers) test(`number from ‘${words}’`, () => assert.equal(numberFrom(words), value));

test("a lease is renewed after a third, not too often and not too late", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.deepEqual(["2026-01-01T00:06:00Z", "2026-01-01T00:00:09Z", "2026-01-03T00:00:00Z"].map((end) => renewalIn(end, now)), [120_000, 20_000, 600_000]);
});

test("the palette stands above the words unless it would hide more marks or leave the window", () => {
  const place = { top: 300, bottom: 330, height: 120, roof: 60, floor: 800, marksAbove: 0, marksBelow: 0 };
  assert.deepEqual([place, { ...place, marksAbove: 2, marksBelow: 1 }, { ...place, top: 150 }, { ...place, bottom: 750, marksAbove: 9 }].map(sideFor), ["above", "below", "below", "above"]);
});

test("search finds words without regard to case, over any white space, and takes signs literally", () => {
  assert.deepEqual([placesOf("The $5 (the\nend)", "THE"), placesOf("a b\n\nc", "b c"), placesOf("$5 or 5", "$5"), placesOf("abc", "  ")], [[[0, 3], [8, 11]], [[2, 6]], [[0, 2]], []]);
});

test("what is missing is grouped by label and message", () => {
  const lacks = [{ span: "a", message: "no value" }, { span: "b", message: "no value" }, { span: null, message: "Not answered: Tone" }, { span: "a", message: "QUANTITY “7”: fill in Kind.", whole: true }];
  assert.deepEqual(grouped(lacks, () => "Quantity").map(({ words }) => words), ["2 × Quantity: no value", "Not answered: Tone", "QUANTITY “7”: fill in Kind."]);
});
