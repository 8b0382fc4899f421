/**
 * Short-lived highlights (the word cursor, a search hit) without touching the text: CSS Custom Highlight where there is
 * one, else boxes laid over the words.
 */

/** Show `range` (a DOM range, or null for nothing) under the name `name`, inside `host`, which is positioned. */
export function highlight(name, range, host) {
  if (globalThis.CSS?.highlights && globalThis.Highlight) {
    if (range) CSS.highlights.set(name, new Highlight(range));
    else CSS.highlights.delete(name);
    return;
  }
  for (const box of host.querySelectorAll(`[data-box="${name}"]`)) box.remove();
  if (!range) return;
  const frame = host.getBoundingClientRect();
  for (const rect of range.getClientRects()) {
    const box = document.createElement("span");
    box.dataset.ui = "";
    box.dataset.box = name;
    box.setAttribute("aria-hidden", "true");
    const place = { left: rect.left - frame.left, top: rect.top - frame.top, width: rect.width, height: rect.height };
    for (const [side, value] of Object.entries(place)) box.style.setProperty(side, `${value}px`);
    host.append(box);
  }
}
