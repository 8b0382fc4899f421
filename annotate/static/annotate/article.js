/**
 * The article in the page: marks as <mark> pieces, DOM points and code points, selecting, searching, the palette.
 * The server drew the first paint by the same rule (annotate/rendering.py); only paragraphs that change are drawn again.
 */
import { byId, make, say, shorten } from "./dom.js";
import { keyFor } from "./keymap.js";
import { capsOf, countWhile, cut, lanesOf, OffsetMap, piecesOf, wordsOf } from "./text.js";

export const LANES = 3;

const keyOf = (span, lane) => `${span.start} ${span.end} ${span.label} ${lane} ${span.fragments ?? ""}`;

export class ArticleView {
  #drawn = new Map(); // span id -> {key, start, end}
  #emphasised = [];

  /** `look(label code)` -> {tone, name}. */
  constructor(root, map, look) {
    Object.assign(this, { root, map, look });
    const elements = [...root.querySelectorAll("[data-start]")];
    this.blocks = elements.map((element) => {
      const start = Number(element.dataset.start);
      return { element, start, end: map.toPoint(map.toUnit(start) + element.textContent.length) };
    });
  }

  /** The words of the next task's article, to be read while its page is on the way; nothing can be done with them. */
  preview({ article: { text, language, paragraphs, zones } }) {
    const map = new OffsetMap(text);
    const zoneAt = (point) => zones.find(({ start, end }) => start <= point && point < end)?.zone;
    document.querySelector("dialog[open]")?.close();
    document.body.inert = true;
    Object.assign(this.root, { lang: language ?? "", dir: "auto" });
    this.root.replaceChildren(
      ...paragraphs.map(([start, end]) => make(zoneAt(start) === "headline" ? "h1" : "p", { dataset: { zone: zoneAt(start) ?? "body" } }, map.slice(start, end))),
    );
    scrollTo({ top: 0, behavior: "instant" });
  }

  /** The paragraphs that [start, end) reaches, and `more` on both sides. */
  near({ start, end }, more = 0) {
    return this.blocks.slice(Math.max(0, countWhile(this.blocks, (block) => block.end <= start) - more), countWhile(this.blocks, (block) => block.start < end) + more);
  }

  /** Whether the page shows the text that the offsets count. */
  matches() {
    return this.blocks.every(({ element, start, end }) => element.textContent === this.map.slice(start, end));
  }

