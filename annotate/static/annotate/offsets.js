/**
 * The one border between UTF-16 code units, which the DOM counts, and Unicode code points, which everything else counts.
 * No DOM here. Twin of spans/offsets.py; both run tests/spans/offset_cases.json.
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
