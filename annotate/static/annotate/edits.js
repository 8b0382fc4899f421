/** What is done to marks as wholes: split, join, copy, take words away, every occurrence. Each is one gesture to undo. */
import { say, shorten } from "./dom.js";
import { parted, piecesOf, union, without, wordsOf } from "./text.js";

export function makeEdits({ store, codebook, borders, ui, view, closed, selected, select, pend, addMark, startLinking }) {
  const { map } = borders;
  const target = () => ui.pending ?? ui.cursor;
  const trimmed = (pieces) => pieces.map(([start, end]) => borders.snap(start, end, { words: false })).filter(Boolean).map(({ start, end }) => [start, end]);
  const quoteOf = (pieces) => map.slice(pieces[0][0], pieces.at(-1)[1]);
  const place = (id, pieces) => store.moveSpan(id, { fragments: pieces, quote: quoteOf(pieces) });

  /** The selected mark, else the shortest one over the cursor. */
  const here = (id) => {
    const at = target()?.start;
    const over = store.spans.filter((span) => piecesOf(span).some(([start, end]) => start <= at && at < end));
    const span = store.span(id) ?? selected() ?? over.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    if (!span) say("Choose a mark first");
    return span && !closed() ? span : null;
  };

  const split = (id) => {
    const span = here(ui.splitting ?? id);
    if (!span) return;
    const pieces = piecesOf(span);
    const [left, right] = target() ? parted(pieces, target().start).map(trimmed) : [[], []];
    if (left.length && right.length) {
      let second = null;
      store.together(() => {
        place(span.id, left);
        const { label, attributes, unsure, comment } = span;
        second = addMark({ label, unsure, comment, fragments: right }, attributes);
        for (const { type, to_span } of store.relationsFrom(span.id)) store.relate(type, second, to_span);
      });
      ui.set({ splitting: null });
      select(second, { quiet: true });
      return say(`Split into ‘${shorten(wordsOf(store.span(span.id)))}’ and ‘${shorten(wordsOf(store.span(second)))}’`);
    }
    const [start, end] = borders.stops.find(([from, to]) => from > span.start && to <= span.end) ?? [];
    if (start === undefined) return say("A mark of one word cannot be split");
    if (ui.splitting) return say("Choose a word inside the mark, but not its first one");
    ui.set({ splitting: span.id, selected: span.id, pending: null, cursor: { start, end }, fragment: null });
    return say("Choose the word that begins the second part, then press Enter. Escape cancels.");
  };

  /** Choose a mark of the same label to join with: the next one at first, else the one before. */
  const join = (id) => {
    const span = here(id);
    if (!span) return;
    const others = store.spans.filter(({ label, id: other }) => label === span.label && other !== span.id);
    const nearest = others.find(({ start }) => start >= span.start) ?? others.at(-1);
    if (!nearest) return say(`There is no other ${codebook.label(span.label).name} to join with`);
    startLinking(span.id, { title: "joins", to: [span.label], join: true }, nearest.id);
    return say(`Join with ‘${shorten(wordsOf(nearest))}’? n and p choose another one, Enter joins.`);
  };

  const finishJoin = (id, otherId) => {
    const [span, other] = [store.span(id), store.span(otherId)];
    const blank = (from, to) => !map.slice(from, to).trim();
    store.together(() => {
      const comment = [...new Set([span.comment, other.comment])].filter(Boolean).join("; ");
      const attributes = codebook.admissible(span.label, { ...other.attributes, ...span.attributes });
      for (const { id: relation, type, from_span, to_span } of [...store.rows.relations.values()]) {
        const [from, to] = [from_span, to_span].map((end) => (end === otherId ? id : end));
        if (from === from_span && to === to_span) continue;
        store.unrelate(relation);
        const there = store.relationsFrom(from).filter((one) => one.type === type);
        const { max } = codebook.relations.find((one) => one.type === type) ?? {};
        if (from !== to && !(max && there.length >= max) && !there.some((one) => one.to_span === to)) store.relate(type, from, to);
      }
      store.deleteSpan(otherId);
      const pieces = union([...piecesOf(span), ...piecesOf(other)], blank);
      store.changeSpan(id, { attributes, comment, unsure: span.unsure || other.unsure, start: pieces[0][0], end: pieces.at(-1)[1], fragments: pieces, quote: quoteOf(pieces) });
    });
    select(id, { quiet: true });
    say(`Joined: ‘${shorten(wordsOf(store.span(id)))}’`);
  };

  const add = () => {
    const { start, end } = target();
    const pieces = union([...piecesOf(store.span(ui.fragment)), [start, end]]);
    place(ui.fragment, pieces);
    select(ui.fragment, { quiet: true });
    say(`Added: ${pieces.length} pieces`);
  };

  /** Take words away from a mark; without a range: the words selected while pieces are being added. */
  const takeAway = (id = ui.fragment, { start, end } = target() ?? {}) => {
    const span = store.span(id);
    if (start === undefined) return say("Select the words to take away, then press Delete");
    if (closed()) return;
    const pieces = trimmed(without(piecesOf(span), start, end));
    if (!pieces.length) return say("Nothing would be left; delete the mark instead");
    if (!place(id, pieces)) return say("The mark does not hold these words");
    select(id, { quiet: true });
    return say(`Taken away. The mark is now ‘${shorten(wordsOf(store.span(id)))}’`);
  };

  return {
    split,
    join,
    finishJoin,
    add,
    takeAway,
    place,
    sentence: () => {
      const from = target() ?? selected();
      const first = from && borders.sentenceAt(from.start);
      if (!first) return say("Go to a word first, by the arrow keys or by a click");
      const range = { start: first[0], end: Math.max(from.end, borders.sentenceAt(from.end - 1)[1]) };
      pend(range);
      return say(`Sentence: ${map.slice(range.start, range.end)}`);
    },
    duplicate: (id) => {
      const span = here(id);
      if (!span) return;
      const { start, end, fragments } = span;
      ui.set({ pending: { start, end, anchor: { start, end }, fragments, copied: span }, selected: null, cursor: null, fragment: null, splitting: null });
      say(`Choose the other label for ‘${shorten(wordsOf(span))}’`);
    },
    occurrences: async (id) => {
      const span = store.span(id) ?? (target() ? null : selected());
      const range = span ?? target();
      if (!range) return say("Select words first, or choose a mark");
      if (closed()) return;
      const { openOccurrences } = await import("./occurrences.js");
      openOccurrences({ store, codebook, borders, range, label: span?.label, addMark, select, back: () => view.root.focus({ preventScroll: true }) });
    },
  };
}