  #keys(spans) {
    const lanes = lanesOf(spans);
    return new Map(
      spans.map((span, i) => {
        const old = this.#drawn.get(span.id);
        return [span.id, old?.span === span && old.lane === lanes[i] ? old : { key: keyOf(span, lanes[i]), start: span.start, end: span.end, span, lane: lanes[i] }];
      }),
    );
  }

  adopt(spans) {
    this.#drawn = this.#keys(spans);
  }

  /** Draw the paragraphs in which these spans differ from what is drawn. */
  draw(spans) {
    const next = this.#keys(spans);
    const changed = [];
    for (const [id, now] of next) {
      const old = this.#drawn.get(id);
      if (old?.key !== now.key) changed.push(now, old ?? now);
    }
    for (const [id, old] of this.#drawn) if (!next.has(id)) changed.push(old);
    this.#drawn = next;
    for (const block of new Set(changed.flatMap((one) => this.near(one)))) this.#drawBlock(block, next);
  }

  #drawBlock({ element, start, end }, drawn) {
    const inside = [...drawn.values()].filter((one) => one.start < end && one.end > start);
    element.replaceChildren(
      ...cut(start, end, inside.map(({ span }) => span)).map((piece) => {
        const words = this.map.slice(piece.start, piece.end);
        return piece.spans.length ? this.#pieceOf(piece, words, piece.spans.map((index) => inside[index])) : document.createTextNode(words);
      }),
    );
  }

  #pieceOf(piece, words, over) {
    const mark = document.createElement("mark");
    mark.textContent = words;
    mark.dataset.spanIds = over.map(({ span }) => span.id).join(" ");
    for (const { span, lane } of over) {
      if (lane >= LANES) continue;
      mark.setAttribute(`data-lane${lane}`, this.look(span.label).tone);
      const caps = capsOf(piece, span);
      if (caps) mark.setAttribute(`data-cap${lane}`, caps);
    }
    const hidden = over.filter(({ lane }) => lane >= LANES).length;
    if (hidden) mark.dataset.more = `+${hidden}`;
    mark.setAttribute("aria-description", over.map(({ span }) => this.look(span.label).name).join(", "));
    return mark;
  }

  /** {selected, hovered, linked} -> [{id, tone}]; nulls among them say nothing. */
  emphasise(roles) {
    for (const [piece, role] of this.#emphasised) piece.removeAttribute(`data-${role}`);
    this.#emphasised = [];
    for (const [role, marks] of Object.entries(roles)) {
      for (const { id, tone } of marks.filter(Boolean)) {
        for (const piece of this.piecesOf(id)) {
          piece.setAttribute(`data-${role}`, tone);
          this.#emphasised.push([piece, role]);
        }
      }
    }
  }

  piecesOf(id) {
    const drawn = this.#drawn.get(id);
    return drawn ? this.near(drawn).flatMap(({ element }) => [...element.querySelectorAll(`mark[data-span-ids~="${CSS.escape(id)}"]`)]) : [];
  }

  /** The offset of a DOM point; outside the paragraphs: where the next one begins, or the end of the text. */
  pointOf(node, offset) {
    const here = document.createRange();
    here.setStart(node, offset);
    const element = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest?.("[data-start]");
    const block = element && this.blocks.find((candidate) => candidate.element === element);
    if (!block) return this.blocks.find(({ element: other }) => here.comparePoint(other, 0) >= 0)?.start ?? this.map.length;
    let units = 0;
    for (const text of this.#textsOf(block.element)) {
      if (text === node) {
        units += offset;
        break;
      }
      if (here.comparePoint(text, text.length) > 0) break;
      units += text.length;
    }
    return this.map.toPoint(this.map.toUnit(block.start) + units);
  }

  /** The offset of the character border nearest to a place in the window; null outside the article. */
  pointAt(x, y) {
    const at = document.caretPositionFromPoint?.(x, y);
    const range = at ? null : document.caretRangeFromPoint?.(x, y);
    const node = at?.offsetNode ?? range?.startContainer;
    return node && this.root.contains(node) ? this.pointOf(node, at?.offset ?? range.startOffset) : null;
  }

  *#textsOf(element) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("[data-ui]")) yield walker.currentNode;
  }

  #placeOf(point, leaning) {
    const block = this.blocks[Math.max(0, countWhile(this.blocks, ({ start }) => start <= point) - 1)];
    let left = this.map.toUnit(point) - this.map.toUnit(block.start);
    let last = null;
    for (const text of this.#textsOf(block.element)) {
      if (left < text.length || (left === text.length && leaning === "end")) return [text, left];
      left -= text.length;
      last = text;
    }
    return last ? [last, last.length] : [block.element, 0];
  }

  /** The DOM range of [start, end). */
  rangeOf({ start, end }) {
    const range = document.createRange();
    range.setStart(...this.#placeOf(start, "start"));
    range.setEnd(...this.#placeOf(end, "end"));
    return range;
  }
}

// ---- Short-lived highlights (the word cursor, a search hit), which leave the text alone

/** Show DOM ranges (or one, or null), by CSS Custom Highlight, else by boxes inside `host`, which is positioned. */
export function highlight(name, given, host) {
  const ranges = [given].flat().filter(Boolean);
  if (globalThis.CSS?.highlights && globalThis.Highlight) {
    if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
    else CSS.highlights.delete(name);
    return;
  }
  for (const box of host.querySelectorAll(`[data-box="${name}"]`)) box.remove();
  if (!ranges.length) return;
  const frame = host.getBoundingClientRect();
  for (const rect of ranges.flatMap((range) => [...range.getClientRects()])) {
    const box = document.createElement("span");
    box.dataset.ui = "";
    box.dataset.box = name;
    box.setAttribute("aria-hidden", "true");
    const place = { left: rect.left - frame.left, top: rect.top - frame.top, width: rect.width, height: rect.height };
    for (const [side, value] of Object.entries(place)) box.style.setProperty(side, `${value}px`);
    host.append(box);
  }
}

// ---- Mouse and touch

const isSelected = (range) => {
  const now = getSelection().rangeCount && getSelection().getRangeAt(0);
  return now && ["startContainer", "startOffset", "endContainer", "endOffset"].every((name) => now[name] === range[name]);
};

/** Replace the browser's selection by [start, end), or clear it where `range` is null and it lies in the article. */
export function showSelection(view, range) {
  const selection = getSelection();
  if (range) {
    const { startContainer, startOffset, endContainer, endOffset } = view.rangeOf(range);
    if (isSelected({ startContainer, startOffset, endContainer, endOffset })) return;
    selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  } else if (selection.rangeCount && !selection.isCollapsed && view.root.contains(selection.anchorNode)) {
    selection.removeAllRanges();
  }
}

export function bindSelection({ view, borders, ui, store, commands, wholeWords }) {
  const { root } = view;

  /** Make the words that the browser has selected pending; true where there are any. */
  const read = ({ words }) => {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return false;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(root)) return false;
    const start = view.pointOf(range.startContainer, range.startOffset);
    const end = view.pointOf(range.endContainer, range.endOffset);
    const snapped = borders.snap(start, end, { words });
    if (!snapped) return false;
    if (!root.contains(range.startContainer) && !root.contains(range.endContainer) && !range.intersectsNode(root)) return false;
    commands.pend(snapped);
    say(`Selected ${shorten(borders.map.slice(snapped.start, snapped.end))}`);
    return true;
  };

  let pressed = false;
  root.addEventListener("pointerdown", (event) => (pressed = event.button === 0));
  document.addEventListener("pointerup", (event) => {
    if (!pressed) return;
    pressed = false;
    const words = wholeWords() && !event.altKey;
    // The browser settles the selection of a click after this event.
    setTimeout(() => {
      if (read({ words })) return;
      if (!root.contains(event.target)) return;
      const piece = event.target.closest("mark[data-span-ids]");
      if (piece && !ui.splitting) return commands.choose(piece.dataset.spanIds.split(" "));
      const { anchorNode, anchorOffset } = getSelection();
      const at = anchorNode && root.contains(anchorNode) && event.pointerType !== "touch" ? borders.stopAt(view.pointOf(anchorNode, anchorOffset)) : null;
      commands.clear({ cursor: at && { start: at[0], end: at[1] } });
    });
  });

  // A finger moves the system's handles without any pointer event on the page.
  let settled;
  document.addEventListener("selectionchange", () => {
    if (!matchMedia("(pointer: coarse)").matches) return;
    clearTimeout(settled);
    settled = setTimeout(() => {
      if (!ui.pending || !isSelected(view.rangeOf(ui.pending))) read({ words: wholeWords() });
    }, 350);
  });

  const hover = (id) => ui.set({ hovered: id && store.span(id) ? id : null });
  root.addEventListener("pointerover", (event) => hover(event.target.closest("mark[data-span-ids]")?.dataset.spanIds.split(" ")[0] ?? null));
  root.addEventListener("pointerleave", () => hover(null));
}

