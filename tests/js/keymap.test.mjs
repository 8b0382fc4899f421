import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { KEYMAP, TAKEN, chordOf, helpOf, mayChange, refusalOf, rowFor, rowsWith } from "../../annotate/static/annotate/keymap.js";
import { Codebook } from "../../annotate/static/annotate/codebook.js";
import { tables } from "./keyboard_table.mjs";

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

test("no chord belongs to the browser, to a screen reader, or takes AltGr", () => {
  const avoided = /^Ctrl\+\d|^Ctrl\+[twnlrpsfo]$|Alt|Tab|^F\d|^ $|[[\]{}\\|@~]/;
  assert.deepEqual(KEYMAP.flatMap(({ keys }) => keys ?? []).filter((chord) => avoided.test(chord)), []);
});

test("a layer never takes the key of a command, whatever its codebook says", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const layers = letters.map((shortcut, i) => ({ code: `l${i}`, name: shortcut, shortcut, labels: [{ code: `L${i}`, digit: 1 }] }));
  const { layerKeys } = new Codebook({ layers, digits: "by_layer" });
  assert.deepEqual([...layerKeys.keys()].filter((key) => TAKEN.has(key) && !/^\d$/.test(key)), []);
  assert.equal(layerKeys.size, layers.length);
});

test("commands that may get another key have a name of their own", () => {
  const names = KEYMAP.filter(mayChange).map(({ run }) => run);
  assert.equal(new Set(names).size, names.length);
});

const unsure = KEYMAP.find(({ run }) => run === "unsure");
const layerKeys = new Map([["b", { name: "Framing" }]]);
for (const [chord, words] of [["k", ""], ["U", ""], ["c", "This key is taken: Comment"], ["b", "This key begins the labels of Framing"], ["7", "Digits choose labels"], ["[", "On many keyboards this sign takes AltGr or two strokes"], [null, "Keys with Alt belong to the browser and to assistive technology"], ["Ctrl+k", "Choose one letter or sign; other keys have a meaning of their own"], [" ", "Choose one letter or sign; other keys have a meaning of their own"]]) {
  test(`another key for “unsure”: ${chord}`, () => assert.equal(refusalOf(chord, unsure, KEYMAP, layerKeys), words));
}

test("own keys: those that clash, here or with a layer of this codebook, stay what they were", () => {
  const keysOf = (own, layers) => Object.fromEntries(rowsWith(own, layers).filter(({ run }) => run in own).map(({ run, keys }) => [run, keys]));
  assert.deepEqual(keysOf({ unsure: "k", comment: "u" }), { unsure: ["k"], comment: ["u"] });
  assert.deepEqual(keysOf({ unsure: "c", comment: "u" }), { unsure: ["c"], comment: ["u"] });
  assert.deepEqual(keysOf({ unsure: "k", comment: "k" }), { unsure: ["k"], comment: ["c"] });
  assert.deepEqual(keysOf({ unsure: "b", next: "u" }, layerKeys), { unsure: ["u"], next: ["n"] });
  assert.deepEqual(keysOf({ unsure: 5, digit: "k" }), { unsure: ["u"], digit: [..."123456789"] });
});

test("docs/reference/keyboard.md holds the table", () => {
  assert.ok(readFileSync(new URL("../../docs/reference/keyboard.md", import.meta.url), "utf8").includes(`\n${tables()}\n`), "write its tables anew: node tests/js/keyboard_table.mjs");
});

test("annotate/rendering.py knows the keys that no layer may have", () => {
  const source = readFileSync(new URL("../../annotate/rendering.py", import.meta.url), "utf8");
  const [, letters] = /TAKEN_KEYS = frozenset\("(.*)"\)/.exec(source);
  assert.deepEqual([...letters].sort(), [...TAKEN].filter((key) => key.length === 1).sort());
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
