/**
 * The text without its page: offsets, how marks cut it into pieces, its words and sentences. No DOM here.
 *
 * The one border between UTF-16 code units, which the DOM counts, and Unicode code points, which everything else counts:
 * twin of spans/offsets.py; both run tests/spans/offset_cases.json.
 */

/** Number of leading items for which `holds` is true; it must be true for a prefix of the sorted list. */
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

/** Converts offsets of one text in O(log n) each; offsets outside the text are clamped to its ends. */
export class OffsetMap {
  #pairs = []; // the unit at which each surrogate pair begins, ascending

  constructor(text) {
    this.text = text;
    for (let unit = 0; unit < text.length; unit += 1) {
      if (text.codePointAt(unit) > 0xffff) {
        this.#pairs.push(unit);
        unit += 1;
      }
    }
    /** Length of the text in code points. */
    this.length = text.length - this.#pairs.length;
  }

  /** Code points before `unit`. Inside a surrogate pair: those before the character that holds it. */
  toPoint(unit) {
    const within = Math.max(0, Math.min(unit, this.text.length));
    // In a pair, the pair itself counts as begun, so one less: within - before is then the offset of its character.
    return within - countWhile(this.#pairs, (pair) => pair < within);
  }

  /** Code units before code point `point`. */
  toUnit(point) {
    const within = Math.max(0, Math.min(point, this.length));
    return within + countWhile(this.#pairs, (pair, before) => pair - before < within);
  }

  /** The characters [start, end), given in code points. */
  slice(start, end) {
    return this.text.slice(this.toUnit(start), this.toUnit(end));
  }
}

// ---- Where a paragraph is cut so that overlapping marks can be drawn. Offsets in code points.
// Twin of spans/segments.py; both run tests/spans/segment_cases.json.

/** The characters a span covers, as ranges: its fragments, or the one range. */
export const piecesOf = ({ start, end, fragments }) => (fragments?.length ? fragments : [[start, end]]);

/** For each span the lowest underline lane that no earlier overlapping hull uses; earlier = by start, longer first. */
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

/**
 * Cut [start, end) at the borders of spans: [{start, end, spans: indexes}], in text order, without gaps.
 * Indexes are sorted shortest span first: a click selects the first one.
 */
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

/** Which ends of its span a piece holds: "start", "end", "start end" or "". */
export function capsOf(piece, span) {
  const pieces = piecesOf(span);
  const starts = pieces.some(([from]) => from === piece.start);
  const ends = pieces.some(([, to]) => to === piece.end);
  return [starts && "start", ends && "end"].filter(Boolean).join(" ");
}

/*
 * ---- Words, sentences and what a selection snaps to. Offsets in code points.
 * Borders of words and sentences come from the server with the article, because Intl.Segmenter differs between browser
 * versions. Only what no word covers (quotation marks, emoji) is cut here, by graphemes.
 */

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