// ---- Search: Enter goes to the next place, Escape returns to the article with it selected

/** Offsets of `words` in `text`, in code units; no overlaps. `flags` "gu": as it is written. */
export function placesOf(text, words, flags = "giu") {
  const wanted = words.trim();
  if (!wanted) return [];
  const pattern = new RegExp(wanted.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll(/\s+/g, "\\s+"), flags);
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => [index, index + found.length]);
}

export function makeSearch({ view, borders, pend }) {
  const form = byId("search");
  const field = byId("search-words");
  const meta = byId("reader-meta"); // the search takes its place, so that the text stays where it is
  const { map } = borders;
  let places = [];
  let at = -1;

  const show = () => {
    byId("search-count").textContent = field.value.trim() ? (places.length ? `${Math.max(at, 0) + 1} of ${places.length}` : "not found") : "";
    const place = places[Math.max(at, 0)];
    const range = place && { start: map.toPoint(place[0]), end: map.toPoint(place[1]) };
    highlight("found", range ? view.rangeOf(range) : null, view.root.parentElement);
    return range;
  };
  const open = () => {
    form.hidden = false;
    meta.hidden = true;
    field.focus();
    field.select();
  };
  const close = () => {
    form.hidden = true;
    meta.hidden = false;
    const found = places[at];
    highlight("found", null, view.root.parentElement);
    view.root.focus({ preventScroll: true });
    places = [];
    at = -1;
    if (!found) return;
    const range = { start: map.toPoint(found[0]), end: map.toPoint(found[1]) };
    pend(borders.snap(range.start, range.end) ?? range);
  };
  field.addEventListener("input", () => {
    places = placesOf(map.text, field.value);
    at = -1;
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!places.length) return say("Not found");
    at = (at + 1) % places.length;
    const range = show();
    const top = view.rangeOf(range).getBoundingClientRect().top;
    if (top < 120 || top > innerHeight - 160) scrollBy({ top: top - innerHeight * 0.35 });
    return say(`${at + 1} of ${places.length}: ${map.slice(...(({ start, end }) => [Math.max(0, start - 30), Math.min(map.length, end + 30)])(range))}`);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });
  byId("search-open").addEventListener("click", open);
  byId("search-close").addEventListener("click", close);
  return { open };
}

