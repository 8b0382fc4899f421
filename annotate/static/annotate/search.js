/** Search in the text: type, Enter goes to the next place and selects it, Escape returns to the article with it selected. */
import { byId, say } from "./dom.js";
import { highlight } from "./cursor.js";

/** Offsets of `words` in `text`, in code units, without regard to case; no overlaps. */
export function placesOf(text, words) {
  const wanted = words.trim();
  if (!wanted) return [];
  const pattern = new RegExp(wanted.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll(/\s+/g, "\\s+"), "giu");
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
