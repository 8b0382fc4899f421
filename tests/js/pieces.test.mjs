import assert from "node:assert/strict";
import { test } from "node:test";
import { Borders, OffsetMap, parted, union, without, wordsOf } from "../../annotate/static/annotate/text.js";

test("union: sorted, what overlaps or touches is one, and what only a blank gap parts where that is asked for", () => {
  const text = "one two three";
  const blank = (from, to) => !text.slice(from, to).trim();
  assert.deepEqual([union([[8, 13], [0, 3], [2, 5]]), union([[0, 3], [3, 5]]), union([[4, 7], [0, 3]], blank), union([[0, 3], [8, 13]], blank)], [[[0, 5], [8, 13]], [[0, 5]], [[0, 7]], [[0, 3], [8, 13]]]);
});

test("without: the middle, an end, a whole piece, everything, nothing", () => {
  const pieces = [[0, 5], [8, 13]];
  assert.deepEqual([without(pieces, 2, 3), without(pieces, 4, 9), without(pieces, 8, 13), without(pieces, 0, 20), without(pieces, 5, 8)], [[[0, 2], [3, 5], [8, 13]], [[0, 4], [9, 13]], [[0, 5]], [], pieces]);
});

test("parted: inside a piece, and in the gap", () => {
  assert.deepEqual([parted([[0, 5], [8, 13]], 9), parted([[0, 5], [8, 13]], 6)], [[[[0, 5], [8, 9]], [[9, 13]]], [[[0, 5]], [[8, 13]]]]);
});

test("the words of a mark leave out what its fragments leave out, counted in code points", () => {
  const text = "a 👩‍👩‍👧‍👦 and café 🙏🏽 שלום";
  const map = new OffsetMap(text);
  const start = 2;
  const family = [2, 9];
  const hands = [map.toPoint(text.indexOf("🙏")), map.toPoint(text.indexOf("🙏")) + 2];
  assert.equal(wordsOf({ start, end: hands[1], fragments: [family, hands], quote: map.slice(start, hands[1]) }), "👩‍👩‍👧‍👦 […] 🙏🏽");
});

test("edges by grapheme, over the border of a paragraph", () => {
  const map = new OffsetMap("é👩‍👩‍👧‍👦b\n\ncd");
  const borders = new Borders(map, { words: [], sentences: [], paragraphs: [[0, 9], [11, 13]] });
  const edge = (point, side, direction) => borders.edgeFrom(point, side, direction, { words: false });
  assert.deepEqual([edge(1, "end", 1), edge(8, "end", -1), edge(8, "start", 1), edge(9, "end", 1), edge(11, "start", -1), edge(12, "end", -1)], [8, 1, 11, 12, 8, 9]);
});
