/**
 * The keyboard, once: the same rows bind the keys and fill the help.
 *
 * `keys`: as `chordOf` writes them. `single`: a bare character, which works only while the article or the list has the
 * focus and can be switched off. `run`: the name of a command, with `args`. `typing`: also works in a text field.
 * `shown`: the keys as the help shows them, where it is not simply `keys`.
 */
import { byId, make } from "./dom.js";

export const KEYMAP = [
  { group: "Select", words: "Move by word", shown: ["←", "→"], keys: ["ArrowLeft"], run: "move", args: [-1, "word"] },
  { keys: ["ArrowRight"], run: "move", args: [1, "word"] },
  { group: "Select", words: "Move by sentence", shown: ["↑", "↓"], keys: ["ArrowUp"], run: "move", args: [-1, "sentence"] },
  { keys: ["ArrowDown"], run: "move", args: [1, "sentence"] },
  { group: "Select", words: "Extend by word, by sentence", shown: ["Shift", "←", "→", "↑", "↓"], keys: ["Shift+ArrowLeft"], run: "extend", args: [-1, "word"] },
  { keys: ["Shift+ArrowRight"], run: "extend", args: [1, "word"] },
  { keys: ["Shift+ArrowUp"], run: "extend", args: [-1, "sentence"] },
  { keys: ["Shift+ArrowDown"], run: "extend", args: [1, "sentence"] },
  { group: "Select", words: "Label the selection or the word; relabel the mark", shown: ["1", "–", "9"], keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], single: true, run: "digit", withKey: true },
  { group: "Select", words: "Search in the text", keys: ["/"], single: true, run: "search" },
  { group: "Select", words: "Back out: selection, link, field", shown: ["Esc"], keys: ["Escape"], typing: true, run: "escape" },
  { group: "Marks", words: "Next, previous mark", shown: ["n", "p"], keys: ["n"], single: true, run: "step", args: [1] },
  { keys: ["p"], single: true, run: "step", args: [-1] },
  { group: "Marks", words: "Attributes of the mark", keys: ["Enter"], run: "enter" },
  { group: "Marks", words: "Move the active edge of the mark", shown: ["Shift", "←", "→"] },
  { group: "Marks", words: "Switch the active edge", keys: ["e"], single: true, run: "switchEdge" },
  { group: "Marks", words: "Link, then n p and Enter; Delete unlinks", keys: ["l"], single: true, run: "link" },
  { group: "Marks", words: "Add a fragment to the mark", keys: ["f"], single: true, run: "fragment" },
  { group: "Marks", words: "Remove the mark", shown: ["Delete"], keys: ["Delete", "Backspace"], single: true, run: "remove" },
  { group: "Review", words: "Undo", shown: ["Ctrl", "Z"], keys: ["Ctrl+z"], run: "undo" },
  { group: "Review", words: "Redo", shown: ["Ctrl", "Shift", "Z"], keys: ["Ctrl+Shift+z", "Ctrl+y"], run: "redo" },
  { group: "Review", words: "Comment", keys: ["c"], single: true, run: "comment" },
  { group: "Review", words: "Unsure", keys: ["u"], single: true, run: "unsure" },
  { group: "Review", words: "Guidelines of this label", keys: ["g"], single: true, run: "guidelines" },
  { group: "Review", words: "Submit and next", shown: ["Ctrl", "Enter"], keys: ["Ctrl+Enter"], typing: true, run: "submit" },
  { group: "Review", words: "Skip with a reason", keys: ["s"], single: true, run: "skip" },
  { group: "Review", words: "This help", keys: ["?"], single: true, run: "help" },
];

/** The chord of a key event: "Ctrl+Shift+z", "Shift+ArrowLeft", "?"; Cmd counts as Ctrl; null with Alt or AltGr. */
export function chordOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (altKey) return null;
  const letter = key.length === 1;
  const parts = [];
  if (ctrlKey || metaKey) parts.push("Ctrl");
  // A bare character already carries its Shift ("?"); a capital is not its small letter, except after Ctrl.
  if (shiftKey && (!letter || ctrlKey || metaKey)) parts.push("Shift");
  return [...parts, letter && (ctrlKey || metaKey) ? key.toLowerCase() : key].join("+");
}

/** The row that a chord runs: null where it is not bound, is switched off, or does not work where the focus is. */
export function rowFor(chord, { typing, reading, singles }) {
  const row = chord && KEYMAP.find(({ keys }) => keys?.includes(chord));
  if (!row || (typing && !row.typing)) return null;
  if (row.single && (!singles || !reading)) return null;
  return row;
}

/** The help's columns: [[group, [{words, shown}]]]. */
export function helpOf(keymap = KEYMAP) {
  const groups = new Map();
  for (const { group, words, shown, keys } of keymap) {
    if (!group) continue;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push({ words, shown: shown ?? keys });
  }
  return [...groups];
}

/** Binds the keymap to commands, and shows it in the help. */

const TYPING = "textarea, select, input:not([type=radio], [type=checkbox], [type=button])";
const ARROWS = /^(Shift\+)?Arrow/;

export function bindKeyboard({ commands, codebook, article, list, singles }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const typing = target.matches(TYPING);
    const inArticle = target === article || target === document.body;
    const reading = inArticle || list.contains(target);
    const chord = chordOf(event);
    if (codebook.layerKeys.has(chord) && !typing && reading && singles()) {
      event.preventDefault();
      return void (/^\d$/.test(chord) ? commands.digit(chord) : commands.layer(chord));
    }
    const row = rowFor(chord, { typing, reading, singles: singles() });
    if (!row?.run) return;
    // Arrows and Enter mean something to buttons, chips and links: they are ours in the article only.
    if (ARROWS.test(chord) && !inArticle) return;
    if (chord === "Enter" && !inArticle) return;
    const handled = commands[row.run](...(row.args ?? []), ...(row.withKey ? [event.key] : []));
    if (handled !== false) event.preventDefault();
  });
}

export function fillHelp() {
  byId("keys").replaceChildren(
    ...helpOf().map(([group, rows]) =>
      make(
        "section",
        {},
        make("h3", {}, group),
        make("dl", {}, ...rows.flatMap(({ words, shown }) => [make("dt", {}, ...shown.flatMap((key) => [key === "–" ? "–" : make("kbd", {}, key), " "])), make("dd", {}, words)])),
      ),
    ),
  );
}
