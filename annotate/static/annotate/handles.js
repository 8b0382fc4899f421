/** Handles at both ends of the selected mark: dragged with mouse, pen or finger they move its borders. */
import { highlight } from "./article.js";
import { make, say, shorten } from "./dom.js";
import { piecesOf, wordsOf } from "./text.js";

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
      const piece = side === "start" ? piecesOf(span)[0] : piecesOf(span).at(-1);
      const rects = [...view.rangeOf({ start: piece[0], end: piece[1] }).getClientRects()].filter(({ width }) => width > 0);
      const rect = side === "start" ? rects[0] : rects.at(-1);
      handle.hidden = !rect;
      if (!rect) continue;
      handle.dataset.layerIndex = codebook.label(span.label).tone;
      const before = (side === "start") === (getComputedStyle(view.root).direction === "ltr");
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
