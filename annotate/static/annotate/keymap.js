/**
 * The keyboard, once: the same rows bind the keys and fill the help.
 *
 * `keys`: as `chordOf` writes them. `single`: a bare character, which works only while the article or the list has the
 * focus, can be switched off, and can be given another key under the name of its command. `run`: the name of a command,
 * with `args`. `typing`: also works in a text field. `shown`: the keys as the help shows them, where it is not `keys`.
 */

const fixed = (group, words, shown, ...more) => [{ group, words, shown, ...more[0] }, ...more.slice(1)];
const single = (group, words, run, ...keys) => ({ group, words, keys, single: true, run });
const arrows = (shift, run, unit, back, on) => [
  { keys: [`${shift}Arrow${back}`], run, args: [-1, unit] },
  { keys: [`${shift}Arrow${on}`], run, args: [1, unit] },
];

export const KEYMAP = [
  ...fixed("Select", "Move by word", ["←", "→"], ...arrows("", "move", "word", "Left", "Right")),
  ...fixed("Select", "Move by sentence", ["↑", "↓"], ...arrows("", "move", "sentence", "Up", "Down")),
  ...fixed("Select", "Extend by word", ["Shift", "←", "→"], ...arrows("Shift+", "extend", "word", "Left", "Right")),
  ...fixed("Select", "Extend by sentence", ["Shift", "↑", "↓"], ...arrows("Shift+", "extend", "sentence", "Up", "Down")),
  single("Select", "Select the whole sentence", "sentence", "w"),
  { ...single("Select", "Label the selection or the word; relabel the mark", "digit", "1", "2", "3", "4", "5", "6", "7", "8", "9"), shown: ["1", "–", "9"], withKey: true },
  single("Select", "Choose the label from a list", "palette", "r"),
  single("Select", "Mark every occurrence of the words", "occurrences", "a"),
  single("Select", "Search in the text", "search", "/"),
  { group: "Select", words: "Back out: selection, link, field", shown: ["Esc"], keys: ["Escape"], typing: true, run: "escape" },
  single("Marks", "Next mark", "next", "n"),
  single("Marks", "Previous mark", "previous", "p"),
  { group: "Marks", words: "Attributes of the mark; add, link, split, join", keys: ["Enter"], run: "enter" },
  { group: "Marks", words: "Move the active edge of the mark", shown: ["Shift", "←", "→"] },
  single("Marks", "Switch the active edge", "switchEdge", "e"),
  single("Marks", "Link to another mark; Delete unlinks", "link", "l"),
  single("Marks", "Add words to the mark; Delete takes them away", "fragment", "f"),
  single("Marks", "Split the mark before the word", "split", "x"),
  single("Marks", "Join with another mark of its label", "join", "j"),
  single("Marks", "Mark the same words with another label too", "duplicate", "d"),
  single("Marks", "Remove the mark", "remove", "Delete", "Backspace"),
  { group: "Review", words: "Undo", shown: ["Ctrl", "Z"], keys: ["Ctrl+z"], run: "undo" },
  { group: "Review", words: "Redo", shown: ["Ctrl", "Shift", "Z"], keys: ["Ctrl+Shift+z", "Ctrl+y"], run: "redo" },
  single("Review", "Comment", "comment", "c"),
  single("Review", "Unsure", "unsure", "u"),
  single("Review", "Guidelines of this label", "guidelines", "g"),
  single("Review", "Questions about the article", "question", "o"),
  { group: "Review", words: "Submit and next", shown: ["Ctrl", "Enter"], keys: ["Ctrl+Enter"], typing: true, run: "submit" },
  single("Review", "Skip with a reason", "skip", "s"),
  single("Review", "This help", "help", "?"),
];

/** Letters that a codebook cannot have for its layers: such a layer goes by its number. Twin of annotate/rendering.py. */
export const TAKEN = new Set(KEYMAP.flatMap(({ single: bare, keys }) => (bare ? keys : [])));

/** Whether the reader may choose the key of this row. */
export const mayChange = (row) => Boolean(row.single && row.run !== "digit");

/** Why `chord` cannot run `row` beside the other `rows` and the codebook's layer keys; "" where it can. */
export function refusalOf(chord, row, rows, layerKeys = new Map()) {
  if (!chord) return "Keys with Alt belong to the browser and to assistive technology";
  if (/^\d$/.test(chord)) return "Digits choose labels";
  if (!/^(\S|Delete|Backspace)$/u.test(chord)) return "Choose one letter or sign; other keys have a meaning of their own";
  if (/[[\]{}\\|@~^\x60´]/.test(chord)) return "On many keyboards this sign takes AltGr or two strokes";
  if (layerKeys.has(chord)) return `This key begins the labels of ${layerKeys.get(chord).name}`;
  const other = rows.find(({ run, keys }) => run !== row.run && keys?.includes(chord));
  return other ? `This key is taken: ${other.words}` : "";
}

/** The rows with the reader's own keys, {command: chord}. One that would clash here goes back to what it was. */
export function rowsWith(own, layerKeys) {
  let rows = KEYMAP.map((row) => (mayChange(row) && typeof own?.[row.run] === "string" ? { ...row, keys: [own[row.run]] } : row));
  for (;;) {
    const at = rows.findIndex((row, i) => row !== KEYMAP[i] && refusalOf(row.keys[0], row, rows, layerKeys));
    if (at < 0) return rows;
    rows = rows.map((row, i) => (i === at ? KEYMAP[at] : row));
  }
}

/** The rows in force on this page. */
export const keyboard = { rows: KEYMAP };

const rowOf = (run) => keyboard.rows.find((row) => row.run === run);
/** The key of a command, as it is now. */
export const keyFor = (run) => rowOf(run).keys[0];
/** What a command does, and its key. */
export const titleOf = (run) => `${rowOf(run).words} (${keyFor(run)})`;

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
  const row = chord && keyboard.rows.find(({ keys }) => keys?.includes(chord));
  if (!row || (typing && !row.typing)) return null;
  if (row.single && (!singles || !reading)) return null;
  return row;
}

/** The help's columns: [[group, [{words, shown, row}]]]. */
export function helpOf(keymap = keyboard.rows) {
  const groups = new Map();
  for (const row of keymap) {
    if (!row.group) continue;
    if (!groups.has(row.group)) groups.set(row.group, []);
    groups.get(row.group).push({ words: row.words, shown: row.shown ?? row.keys, row });
  }
  return [...groups];
}

const TYPING = "textarea, select, input:not([type=radio], [type=checkbox], [type=button])";
const ARROWS = /^(Shift\+)?Arrow/;

/** Binds the keymap to commands. */
export function bindKeyboard({ commands, codebook, article, list, singles }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || [...document.body.children].some(({ open }) => open)) return;
    const { target } = event;
    const typing = target.matches(TYPING);
    const inArticle = target === article || target === document.body;
    const reading = inArticle || list.contains(target);
    let chord = chordOf(event);
    // An arrow goes where it points: to the left is the next word of a text that runs from right to left.
    if (chord && inArticle && article.dir === "rtl") chord = chord.replace(/(?<=Arrow)Left|(?<=Arrow)Right/, (side) => (side === "Left" ? "Right" : "Left"));
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
