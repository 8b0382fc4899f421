import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYMAP, chordOf, helpOf, rowFor } from "../../annotate/static/annotate/keymap.js";

const press = (key, more = {}) => chordOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });
const HERE = { typing: false, reading: true, singles: true };

test("chords", () => {
  assert.deepEqual(
    [press("n"), press("?", { shiftKey: true }), press("Z", { ctrlKey: true, shiftKey: true }), press("z", { metaKey: true }), press("ArrowLeft", { shiftKey: true }), press("N", { shiftKey: true }), press("{", { altKey: true })],
    ["n", "?", "Ctrl+Shift+z", "Ctrl+z", "Shift+ArrowLeft", "N", null],
  );
});

test("no chord is bound twice", () => {
  const chords = KEYMAP.flatMap(({ keys }) => keys ?? []);
  assert.deepEqual(chords.filter((chord, i) => chords.indexOf(chord) !== i), []);
});

test("single keys only where the article or the list has the focus, and only while switched on", () => {
  assert.equal(rowFor("u", HERE).run, "unsure");
  assert.equal(rowFor("u", { ...HERE, reading: false }), null);
  assert.equal(rowFor("u", { ...HERE, singles: false }), null);
  assert.equal(rowFor("Ctrl+z", { ...HERE, singles: false, reading: false }).run, "undo");
});

test("in a text field only Escape and Ctrl+Enter are ours", () => {
  const typing = { ...HERE, typing: true };
  const chords = KEYMAP.flatMap(({ keys }) => keys ?? []).filter((chord) => rowFor(chord, typing));
  assert.deepEqual(chords, ["Escape", "Ctrl+Enter"]);
});

test("the help shows every command that has a key", () => {
  const named = helpOf().flatMap(([, rows]) => rows);
  assert.equal(named.every(({ words, shown }) => words && shown.length), true);
  const shownRuns = new Set(KEYMAP.filter(({ group }) => group).map(({ run }) => run));
  assert.deepEqual(KEYMAP.filter(({ run }) => run && !shownRuns.has(run)).map(({ run }) => run), []);
});
