/**
 * Words, sentences and what a selection snaps to. No DOM here, offsets in code points.
 *
 * Borders of words and sentences come from the server with the article, because Intl.Segmenter differs between browser
 * versions. Only what no word covers (quotation marks, emoji) is cut here, by graphemes.
 */
import { countWhile } from "./offsets.js";

// What an annotator may want inside a span although it is no word.
const SIGN = /["“”„‟‘’‚«»‹›$€£¥%‰\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const SPACE = /^\s*$/u;

const pairs = (flat) => {
  const made = [];
  for (let i = 0; i + 1 < flat.length; i += 2) made.push([flat[i], flat[i + 1]]);
  return made;
};

/** Cut into graphemes: [[start, end, text]…] in code points from `base`. Without Intl.Segmenter: into code points. */
export function graphemes(text, base = 0) {
  const made = [];
  let at = base;
  const pieces =
    typeof Intl.Segmenter === "function"
      ? Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment)
      : Array.from(text);
  for (const piece of pieces) {
    const size = Array.from(piece).length;
    made.push([at, at + size, piece]);
    at += size;
  }
  return made;
}

export class Borders {
  /** `map`: OffsetMap of the text; `words`, `sentences`: flat [start, end, …]; `paragraphs`: [[start, end], …]. */
  constructor(map, { words, sentences, paragraphs }) {
    this.map = map;
    this.words = pairs(words);
    this.sentences = pairs(sentences);
    this.paragraphs = paragraphs;
  }

  /** What the word cursor visits: words, and between them quotation marks, currency signs, emoji. Made on first use. */
  get stops() {
    if (this.madeStops) return this.madeStops;
    const stops = [];
    let reached = 0;
    const between = (end) => {
      const gap = end > reached ? this.map.slice(reached, end) : "";
      if (SIGN.test(gap)) {
        for (const [start, stop, text] of graphemes(gap, reached)) if (SIGN.test(text)) stops.push([start, stop]);
      }
    };
    for (const [start, end] of this.words) {
      between(start);
      stops.push([start, end]);
      reached = end;
    }
    between(this.map.length);
    this.madeStops = stops;
    return stops;
  }

  /** Index of the last range of `ranges` that begins at or before `point`; -1 where none does. */
  static at(ranges, point) {
    return countWhile(ranges, ([start]) => start <= point) - 1;
  }

  /** The stop at or before `point`, the first one where there is none, null in a text without words. */
  stopAt(point) {
    return this.stops[Math.max(0, Borders.at(this.stops, point))] ?? null;
  }

  /** The sentence that holds `point`, or the one before it; null where there is none. */
  sentenceAt(point) {
    return this.sentences[Borders.at(this.sentences, point)] ?? null;
  }

  /**
   * What a selection of [start, end) means: trimmed, then grown to whole words (`words: false`: to whole graphemes).
   * Null where nothing but white space was selected. Backwards and out-of-text selections are put right.
   */
  snap(start, end, { words = true } = {}) {
    let low = Math.max(0, Math.min(start, end));
    let high = Math.min(this.map.length, Math.max(start, end));
    while (low < high && SPACE.test(this.map.slice(low, low + 1))) low += 1;
    while (high > low && SPACE.test(this.map.slice(high - 1, high))) high -= 1;
    if (low === high) return null;
    const first = this.#pieceAround(low, words);
    const last = this.#pieceAround(high, words);
    return { start: first ? first[0] : low, end: last ? last[1] : high };
  }

  /** The word or grapheme that has `point` strictly inside it; null where it stands on a border. */
  #pieceAround(point, words) {
    const inside = ([start, end]) => start < point && point < end;
    if (words) {
      const word = this.words[Borders.at(this.words, point)];
      if (word && inside(word)) return word;
    }
    const paragraph = this.paragraphs[Borders.at(this.paragraphs, point)];
    if (!paragraph || !inside(paragraph)) return null;
    return graphemes(this.map.slice(...paragraph), paragraph[0]).find(inside) ?? null;
  }

  /** The nearest border of `edges` ("start" or "end" of stops) after (+1) or before (-1) `point`; undefined at the ends. */
  edgeFrom(point, side, direction) {
    const index = side === "start" ? 0 : 1;
    const { stops } = this;
    if (direction > 0) return stops[countWhile(stops, (stop) => stop[index] <= point)]?.[index];
    return stops[countWhile(stops, (stop) => stop[index] < point) - 1]?.[index];
  }
}