// ---- The palette beside the pending words, the legend, the name flag and the mode line

const GAP = 10;

/** Which side of the words the palette takes: above, unless that would hide marks or the window's edge is near. */
export function sideFor({ top, bottom, height, roof, floor, marksAbove, marksBelow }) {
  const above = top - height - GAP >= roof;
  const below = bottom + height + GAP <= floor;
  if (above && below) return marksAbove > marksBelow ? "below" : "above";
  return above ? "above" : "below";
}

export function bindPalette({ view, ui, commands, codebook, store }) {
  const toolbar = byId("toolbar");
  const mode = byId("mode");
  const flag = byId("flag");

  for (const root of [toolbar, byId("legend")]) {
    root.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection and the focus
    root.addEventListener("click", (event) => {
      const { label, run } = event.target.closest("[data-label], [data-run]")?.dataset ?? {};
      if (label) commands.label(label);
      else if (run) commands[run]();
    });
  }
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...toolbar.querySelectorAll("button")];
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
  });

  let crowd = { marksAbove: 0, marksBelow: 0 }; // marks that the palette would hide; they scroll along with the words
  const place = ({ fresh }) => {
    if (innerWidth < 900) toolbar.removeAttribute("style");
    if (toolbar.hidden || innerWidth < 900) return; // on a small screen the stylesheet docks it
    const words = ui.pending ?? store.span(ui.selected);
    const rects = [...view.rangeOf(words).getClientRects()].filter(({ width }) => width > 1);
    if (!rects.length) return;
    const top = Math.min(...rects.map((rect) => rect.top));
    const bottom = Math.max(...rects.map((rect) => rect.bottom));
    const { offsetWidth: width, offsetHeight: height } = toolbar;
    const roof = byId("topbar").offsetHeight + GAP;
    const floor = innerHeight - byId("dock").offsetHeight - GAP;
    const near = fresh && view.near(words, 2).flatMap(({ element }) => [...element.querySelectorAll("mark[data-span-ids]")].map((mark) => mark.getBoundingClientRect())).filter((rect) => rect.bottom > top - height - 60 && rect.top < bottom + height + 60);
    if (near) {
      crowd = {
        marksAbove: near.filter((rect) => rect.bottom <= top + 4 && rect.bottom > top - height).length,
        marksBelow: near.filter((rect) => rect.top >= bottom - 4 && rect.top < bottom + height).length,
      };
    }
    const side = sideFor({ top, bottom, height, roof, floor, ...crowd });
    const anchor = side === "above" ? rects.find((rect) => rect.top === top) : rects.find((rect) => rect.bottom === bottom);
    const reader = view.root.getBoundingClientRect();
    const left = Math.max(reader.left, Math.min(anchor.left + anchor.width / 2 - width / 2, reader.right - width));
    toolbar.style.setProperty("top", `${side === "above" ? top - height - GAP : bottom + GAP}px`);
    toolbar.style.setProperty("left", `${left}px`);
  };

  /** The name of the selected or hovered mark, in the margin beside its first line. */
  const flagMark = () => {
    const span = store.span(ui.hovered ?? ui.selected);
    const piece = span && view.piecesOf(span.id)[0];
    flag.hidden = !piece;
    if (!piece) return;
    const label = codebook.label(span.label);
    flag.textContent = label.name;
    flag.dataset.layerIndex = label.tone;
    const frame = view.root.parentElement.getBoundingClientRect();
    const column = view.root.getBoundingClientRect();
    const line = piece.getClientRects()[0];
    flag.style.setProperty("top", `${line.top - frame.top + line.height / 2}px`);
    flag.style.setProperty("right", `${frame.right - column.left - 4}px`);
  };

  const drawMode = () => {
    const from = store.span(ui.linking?.from ?? ui.held);
    mode.hidden = !from;
    byId("legend").hidden = Boolean(from);
    view.root.toggleAttribute("data-linking", Boolean(ui.linking));
    if (!from) return;
    const key = (name) => make("kbd", {}, name);
    const quote = `‘${shorten(wordsOf(from), 32)}’`;
    const { type } = ui.linking ?? {};
    const names = type && make("strong", {}, type.to.map((code) => codebook.label(code).name).join(" or "));
    const choose = [": ", key(keyFor("next")), " ", key(keyFor("previous")), " choose, ", key("Enter")];
    const words = type?.join
      ? [`${quote} joins another `, names, ...choose, " joins"]
      : type
        ? [`${quote} ${type.title} `, names, ...choose, " links, ", key("Delete"), " unlinks"]
        : ui.fragment
          ? [`${quote}: select words, `, key("Enter"), " adds, ", key("Delete"), " takes away"]
          : [`Split ${quote}: choose the word that begins the second part, `, key("Enter"), " splits"];
    const button = (name, act) => {
      const made = make("button.button.button--small", { type: "button" }, name);
      made.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection
      made.addEventListener("click", () => {
        view.root.focus({ preventScroll: true });
        act();
      });
      return made;
    };
    mode.replaceChildren(
      make("span", {}, ...words, ", ", key("Esc"), " cancels"),
      button(type?.join ? "Join" : type ? "Link" : ui.fragment ? "Add" : "Split", () => commands.enter()),
      ...(ui.fragment ? [button("Take away", () => commands.takeAway())] : []),
      button("Cancel", () => commands.escape()),
    );
  };

  const draw = () => {
    toolbar.hidden = !(ui.pending || (ui.relabeling && store.span(ui.selected))) || Boolean(ui.held) || !store.editable;
    place({ fresh: true });
    flagMark();
    drawMode();
  };
  addEventListener("scroll", () => place({ fresh: false }), { passive: true });
  addEventListener("resize", draw);
  return { draw };
}

