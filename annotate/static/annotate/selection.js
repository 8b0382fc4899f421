/** Mouse and touch: what was selected becomes the pending words, what was clicked becomes the selected mark. */
import { say, shorten } from "./dom.js";

/** Replace the browser's selection by [start, end), or clear it where `range` is null and it lies in the article. */
export function showSelection(view, range) {
  const selection = getSelection();
  if (range) {
    const { startContainer, startOffset, endContainer, endOffset } = view.rangeOf(range);
    const now = selection.rangeCount ? selection.getRangeAt(0) : null;
    if (now?.startContainer === startContainer && now.startOffset === startOffset && now.endContainer === endContainer && now.endOffset === endOffset) return;
    selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  } else if (selection.rangeCount && !selection.isCollapsed && view.root.contains(selection.anchorNode)) {
    selection.removeAllRanges();
  }
}

export function bindSelection({ view, borders, ui, store, commands, wholeWords }) {
  const { root } = view;

  /** True where the browser's selection holds words of the article; they are pending then. */
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
      if (piece) return commands.choose(piece.dataset.spanIds.split(" "));
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
      const selection = getSelection();
      const now = ui.pending && view.rangeOf(ui.pending);
      const range = selection.rangeCount ? selection.getRangeAt(0) : null;
      const moved = range && (!now || range.startContainer !== now.startContainer || range.startOffset !== now.startOffset || range.endContainer !== now.endContainer || range.endOffset !== now.endOffset);
      if (moved) read({ words: wholeWords() });
    }, 350);
  });

  const hover = (id) => ui.set({ hovered: id && store.span(id) ? id : null });
  root.addEventListener("pointerover", (event) => hover(event.target.closest("mark[data-span-ids]")?.dataset.spanIds.split(" ")[0] ?? null));
  root.addEventListener("pointerleave", () => hover(null));
}
