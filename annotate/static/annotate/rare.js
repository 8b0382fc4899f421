/** Dialogs that are opened now and then, loaded on first use: the help with the reader's own keys, every occurrence. */
import { placesOf } from "./article.js";
import { byId, make, say, shorten } from "./dom.js";
import { KEYMAP, chordOf, helpOf, keyboard, mayChange, refusalOf } from "./keymap.js";
import { piecesOf } from "./text.js";

// ---- Help: every key from the table that binds it

const caps = (shown) => shown.flatMap((key) => [key === "–" ? "–" : make("kbd", {}, key), " "]);

/** `own`: {command: chord} as stored; `save(own)` stores it and puts it in force. */
export function openHelp({ own, save, layerKeys }) {
  const dialog = byId("help");
  let setting = null; // the command whose next key is awaited

  const draw = (message = "") => {
    byId("keys").replaceChildren(...helpOf().map(([group, rows]) => make("section", {}, make("h3", {}, group), make("dl", {}, ...rows.flatMap(line)))));
    byId("keys-note").textContent = message;
    byId("keys-reset").hidden = !Object.keys(own()).length;
  };
  const line = ({ words, shown, row }) => {
    const change = byId("help").hasAttribute("data-changing") && mayChange(row);
    const button = change && make("button.button.button--small", { type: "button", dataset: { run: row.run }, "aria-label": `${row.keys}: change the key of ‘${words}’` }, ...(setting === row.run ? ["Press a key"] : caps(shown)));
    return [make("dt", {}, ...(button ? [button] : caps(shown))), make("dd", {}, words)];
  };
  const focus = (run) => dialog.querySelector(`[data-run="${run}"]`)?.focus();
  const take = (event) => {
    if (!setting) return;
    event.preventDefault();
    event.stopPropagation();
    if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    const run = setting;
    const row = keyboard.rows.find((one) => one.run === run);
    setting = null;
    if (event.key === "Escape" || event.key === "Tab") {
      draw("The key stays as it was.");
      return void focus(run);
    }
    const chord = chordOf(event);
    const refusal = refusalOf(chord, row, keyboard.rows, layerKeys);
    if (!refusal) {
      const { [run]: _, ...others } = own();
      save(KEYMAP.find((one) => one.run === run).keys.includes(chord) ? others : { ...others, [run]: chord });
    }
    draw(refusal ? `${refusal}. The key stays as it was.` : `${row.words}: ${chord}`);
    focus(run);
  };

  dialog.toggleAttribute("data-changing", false);
  draw();
  dialog.onkeydown = take;
  dialog.oncancel = (event) => setting && event.preventDefault();
  byId("keys").onclick = (event) => {
    setting = event.target.closest("[data-run]")?.dataset.run ?? null;
    if (!setting) return;
    draw("Press the new key. Escape leaves it as it was.");
    focus(setting);
  };
  byId("keys-change").onclick = () => {
    const on = dialog.toggleAttribute("data-changing");
    byId("keys-change").setAttribute("aria-pressed", String(on));
    setting = null;
    draw(on ? "Choose the key that you want to change." : "");
  };
  byId("keys-reset").onclick = () => {
    save({});
    draw("All keys are as they came.");
    say("All keys are as they came.");
    byId("keys-change").focus();
  };
  if (!dialog.open) dialog.showModal();
}

// ---- Marking every occurrence of some words, after a look at each

const AROUND = 40; // characters of context on each side
/** A gesture that is looked at place by place should not be longer. */
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
        make("bdi", {}, `${place.start > AROUND ? "…" : ""}${map.slice(place.start - AROUND, place.start)}`, make("b", {}, map.slice(place.start, place.end)), `${map.slice(place.end, place.end + AROUND)}${place.end + AROUND < map.length ? "…" : ""}`, names ? make("em", {}, ` (marked: ${names})`) : null),
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
