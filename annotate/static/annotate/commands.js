/** What a reader can do with marks, by key, button or pointer. Every command returns false where it does nothing. */
import { byId, say, shorten } from "./dom.js";
import { keyFor } from "./keymap.js";
import { stacksOf } from "./store.js";
import { Borders, parted, piecesOf, union, without, wordsOf } from "./text.js";

export function makeCommands({ store, codebook, borders, view, ui, panel, dialogs, search, help, wholeWords, proposals, asks, notice }) {
  const { map } = borders;
  const nameOf = (span) => codebook.label(span.label).name;
  const quoted = (span) => `‘${shorten(wordsOf(span))}’`;
  const selected = () => store.span(ui.selected);
  const closed = () => {
    if (store.editable) return false;
    say("This task is closed: nothing can be changed.");
    return true;
  };
  const readArticle = () => view.root.focus({ preventScroll: true });

  const keepInView = (range) => {
    const rects = [...view.rangeOf(range).getClientRects()];
    if (!rects.length) return;
    const roof = byId("topbar").offsetHeight + 24;
    const sheet = byId("panel").hasAttribute("data-open") && innerWidth < 900;
    const floor = sheet ? byId("panel").getBoundingClientRect().top - 24 : innerHeight - byId("dock").offsetHeight - 40;
    const { top, bottom } = rects[0];
    if (top >= roof && bottom <= floor) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: top - roof - (floor - roof) * 0.3, behavior: calm ? "instant" : "smooth" });
  };

  const select = (id, { quiet = false } = {}) => {
    ui.set({ selected: id, pending: null, cursor: null, hovered: null, fragment: null, splitting: null, relabeling: false, edge: "end" });
    const span = store.span(id);
    if (!span) return;
    keepInView({ start: span.start, end: span.end });
    if (quiet) return;
    const lacks = codebook.missingIn(span, store.relationsFrom(id)).map(({ message }) => message);
    const place = store.spans.findIndex((other) => other.id === id) + 1;
    say([`${nameOf(span)}: ${quoted(span)}, ${place} of ${store.spans.length}`, span.unsure ? "unsure" : "", ...lacks].filter(Boolean).join(", "));
  };

  const pend = (range, anchor = range) => ui.set({ pending: { start: range.start, end: range.end, anchor }, selected: ui.held && ui.selected, cursor: null });

  /** Where the keyboard is: [start, end). */
  const here = () => ui.pending ?? ui.cursor ?? selected();

  /** Store a new mark over `fragments`; its id. `attributes`: of the mark it comes from, else what the text proposes. */
  const addMark = ({ label: code, fragments, ...more }, attributes) => {
    const [start, end] = [fragments[0][0], fragments.at(-1)[1]];
    const proposed = attributes ? {} : proposals.values(codebook.label(code), { start, end });
    const id = store.addSpan({ label: code, start, end, fragments, quote: map.slice(start, end), attributes: codebook.defaults(code, attributes ?? { ...proposals.remembered(codebook.label(code)), ...proposed }), ...more });
    proposals.set(id, Object.keys(proposed).length > 0);
    return id;
  };

  const mark = (code) => {
    if (closed()) return;
    const target = ui.pending ?? ui.cursor;
    const label = codebook.label(code);
    if (!target) return say("Select words first, then choose a label.");
    const fragments = piecesOf(target);
    const twin = store.spans.find((span) => span.label === code && String(piecesOf(span)) === String(fragments));
    if (twin) {
      select(twin.id, { quiet: true });
      return say(`Already marked as ${label.name}`);
    }
    const id = addMark({ label: code, fragments }, target.copied?.attributes);
    select(id, { quiet: true });
    const place = store.spans.findIndex((span) => span.id === id) + 1;
    const lack = asks() && codebook.missingIn(store.span(id), []).find(({ attribute }) => attribute);
    if (lack) requestAnimationFrame(() => panel.edit(id, lack.attribute));
    say(`Marked ${quoted(store.span(id))} as ${label.name}, ${place} of ${store.spans.length}${proposals.has(id) ? ". Its figure was taken from the text: check it" : ""}`);
  };

  const relabel = (span, code) => {
    if (closed() || span.label === code) return;
    store.together(() => {
      for (const { id, type, from_span, to_span } of [...store.rows.relations.values()]) {
        const other = store.span(from_span === span.id ? to_span : from_span);
        if (from_span === span.id && !codebook.mayRelate(type, code, other.label)) store.unrelate(id);
        else if (to_span === span.id && !codebook.mayRelate(type, other.label, code)) store.unrelate(id);
      }
      const proposed = proposals.values(codebook.label(code), span);
    store.changeSpan(span.id, { label: code, attributes: codebook.carriedOver(code, { ...proposed, ...span.attributes }) });
    proposals.set(span.id, Object.keys(proposed).length > 0 && !("value" in span.attributes));
    });
    say(`Changed ${quoted(span)} to ${codebook.label(code).name}`);
  };

  /** A label was chosen, by key or button: it goes on the pending words, the cursor's word, or the selected mark. */
  const label = (code) => {
    const span = selected();
    if (span && !ui.pending && !ui.cursor) relabel(span, code);
    else mark(code);
    ui.set({ relabeling: false });
    if (document.activeElement === document.body || byId("toolbar").contains(document.activeElement)) readArticle();
  };

  // With more than nine labels the layer's key comes first, then the digit.
  let layerKey = null;
  const layer = (key) => {
    layerKey = key;
    setTimeout(() => (layerKey = null), 4000);
    say(`${codebook.layerKeys.get(key).name}: now the label's digit`);
  };
  const digit = (key) => {
    const chosen = codebook.byKey.get(layerKey ? `${layerKey} ${key}` : key);
    if (!chosen && !layerKey && codebook.layerKeys.has(key)) return layer(key);
    layerKey = null;
    return chosen ? label(chosen.code) : say("No label has this key");
  };

  const move = (direction, unit) => {
    const from = here();
    const ranges = unit === "sentence" ? borders.sentences : borders.stops;
    if (!ranges.length) return;
    const at = from ? Borders.at(ranges, direction > 0 ? Math.max(from.start, from.end - 1) : from.start) : -1;
    const holding = at >= 0 && from && unit === "sentence" && direction < 0 && from.start > ranges[at][0];
    const next = Math.max(0, Math.min(ranges.length - 1, from ? at + (holding ? 0 : direction) : 0));
    // By sentence the cursor lands on the sentence's first word.
    const [start, end] = unit === "sentence" ? borders.stopAt(ranges[next][0]) : ranges[next];
    ui.set({ cursor: { start, end }, pending: null, selected: ui.held && ui.selected });
    keepInView(ui.cursor);
    say(map.slice(start, end));
  };

  const moveEdge = (direction, unit) => {
    const span = selected();
    if (!span || closed()) return;
    const side = ui.edge;
    const ranges = unit === "sentence" ? borders.sentences.map(([start, end]) => (side === "start" ? start : end)) : null;
    const from = span[side];
    const to = ranges ? (direction > 0 ? ranges.find((at) => at > from) : ranges.findLast((at) => at < from)) : borders.edgeFrom(from, side, direction, { words: wholeWords() });
    const pieces = piecesOf(span).map(([start, end]) => [start, end]);
    const piece = side === "start" ? pieces[0] : pieces.at(-1);
    const other = side === "start" ? piece[1] : piece[0];
    if (to === undefined || (side === "start" ? to >= other : to <= other)) return say(to === undefined ? "The text ends here" : "The mark cannot be smaller");
    piece[side === "start" ? 0 : 1] = to;
    edits.place(span.id, pieces);
    keepInView(side === "start" ? { start: to, end: to + 1 } : { start: to - 1, end: to });
    say(`${nameOf(span)} is now ${quoted(store.span(span.id))}`);
  };

  const extend = (direction, unit) => {
    if (selected() && !ui.pending && !ui.cursor) return moveEdge(direction, unit);
    const from = ui.pending ?? ui.cursor;
    if (!from) return move(direction, unit);
    const anchor = ui.pending?.anchor ?? { start: from.start, end: from.end };
    const ranges = unit === "sentence" ? borders.sentences : borders.stops;
    // The head is the end that is not held by the anchor.
    const forward = from.end > anchor.end || (from.start === anchor.start && direction > 0);
    const head = forward ? from.end : from.start;
    const side = forward ? 1 : 0;
    const to = direction > 0 ? ranges.find((range) => range[side] > head)?.[side] : ranges.findLast((range) => range[side] < head)?.[side];
    if (to === undefined) return;
    const range = forward ? { start: anchor.start, end: Math.max(anchor.end, to) } : { start: Math.min(anchor.start, to), end: anchor.end };
    pend(range, anchor);
    keepInView(forward ? { start: range.end - 1, end: range.end } : { start: range.start, end: range.start + 1 });
    say(map.slice(range.start, range.end));
  };

  const candidates = () => {
    const { from, type } = ui.linking;
    return store.spans.filter((span) => span.id !== from && type.to.includes(span.label));
  };
  const startLinking = (from, type, candidate) => {
    ui.set({ selected: from, pending: null, cursor: null, fragment: null, splitting: null, linking: { from, type }, candidate });
    readArticle();
  };
  const stopLinking = () => ui.set({ linking: null, candidate: null, dragging: false });
  const linkable = (ids) => ids.find((id) => candidates().some((span) => span.id === id)) ?? null;

  const step = (direction) => {
    const spans = ui.linking ? candidates() : store.spans;
    if (!spans.length) return say("No marks yet");
    const at = spans.findIndex(({ id }) => id === (ui.linking ? ui.candidate : ui.selected));
    let next = at + direction;
    if (at < 0) {
      const from = here()?.start;
      const after = from === undefined ? (direction > 0 ? 0 : spans.length) : spans.findIndex(({ start }) => start >= from);
      next = direction > 0 ? (after < 0 ? 0 : after) : (after < 0 ? spans.length : after) - 1;
    }
    const span = spans[(next + spans.length) % spans.length];
    if (!ui.linking) return select(span.id);
    ui.set({ candidate: span.id });
    keepInView(span);
    return say(`${quoted(span)}. Enter links.`);
  };

  /** Start a link from a mark; pressed again it goes on to the next kind of link. */
  const link = (typeName = null, id = ui.selected) => {
    const span = store.span(id);
    if (!span) return say("Choose a mark first");
    if (closed()) return;
    const types = codebook.relationsFrom(span.label);
    if (!types.length) return say(`${nameOf(span)} takes no link`);
    const count = (type) => store.relationsFrom(id).filter((relation) => relation.type === type.type).length;
    const order = [...types].sort((a, b) => (count(b) < (b.min ?? 0)) - (count(a) < (a.min ?? 0)));
    const at = ui.linking?.from === id ? order.indexOf(ui.linking.type) : -1;
    const type = typeName ? types.find((one) => one.type === typeName) : order[(at + 1) % order.length];
    const others = store.spans.filter((other) => other.id !== id && type.to.includes(other.label));
    if (!others.length) {
      stopLinking();
      return notice("warn", `${type.title}: there is no ${type.to.map((code) => codebook.label(code).name).join(" or ")} yet. Mark it first.`);
    }
    const known = store.relationsFrom(id).find((relation) => relation.type === type.type)?.to_span;
    const distance = (other) => Math.abs(other.start - span.start);
    const nearest = others.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    startLinking(id, type, known ?? nearest.id);
    return say(`${type.title}: choose with ${keyFor("next")} and ${keyFor("previous")}, Enter links. ${quoted(store.span(ui.candidate))}`);
  };

  const finishLink = (targetId) => {
    const { from, type } = ui.linking;
    stopLinking();
    if (!store.span(targetId)) return;
    if (type.join) return edits.finishJoin(from, targetId);
    const there = store.relationsFrom(from).filter((relation) => relation.type === type.type);
    if (there.some(({ to_span }) => to_span === targetId)) return say("Linked already");
    const full = type.max && there.length >= type.max;
    if (full && type.max > 1) return notice("warn", `‘${type.title}’ takes ${type.max} links, and this mark has them: remove one first.`);
    const instead = full ? ` instead of ${quoted(store.span(there[0].to_span))}: it takes one link` : "";
    if (full) store.unrelate(there[0].id);
    store.relate(type.type, from, targetId);
    return say(`${type.title}: ${quoted(store.span(targetId))}${instead}`);
  };

  const unlinkCandidate = () => {
    const { from, type } = ui.linking;
    const relation = store.relationsFrom(from).find((one) => one.type === type.type && one.to_span === ui.candidate);
    if (!relation) return say("Not linked");
    store.unrelate(relation.id);
    stopLinking();
    return say("Link removed");
  };

  const remove = (id = ui.selected) => {
    if (ui.linking) return unlinkCandidate();
    if (ui.fragment) return edits.takeAway();
    const span = store.span(id);
    if (!span) return say("Choose a mark first");
    if (closed()) return;
    const at = store.spans.findIndex((other) => other.id === id);
    const { start, end } = span;
    store.deleteSpan(id);
    const next = store.spans[at] ?? store.spans[at - 1];
    ui.set({ selected: null, pending: null, fragment: null, cursor: next ? null : { start, end } });
    if (next) select(next.id, { quiet: true });
    if (document.activeElement === document.body) readArticle();
    return say(`Removed ${quoted(span)}. Control Z brings it back.`);
  };

  const travel = (verb, entry, words) => {
    if (!entry) return say(stacksOf(store.log)[verb] ? `Not possible: the marks have changed, so this cannot be ${words.toLowerCase()} as a whole.` : `Nothing to ${verb}`);
    if (ui.selected && !selected()) ui.set({ selected: null });
    const shown = Object.values(entry.after.spans).find(Boolean);
    if (shown) keepInView(shown);
    return say(`${words}. ${store.spans.length} marks`);
  };

  const addFragment = () => {
    if (!selected() || !(ui.pending ?? ui.cursor)) return say("Select the words to add, then press Enter");
    return edits.add();
  };

  const onSelected = (act) => (id) => {
    const span = store.span(id ?? ui.selected);
    if (!span) return say("Choose a mark first");
    return act(span);
  };

  const edits = makeEdits({ store, codebook, borders, ui, readArticle, closed, selected, select, pend, addMark, startLinking });

  return {
    ...edits,
    label,
    digit,
    layer,
    move,
    extend,
    next: () => step(1),
    previous: () => step(-1),
    link,
    /** The pointer draws a link and is over these marks now; `done`: it was let go there. */
    linkOver: (ids, done) => {
      ui.set({ candidate: linkable(ids), dragging: true });
      if (!done) return;
      if (ui.candidate) finishLink(ui.candidate);
      else stopLinking();
    },
    finishLink,
    remove,
    select,
    pend,
    keepInView,
    search: () => search.open(),
    submit: () => dialogs.submit(),
    skip: () => dialogs.skip(),
    help,
    /** To the list of labels by keyboard: beside the words, or beside the selected mark. */
    palette: (id) => {
      if (id) select(id, { quiet: true });
      if (!ui.pending && ui.cursor) pend(ui.cursor);
      if (!ui.pending && !selected()) return say("Select words first, or choose a mark");
      if (closed()) return;
      ui.set({ relabeling: !ui.pending });
      const now = selected()?.label;
      (byId("toolbar").querySelector(`[data-label="${now}"]`) ?? byId("toolbar").querySelector("button")).focus();
    },
    undo: () => closed() || travel("undo", store.undo(), "Undone"),
    redo: () => closed() || travel("redo", store.redo(), "Redone"),
    unlink: (relationId) => closed() || store.unrelate(relationId),
    switchEdge: onSelected(() => {
      ui.set({ edge: ui.edge === "end" ? "start" : "end" });
      say(`Shift and arrows move the ${ui.edge} of the mark`);
    }),
    unsure: onSelected((span) => {
      if (closed()) return;
      store.changeSpan(span.id, { unsure: !span.unsure });
      say(span.unsure ? "Sure again" : "Marked as unsure");
    }),
    comment: onSelected((span) => {
      if (ui.selected !== span.id) select(span.id, { quiet: true });
      panel.edit(span.id, "comment");
    }),
    question: () => panel.question(),
    guidelines: () => panel.guide(selected()?.label ?? null),
    fragment: onSelected((span) => {
      if (ui.fragment) return addFragment();
      if (closed()) return;
      ui.set({ fragment: span.id, selected: span.id, pending: null, cursor: null, splitting: null, relabeling: false });
      readArticle();
      return say("Select words: Enter adds them, Delete takes them away. Escape cancels.");
    }),
    enter: () => {
      if (ui.linking) return finishLink(ui.candidate);
      if (ui.fragment) return addFragment();
      if (ui.splitting) return edits.split();
      if (!selected()) return false;
      return panel.edit(ui.selected);
    },
    escape: () => {
      const { activeElement } = document;
      ui.set({ relabeling: false });
      if (activeElement !== view.root && activeElement !== document.body) readArticle();
      else if (ui.linking) stopLinking();
      else if (ui.held) ui.set({ fragment: null, splitting: null, pending: null, cursor: null });
      else if (ui.pending) ui.set({ cursor: { start: ui.pending.anchor.start, end: ui.pending.anchor.end }, pending: null });
      else {
        ui.set({ selected: null, cursor: null, relabeling: false });
        panel.sheet(false);
      }
      ui.set({ hovered: null });
    },
    /** A click on pieces of these marks: link to one, or select the shortest; again, the next one under it. */
    choose: (ids) => {
      if (ui.linking) return finishLink(linkable(ids));
      if (ui.fragment) ui.set({ fragment: null });
      panel.show("marks");
      panel.sheet(true); // first, so that card and mark are brought into the room that is left
      return select(ids[(ids.indexOf(ui.selected) + 1) % ids.length]);
    },
    clear: ({ cursor = null } = {}) => {
      if (ui.linking) stopLinking();
      panel.sheet(false);
      ui.set({ pending: null, cursor, selected: ui.held && ui.selected });
    },
  };
}

/** What is done to marks as wholes: split, join, copy, take words away, every occurrence. Each is one gesture to undo. */
function makeEdits({ store, codebook, borders, ui, readArticle, closed, selected, select, pend, addMark, startLinking }) {
  const { map } = borders;
  const target = () => ui.pending ?? ui.cursor;
  const trimmed = (pieces) => pieces.map(([start, end]) => borders.snap(start, end, { words: false })).filter(Boolean).map(({ start, end }) => [start, end]);
  const blank = (from, to) => !map.slice(from, to).trim();
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
    readArticle();
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
    const pieces = union([...piecesOf(store.span(ui.fragment)), [start, end]], blank);
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
      readArticle();
      say(`Choose the other label for ‘${shorten(wordsOf(span))}’`);
    },
    occurrences: async (id) => {
      const span = store.span(id) ?? (target() ? null : selected());
      const range = span ?? target();
      if (!range) return say("Select words first, or choose a mark");
      if (closed()) return;
      const { openOccurrences } = await import("./rare.js");
      openOccurrences({ store, codebook, borders, range, label: span?.label, addMark, select, back: readArticle });
    },
  };
}
