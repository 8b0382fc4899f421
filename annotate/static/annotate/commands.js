/** What a reader can do with marks, by key, button or pointer. Every command returns false where it does nothing. */
import { byId, say, shorten } from "./dom.js";
import { Borders, piecesOf } from "./text.js";

export function makeCommands({ store, codebook, borders, view, ui, panel, dialogs, search, proposals, asks }) {
  const { map } = borders;
  const nameOf = (span) => codebook.label(span.label).name;
  const quoted = (span) => `‘${shorten(span.quote)}’`;
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
    const roof = document.querySelector(".topbar").offsetHeight + 24;
    const sheet = byId("panel").hasAttribute("data-open") && innerWidth < 900;
    const floor = sheet ? byId("panel").getBoundingClientRect().top - 24 : innerHeight - document.querySelector(".dock").offsetHeight - 40;
    const { top, bottom } = rects[0];
    if (top >= roof && bottom <= floor) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: top - roof - (floor - roof) * 0.3, behavior: calm ? "instant" : "smooth" });
  };

  const select = (id, { quiet = false } = {}) => {
    ui.set({ selected: id, pending: null, cursor: null, hovered: null, fragment: null, edge: "end" });
    const span = store.span(id);
    if (!span) return;
    keepInView({ start: span.start, end: span.end });
    if (quiet) return;
    const lacks = codebook.missingIn(span, store.relationsFrom(id)).map(({ message }) => message);
    const place = store.spans.findIndex((other) => other.id === id) + 1;
    say([`${nameOf(span)}: ${quoted(span)}, ${place} of ${store.spans.length}`, span.unsure ? "unsure" : "", ...lacks].filter(Boolean).join(", "));
  };

  const pend = (range, anchor = range) => ui.set({ pending: { start: range.start, end: range.end, anchor }, selected: ui.fragment ? ui.selected : null, cursor: null });

  /** Where the keyboard is: [start, end). */
  const here = () => ui.pending ?? ui.cursor ?? selected();

  const mark = (code) => {
    if (closed()) return;
    const target = ui.pending ?? ui.cursor;
    const label = codebook.label(code);
    if (!target) return say("Select words first, then choose a label.");
    const { start, end } = target;
    const twin = store.spans.find((span) => span.start === start && span.end === end && span.label === code);
    if (twin) {
      select(twin.id, { quiet: true });
      return say(`Already marked as ${label.name}`);
    }
    const quote = map.slice(start, end);
    const proposed = proposals.values(label, target);
    const id = store.addSpan({ label: code, start, end, quote, attributes: codebook.defaults(code, proposed) });
    proposals.set(id, Object.keys(proposed).length > 0);
    select(id, { quiet: true });
    const place = store.spans.findIndex((span) => span.id === id) + 1;
    const lack = asks() && codebook.missingIn(store.span(id), []).find(({ attribute }) => attribute);
    if (lack) requestAnimationFrame(() => panel.edit(id, lack.attribute));
    say(`Marked ‘${shorten(quote)}’ as ${label.name}, ${place} of ${store.spans.length}${proposals.has(id) ? ". Its figure was taken from the text: check it" : ""}`);
  };

  const relabel = (span, code) => {
    if (closed() || span.label === code) return;
    for (const { id, type, from_span, to_span } of [...store.rows.relations.values()]) {
      const other = store.span(from_span === span.id ? to_span : from_span);
      if (from_span === span.id && !codebook.mayRelate(type, code, other.label)) store.unrelate(id);
      else if (to_span === span.id && !codebook.mayRelate(type, other.label, code)) store.unrelate(id);
    }
    store.changeSpan(span.id, { label: code, attributes: codebook.carriedOver(code, span.attributes) });
    say(`Changed ${quoted(span)} to ${codebook.label(code).name}`);
  };

  /** A label was chosen, by key or button: it goes on the pending words, the cursor's word, or the selected mark. */
  const label = (code) => {
    const span = selected();
    if (span && !ui.pending && !ui.cursor) relabel(span, code);
    else mark(code);
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
    ui.set({ cursor: { start, end }, pending: null, selected: ui.fragment ? ui.selected : null });
    keepInView(ui.cursor);
    say(map.slice(start, end));
  };

  const moveEdge = (direction, unit) => {
    const span = selected();
    if (!span || closed()) return;
    const side = ui.edge;
    const ranges = unit === "sentence" ? borders.sentences.map(([start, end]) => (side === "start" ? start : end)) : null;
    const from = span[side];
    const to = ranges ? (direction > 0 ? ranges.find((at) => at > from) : ranges.findLast((at) => at < from)) : borders.edgeFrom(from, side, direction);
    const pieces = piecesOf(span).map(([start, end]) => [start, end]);
    const piece = side === "start" ? pieces[0] : pieces.at(-1);
    const other = side === "start" ? piece[1] : piece[0];
    if (to === undefined || (side === "start" ? to >= other : to <= other)) return say(to === undefined ? "The text ends here" : "The mark cannot be smaller");
    piece[side === "start" ? 0 : 1] = to;
    store.moveSpan(span.id, { fragments: pieces, quote: map.slice(pieces[0][0], pieces.at(-1)[1]) });
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
  const stopLinking = () => ui.set({ linking: null, candidate: null });

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
    ui.set({ selected: id, pending: null, cursor: null, linking: { from: id, type } });
    const others = candidates();
    if (!others.length) {
      stopLinking();
      return say(`${type.title}: there is no ${type.to.map((code) => codebook.label(code).name).join(" or ")} yet`);
    }
    const known = store.relationsFrom(id).find((relation) => relation.type === type.type)?.to_span;
    const distance = (other) => Math.abs(other.start - span.start);
    const nearest = others.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    ui.set({ candidate: known ?? nearest.id });
    readArticle();
    return say(`${type.title}: choose with n and p, Enter links. ${quoted(store.span(ui.candidate))}`);
  };

  const finishLink = (targetId) => {
    const { from, type } = ui.linking;
    stopLinking();
    if (!store.span(targetId)) return;
    const there = store.relationsFrom(from).filter((relation) => relation.type === type.type);
    if (there.some(({ to_span }) => to_span === targetId)) return say("Linked already");
    if (type.max && there.length >= type.max) store.unrelate(there.at(-1).id);
    store.relate(type.type, from, targetId);
    say(`${type.title}: ${quoted(store.span(targetId))}`);
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
    if (!entry) return say(`Nothing to ${verb}`);
    if (ui.selected && !selected()) ui.set({ selected: null });
    const shown = Object.values(entry.after.spans).find(Boolean);
    if (shown) keepInView(shown);
    return say(`${words}. ${store.spans.length} marks`);
  };

  const addFragment = () => {
    const span = store.span(ui.fragment);
    const target = ui.pending ?? ui.cursor;
    if (!span || !target) return say("Select the words to add, then press Enter");
    const merged = [];
    for (const [start, end] of [...piecesOf(span), [target.start, target.end]].sort((a, b) => a[0] - b[0])) {
      const last = merged.at(-1);
      if (last && start <= last[1]) last[1] = Math.max(last[1], end);
      else merged.push([start, end]);
    }
    store.moveSpan(span.id, { fragments: merged, quote: map.slice(merged[0][0], merged.at(-1)[1]) });
    select(span.id, { quiet: true });
    return say(`Fragment added: ${merged.length} pieces`);
  };

  const onSelected = (act) => (id) => {
    const span = store.span(id ?? ui.selected);
    if (!span) return say("Choose a mark first");
    return act(span);
  };

  return {
    label,
    digit,
    layer,
    move,
    extend,
    step,
    link,
    finishLink,
    remove,
    select,
    pend,
    keepInView,
    search: () => search.open(),
    submit: () => dialogs.submit(),
    skip: () => dialogs.skip(),
    help: () => byId("help").showModal(),
    undo: () => closed() || travel("undo", store.undo(), "Undone"),
    redo: () => closed() || travel("redo", store.redo(), "Redone"),
    unlink: (relationId) => closed() || store.unrelate(relationId),
    switchEdge: onSelected(() => {
      ui.set({ edge: ui.edge === "end" ? "start" : "end" });
      say(`Shift and arrows move the ${ui.edge === "end" ? "right" : "left"} edge`);
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
    guidelines: () => panel.guide(selected()?.label ?? null),
    fragment: onSelected((span) => {
      if (ui.fragment) return addFragment();
      ui.set({ fragment: span.id, selected: span.id, pending: null, cursor: null });
      return say("Select the words to add, then press Enter. Escape cancels.");
    }),
    enter: () => {
      if (ui.linking) return finishLink(ui.candidate);
      if (ui.fragment) return addFragment();
      if (!selected()) return false;
      return panel.edit(ui.selected);
    },
    escape: () => {
      const { activeElement } = document;
      if (activeElement !== view.root && activeElement !== document.body) readArticle();
      else if (ui.linking) stopLinking();
      else if (ui.fragment) ui.set({ fragment: null, pending: null });
      else if (ui.pending) ui.set({ cursor: { start: ui.pending.anchor.start, end: ui.pending.anchor.end }, pending: null });
      else {
        ui.set({ selected: null, cursor: null });
        panel.sheet(false);
      }
      ui.set({ hovered: null });
    },
    /** A click on pieces of these marks: link to one, or select the shortest; again, the next one under it. */
    choose: (ids) => {
      if (ui.linking) return finishLink(ids.find((id) => candidates().some((span) => span.id === id)));
      if (ui.fragment) ui.set({ fragment: null });
      panel.show("marks");
      panel.sheet(true); // first, so that card and mark are brought into the room that is left
      return select(ids[(ids.indexOf(ui.selected) + 1) % ids.length]);
    },
    clear: ({ cursor = null } = {}) => {
      if (ui.linking) stopLinking();
      panel.sheet(false);
      ui.set({ pending: null, cursor, selected: ui.fragment ? ui.selected : null });
    },
  };
}
