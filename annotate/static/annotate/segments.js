/**
 * Where a paragraph is cut so that overlapping marks can be drawn. No DOM here, offsets in code points.
 * Twin of spans/segments.py; both run tests/spans/segment_cases.json.
 */

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
