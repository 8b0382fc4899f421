/**
 * The text: offsets, the pieces that marks cut it into, words and sentences. No DOM here; offsets in code points.
 * Twin of spans/offsets.py and spans/segments.py: both run tests/spans/*_cases.json.
 */

/** Number of leading items for which `holds` is true. */
export function countWhile(sorted, holds) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The one border to UTF-16 code units, which the DOM counts: O(log n); offsets outside the text are clamped. */
export class OffsetMap {
  #pairs = []; // where each surrogate pair begins, in units

  constructor(text) {
    this.text = text;
    for (let unit = 0; unit < text.length; unit += 1) {
      if (text.codePointAt(unit) > 0xffff) {
        this.#pairs.push(unit);
        unit += 1;
      }
    }
    this.length = text.length - this.#pairs.length;
  }

  toPoint(unit) {
    const within = Math.max(0, Math.min(unit, this.text.length));
    // Inside a pair, the pair counts as begun: the offset of its character.
    return within - countWhile(this.#pairs, (pair) => pair < within);
  }

  toUnit(point) {
    const within = Math.max(0, Math.min(point, this.length));
    return within + countWhile(this.#pairs, (pair, before) => pair - before < within);
  }

  slice(start, end) {
    return this.text.slice(this.toUnit(start), this.toUnit(end));
  }
}

// ---- Where a paragraph is cut so that overlapping marks can be drawn

/** The ranges that a span covers. */
export const piecesOf = ({ start, end, fragments }) => (fragments?.length ? fragments : [[start, end]]);

/** The words a span covers, with […] for what its fragments leave out. */
export function wordsOf(span) {
  const letters = Array.from(span.quote);
  return piecesOf(span).map(([from, to]) => letters.slice(from - span.start, to - span.start).join("")).join(" […] ");
}

/** For each span the lowest underline lane that no earlier overlapping hull uses. */
export function lanesOf(spans) {
  const order = spans.map((_, index) => index);
  order.sort((a, b) => spans[a].start - spans[b].start || spans[b].end - spans[a].end || a - b);
  const lanes = new Array(spans.length).fill(0);
  const ends = []; // where the last span of each lane ends
  for (const index of order) {
    let lane = ends.findIndex((end) => end <= spans[index].start);
    if (lane < 0) lane = ends.length;
    ends[lane] = spans[index].end;
    lanes[index] = lane;
  }
  return lanes;
}

/** Cut [start, end) at the borders of spans: [{start, end, spans: indexes, shortest span first}], without gaps. */
export function cut(start, end, spans) {
  const events = [];
  spans.forEach((span, index) => {
    for (const [from, to] of piecesOf(span)) {
      if (from < end && to > start) events.push([Math.max(from, start), 1, index], [Math.min(to, end), 0, index]);
    }
  });
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]); // ends before starts
  const pieces = [];
  let reached = start;
  let over = [];
  const close = (at) => {
    if (at > reached) pieces.push({ start: reached, end: at, spans: over });
    reached = Math.max(reached, at);
  };
  const size = (index) => spans[index].end - spans[index].start;
  for (const [at, opens, index] of events) {
    close(at);
    over = opens ? [...over, index].sort((a, b) => size(a) - size(b) || a - b) : over.filter((other) => other !== index);
  }
  close(end);
  return pieces;
}

/** Which ends of its span a piece holds. */
export function capsOf(piece, span) {
  const pieces = piecesOf(span);
  const starts = pieces.some(([from]) => from === piece.start);
  const ends = pieces.some(([, to]) => to === piece.end);
  return [starts && "start", ends && "end"].filter(Boolean).join(" ");
}

// ---- Words, sentences and what a selection snaps to. They come from the server, because Intl.Segmenter differs between
// browser versions; only what no word covers (quotation marks, emoji) is cut here, by graphemes.

