/** Marking every occurrence of some words, after a look at each. Loaded on first use. */
import { placesOf } from "./article.js";
import { make, say, shorten } from "./dom.js";
import { piecesOf } from "./text.js";

const AROUND = 40; // characters of context on each side
/** The log that undo reads goes back 100 operations, and one gesture must fit into it. */
export const MOST = 100;

/** Where `words` occur in the text of `borders`: [{start, end}] in code points. `whole`: as whole words; `exact`: same capitals. */
export function occurrencesOf(borders, words, { whole, exact }) {
  const { map } = borders;
  return placesOf(map.text, words, exact ? "gu" : "giu")
    .map(([from, to]) => ({ start: map.toPoint(from), end: map.toPoint(to) }))
    .filter(({ start, end }) => {
      const snapped = borders.snap(start, end, { words: whole });
      return snapped?.start === start && snapped.end === end;
    });
}

/** What each place is already: the names of the marks that cover exactly it, and whether `code` is among them. */
export const marksAt = ({ start, end }, spans) => spans.filter((span) => span.start === start && span.end === end && piecesOf(span).length === 1).map(({ label }) => label);

export function openOccurrences({ store, codebook, borders, range, label, addMark, select, back }) {
  const { map } = borders;
  const words = map.slice(range.start, range.end);
  const labels = make("select", { id: "occurrences-label" }, ...[...codebook.labels.values()].map(({ code, name }) => make("option", { value: code, selected: code === label }, name)));
  const whole = make("input", { type: "checkbox", checked: true });
  const exact = make("input", { type: "checkbox" });
  const count = make("p", { role: "status" });
  const list = make("ol.occurrences", { tabIndex: 0, "aria-label": "Occurrences" });
  const go = make("button.button.button--primary", { type: "button" });
  let places = [];

  const chosen = () => places.filter(({ box }) => box.checked && !box.disabled);
  const total = () => {
    const { length } = chosen();
    go.textContent = `Mark ${length}`;
    go.disabled = !length || length > MOST;
    const more = length > MOST ? `: at most ${MOST} at once, leave some out` : "";
    count.textContent = `${places.length} found, ${places.filter(({ box }) => box.disabled).length} marked so already, ${length} to mark${more}`;
  };
  const draw = () => {
    places = occurrencesOf(borders, words, { whole: whole.checked, exact: exact.checked }).map((place) => {
      const there = marksAt(place, store.spans);
      const done = there.includes(labels.value);
      const box = make("input", { type: "checkbox", checked: true, disabled: done });
      const names = there.map((code) => codebook.label(code).name).join(", ");
      const row = make(
        "label.check",
        {},
        box,
        make("span", {}, `…${map.slice(Math.max(0, place.start - AROUND), place.start)}`, make("b", {}, map.slice(place.start, place.end)), `${map.slice(place.end, place.end + AROUND)}…`, names ? make("em", {}, ` (marked: ${names})`) : null),
      );
      return { ...place, box, row };
    });
    list.replaceChildren(...places.map(({ row }) => make("li", {}, row)));
    total();
  };

  const cancel = make("button.button", { value: "" }, "Cancel");
  const check = (box, name) => make("label.check", {}, box, make("span", {}, name));
  const dialog = make(
    "dialog.dialog.dialog--wide",
    { id: "occurrences", "aria-labelledby": "occurrences-title" },
    make(
      "form",
      { method: "dialog" },
      make("h2", { id: "occurrences-title" }, `Mark every ‘${shorten(words)}’`),
      make("div.field", {}, make("label", { htmlFor: "occurrences-label" }, "Label"), labels),
      check(whole, "Whole words only"),
      check(exact, "Same capitals only"),
      count,
      list,
      make("div.dialog__actions", {}, cancel, go),
    ),
  );
  const done = () => {
    const made = store.together(() => chosen().map(({ start, end }) => addMark({ label: labels.value, fragments: [[start, end]] })));
    dialog.close();
    select(made[0], { quiet: true });
    say(`Marked ${made.length} as ${codebook.label(labels.value).name}. One undo takes all back.`);
  };
  for (const control of [labels, whole, exact]) control.addEventListener("change", draw);
  list.addEventListener("change", total);
  go.addEventListener("click", done);
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target === cancel || event.target === go) return;
    event.preventDefault();
    if (!go.disabled) done();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    back();
  });
  document.body.append(dialog);
  draw();
  dialog.showModal();
  (label ? go : labels).focus();
}
