import assert from "node:assert/strict";
import { test } from "node:test";
import { Borders, OffsetMap } from "../../annotate/static/annotate/text.js";

/** Borders of a text whose words are runs of letters and digits, as the server would send them (in code points). */
function bordersOf(text) {
  const map = new OffsetMap(text);
  const words = [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].flatMap(({ index, 0: word }) => [map.toPoint(index), map.toPoint(index + word.length)]);
  const paragraphs = [];
  let at = 0;
  for (const paragraph of text.split("\n\n")) {
    const size = Array.from(paragraph).length;
    paragraphs.push([at, at + size]);
    at += size + 2;
  }
  return new Borders(map, { words, sentences: [0, map.length], paragraphs });
}

const FAMILY = "👩‍👩‍👧‍👦";
const cases = [
  ["inside a word grows to the word", "about seven thousand", [7, 9], [6, 11]],
  ["a double click with its trailing space", "about seven thousand", [6, 12], [6, 11]],
  ["backwards drag", "about seven thousand", [9, 2], [0, 11]],
  ["a border is not inside", "about seven", [5, 6], null],
  ["white space alone is nothing", "a   b", [1, 4], null],
  ["empty inside a word is nothing", "about", [2, 2], null],
  ["triple click ends at the next paragraph", "One two.\n\nThree", [0, 10], [0, 8]],
  ["past the article is clamped", "One two", [4, 400], [4, 7]],
  ["quotation marks stay", "he said “no” twice", [8, 12], [8, 12]],
  ["an emoji counts as one", "a 😀 b", [2, 3], [2, 3]],
  ["half a family is the whole family", `a ${FAMILY} b`, [3, 5], [2, 9]],
  ["half a flag is the whole flag", "a 🇫🇷 b", [3, 4], [2, 4]],
  ["a combining mark stays with its letter", "cafe\u0301 now", [0, 4], [0, 5]],
];
for (const [name, text, [start, end], expected] of cases) {
  test(`snap: ${name}`, () => {
    const snapped = bordersOf(text).snap(start, end);
    assert.deepEqual(snapped && [snapped.start, snapped.end], expected);
  });
}

test("with word snapping off only graphemes are kept whole", () => {
  const borders = bordersOf(`about ${FAMILY}`);
  assert.deepEqual(borders.snap(1, 3, { words: false }), { start: 1, end: 3 });
  assert.deepEqual(borders.snap(1, 8, { words: false }), { start: 1, end: 13 });
});

test("the word cursor stops at words, quotation marks, currency signs and emoji, not at commas", () => {
  const borders = bordersOf("“No,” $40 🙏🏽.");
  assert.deepEqual(borders.stops.map(([start, end]) => borders.map.slice(start, end)), ["“", "No", "”", "$", "40", "🙏🏽"]);
});

test("edges step from stop to stop and end at the ends", () => {
  const borders = bordersOf("one two three");
  assert.deepEqual([borders.edgeFrom(3, "end", 1), borders.edgeFrom(7, "end", -1), borders.edgeFrom(0, "start", -1), borders.edgeFrom(4, "start", 1)], [7, 3, undefined, 8]);
});