// What an annotator may want inside a span although it is no word.
const SIGN = /["“”„‟‘’‚«»‹›「」『』《》$€£¥%‰\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const SPACE = /^\s*$/u;

const pairs = (flat) => {
  const made = [];
  for (let i = 0; i + 1 < flat.length; i += 2) made.push([flat[i], flat[i + 1]]);
  return made;
};

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Cut into graphemes: [[start, end, text]…], counted from `base`. */
export function graphemes(text, base = 0) {
  const made = [];
  let at = base;
  for (const { segment } of GRAPHEMES.segment(text)) {
    const size = Array.from(segment).length;
    made.push([at, at + size, segment]);
    at += size;
  }
  return made;
}

export class Borders {
  /** `words`, `sentences`: flat [start, end, …]; `paragraphs`: [[start, end], …]. */
  constructor(map, { words, sentences, paragraphs }) {
    this.map = map;
    this.words = pairs(words);
    this.sentences = pairs(sentences);
    this.paragraphs = paragraphs;
  }

  /** What the word cursor visits: words and the signs between them. */
  get stops() {
    if (this.madeStops) return this.madeStops;
    const { map, words } = this;
    const signs = [];
    let reached = 0; // the gaps before this point are cut
    for (const { index } of map.text.matchAll(new RegExp(SIGN, "gu"))) {
      const point = map.toPoint(index);
      const at = Borders.at(words, point);
      const from = words[at]?.[1] ?? 0;
      if (point < Math.max(reached, from)) continue;
      reached = words[at + 1]?.[0] ?? map.length;
      signs.push(...graphemes(map.slice(from, reached), from).filter(([, , text]) => SIGN.test(text)).map(([start, end]) => [start, end]));
    }
    return (this.madeStops = signs.length ? [...words, ...signs].sort((a, b) => a[0] - b[0]) : words);
  }

  /** Index of the last range that begins at or before `point`, or -1. */
  static at(ranges, point) {
    return countWhile(ranges, ([start]) => start <= point) - 1;
  }

  /** The stop at or before `point`, else the first one. */
  stopAt(point) {
    return this.stops[Math.max(0, Borders.at(this.stops, point))] ?? null;
  }

  /** The sentence that holds `point`, or the one before it. */
  sentenceAt(point) {
    return this.sentences[Borders.at(this.sentences, point)] ?? null;
  }

  /** What a selection means: trimmed, then grown to whole words (`words: false`: graphemes); null for white space. */
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

  /** The word or grapheme that has `point` strictly inside it. */
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

  /** The nearest "start" or "end" of a stop (`words: false`: a grapheme) after (+1) or before (-1) `point`; undefined at the ends. */
  edgeFrom(point, side, direction, { words = true } = {}) {
    const index = side === "start" ? 0 : 1;
    let { stops } = this;
    if (!words) {
      const at = Borders.at(this.paragraphs, point);
      stops = this.paragraphs.slice(Math.max(0, at - 1), at + 2).flatMap((paragraph) => graphemes(this.map.slice(...paragraph), paragraph[0]));
    }
    if (direction > 0) return stops[countWhile(stops, (stop) => stop[index] <= point)]?.[index];
    return stops[countWhile(stops, (stop) => stop[index] < point) - 1]?.[index];
  }
}

/* Arithmetic of a mark's pieces: [[start, end], …] in reading order, apart from each other. */

/** The union of pieces in any order; two that touch become one, and so do two with nothing but a `blank` gap between. */
export function union(pieces, blank = () => false) {
  const merged = [];
  for (const [start, end] of [...pieces].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && (start <= last[1] || blank(last[1], start))) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** What is left of pieces once [from, to) is taken away. */
export const without = (pieces, from, to) =>
  pieces.flatMap(([start, end]) =>
    [
      [start, Math.min(end, from)],
      [Math.max(start, to), end],
    ].filter(([low, high]) => low < high),
  );

/** The pieces before `point` and those from it on. */
export const parted = (pieces, point) => [without(pieces, point, Infinity), without(pieces, -1, point)];