// ---- Handles at both ends of the selected mark, which move its borders by mouse, pen or finger

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufefc]/;

export function bindHandles({ view, borders, ui, store, commands, codebook, wholeWords }) {
  const host = view.root.parentElement;
  const handles = ["start", "end"].map((side) => make("span.handle", { dataset: { ui: "", side }, hidden: true, "aria-hidden": "true" }));
  host.append(...handles);
  let drag = null; // {side, pieces: of the mark while it is dragged}

  /** The mark's pieces with one end moved to the border nearest to `point`; null where nothing would be left. */
  const moved = (span, side, point, words) => {
    const pieces = piecesOf(span).map((piece) => [...piece]);
    const piece = side === "start" ? pieces[0] : pieces.at(-1);
    const [low, high] = [borders.edgeFrom(point + 1, side, -1, { words }), borders.edgeFrom(point - 1, side, 1, { words })];
    const to = low === undefined || high - point < point - low ? high : low;
    piece[side === "start" ? 0 : 1] = to;
    return to !== undefined && piece[0] < piece[1] ? pieces : null;
  };

  const place = (span) => {
    const frame = host.getBoundingClientRect();
    for (const handle of handles) {
      const { side } = handle.dataset;
      const [start, end] = side === "start" ? piecesOf(span)[0] : piecesOf(span).at(-1);
      // The character at this end says where it is, also in a line that runs both ways.
      const letter = side === "start" ? { start, end: start + 1 } : { start: end - 1, end };
      const rectIn = (range) => [...view.rangeOf(range).getClientRects()].filter(({ width }) => width > 0).at(side === "start" ? 0 : -1);
      const rect = rectIn(letter) ?? rectIn({ start, end });
      handle.hidden = !rect;
      if (!rect) continue;
      handle.dataset.layerIndex = codebook.label(span.label).tone;
      const before = (side === "start") !== RIGHT_TO_LEFT.test(view.map.slice(letter.start, letter.end));
      const at = { left: (before ? rect.left : rect.right) - frame.left, top: rect.top - frame.top, height: rect.height };
      for (const [name, value] of Object.entries(at)) handle.style.setProperty(name, `${value}px`);
    }
  };

  const draw = () => {
    const span = store.span(ui.selected);
    const shown = span && store.editable && !ui.linking && !ui.held && !ui.pending;
    if (!shown) for (const handle of handles) handle.hidden = true;
    else place(drag ? { ...span, fragments: drag.pieces } : span);
    const ranges = drag?.pieces.map(([start, end]) => view.rangeOf({ start, end }));
    highlight("moving", ranges, host);
  };

  const stop = () => {
    drag = null;
    draw();
  };

  for (const handle of handles) {
    handle.addEventListener("pointerdown", (event) => {
      const span = store.span(ui.selected);
      if (event.button !== 0 || !span) return;
      event.preventDefault(); // no selection, and the focus stays
      handle.setPointerCapture(event.pointerId);
      drag = { side: handle.dataset.side, pieces: piecesOf(span) };
    });
    handle.addEventListener("pointermove", (event) => {
      const span = drag && store.span(ui.selected);
      if (!span) return;
      const point = view.pointAt(event.clientX, event.clientY);
      drag.pieces = (point !== null && moved(span, drag.side, point, wholeWords() !== event.altKey)) || drag.pieces;
      draw();
    });
    handle.addEventListener("pointerup", () => {
      const span = drag && store.span(ui.selected);
      const { pieces, side } = drag ?? {};
      drag = null;
      if (span && commands.place(span.id, pieces)) {
        ui.set({ edge: side });
        say(`${codebook.label(span.label).name} is now ‘${shorten(wordsOf(store.span(span.id)))}’`);
      }
      draw();
    });
    handle.addEventListener("pointercancel", stop);
    handle.addEventListener("lostpointercapture", () => drag && stop());
  }
  addEventListener(
    "keydown",
    (event) => {
      if (!drag || event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      stop();
      say("The border stays where it was");
    },
    true,
  );
  addEventListener("resize", draw);

  /** What a mark leaves out between its pieces is underlined in dots. */
  const join = () => {
    const gaps = store.spans.flatMap((span) => piecesOf(span).slice(1).map(([start], i) => ({ start: piecesOf(span)[i][1], end: start })));
    highlight("gaps", gaps.map((gap) => view.rangeOf(gap)), host);
  };
  return { draw, join };
}
