import assert from "node:assert/strict";
import { test } from "node:test";
import { Codebook, holds, keysOf, Proposals, proposalAt, tonesOf } from "../../annotate/static/annotate/codebook.js";
import { casesOf } from "./cases.mjs";

for (const { name, layers, tones } of casesOf("js/tone_cases")) {
  test(`tones, ${name}`, () => assert.deepEqual(tonesOf(layers), tones));
}

const label = (code, digit, attributes = []) => ({ code, name: code, digit, attributes });
const COMPARATOR = { name: "comparator", title: "Comparison", type: "choice", required: true, values: [{ code: "eq", title: "Exactly" }, { code: "gt", title: "More than" }] };
const BOOK = {
  digits: "flat",
  layers: [
    { code: "sources", name: "Sources", labels: [label("SOURCE", 1), label("CONTENT", 2)] },
    {
      code: "numeric",
      name: "Numbers",
      labels: [
        label("QUANTITY", 3, [
          COMPARATOR,
          { name: "value", title: "Value", type: "number", required: true, when: { attribute: "comparator", equals: ["eq"] } },
          { name: "unattributed", title: "Nobody is cited", type: "boolean", default: false },
        ]),
      ],
    },
  ],
  relations: [{ type: "ATTRIBUTED_TO", title: "attributed to", from: ["QUANTITY"], to: ["SOURCE"], min: 1, max: null, unless: { attribute: "unattributed", equals: true } }],
  rules: [],
  questions: [{ code: "tone", title: "Tone", type: "choice", required: true, values: [] }],
};
const quantity = (attributes) => ({ id: "q", label: "QUANTITY", attributes });
const messages = (lacks) => lacks.map(({ message }) => message);

test("keys are digits, or the layer's key and a digit", () => {
  assert.deepEqual(keysOf(BOOK), { SOURCE: "1", CONTENT: "2", QUANTITY: "3" });
  const layers = [{ code: "a", shortcut: "b", labels: [label("X", 1), label("Y", null)] }];
  assert.deepEqual(keysOf({ layers, digits: "by_layer" }), { X: "b 1", Y: "" });
});

test("conditions: a value, one of several, and false where nothing is given", () => {
  assert.deepEqual(
    [holds(null, {}), holds({ attribute: "a", equals: ["x", "y"] }, { a: "y" }), holds({ attribute: "a", equals: "x" }, { a: ["z", "x"] }), holds({ attribute: "a", equals: false }, {}), holds({ attribute: "a", equals: "x" }, {})],
    [true, true, true, true, false],
  );
});

test("a field is asked for only where its condition holds", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual(messages(book.missingIn(quantity({ unattributed: true }), [])), ["no comparison"]);
  assert.deepEqual(messages(book.missingIn(quantity({ comparator: "eq", unattributed: true }), [])), ["no value"]);
  assert.deepEqual(messages(book.missingIn(quantity({ comparator: "gt", unattributed: true }), [])), []);
});

test("a relation is missing unless it is exempt", () => {
  const book = new Codebook(BOOK);
  const done = { comparator: "gt" };
  assert.deepEqual(messages(book.missingIn(quantity(done), [])), ["not linked: attributed to"]);
  assert.deepEqual(book.missingIn(quantity(done), [{ type: "ATTRIBUTED_TO" }]), []);
});

test("a zero and a false are values", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual(book.missingIn(quantity({ comparator: "eq", value: 0, unattributed: true }), []), []);
});

test("changing a condition drops the values that no longer apply", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual(book.admissible("QUANTITY", { comparator: "gt", value: 7, unattributed: false }), { comparator: "gt", unattributed: false });
});

test("a mark that changes its label keeps what the new label knows", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual(book.carriedOver("QUANTITY", { comparator: "often", unattributed: true, polarity: "negative" }), { unattributed: true });
});

test("new marks begin with the codebook's defaults", () => {
  assert.deepEqual(new Codebook(BOOK).defaults("QUANTITY"), { unattributed: false });
});

test("the whole task: marks in order, then questions", () => {
  const book = new Codebook(BOOK);
  const lacks = book.missing([quantity({})], [], new Map());
  assert.deepEqual(lacks.map(({ span, code }) => [span, code]), [["q", "required"], ["q", "relation"], [null, "question"]]);
});

test("a label that the project has switched off keeps its marks", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual([book.label("CUE").name, book.missingIn({ id: "c", label: "CUE", attributes: {} }, [])], ["CUE", []]);
});

const FIGURES = [
  { start: 10, end: 15, comparator: "eq", value: 3000, kind: "count" },
  { start: 30, end: 36, comparator: "eq", value: 15000, kind: "count", modality: "projected" },
  { start: 40, end: 46, comparator: "vague", value_low: 12, value_high: 120 },
];
const memory = (kept = {}) => ({ kept, getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value), removeItem: (key) => delete kept[key] });

test("a figure proposes its values where a mark touches it", () => {
  assert.deepEqual(proposalAt(FIGURES, { start: 0, end: 10 }), {});
  assert.deepEqual(proposalAt(FIGURES, { start: 8, end: 12 }), { comparator: "eq", value: 3000, kind: "count" });
  assert.deepEqual(proposalAt(FIGURES, { start: 44, end: 60 }), { comparator: "vague", value_low: 12, value_high: 120 });
});

test("two plain figures propose their range, others together nothing", () => {
  assert.deepEqual(proposalAt(FIGURES, { start: 10, end: 36 }), { comparator: "range", value_low: 3000, value_high: 15000, kind: "count" });
  assert.deepEqual(proposalAt(FIGURES, { start: 30, end: 50 }), {});
  assert.deepEqual(proposalAt(FIGURES, { start: 0, end: 50 }), {});
});

test("a new mark takes of a proposal what its label has and its conditions allow", () => {
  const book = new Codebook(BOOK);
  assert.deepEqual(book.defaults("QUANTITY", { comparator: "eq", value: 3000, kind: "count" }), { unattributed: false, comparator: "eq", value: 3000 });
  assert.deepEqual(book.defaults("QUANTITY", { comparator: "approx", value: 3000 }), { unattributed: false });
  assert.deepEqual(book.defaults("SOURCE", { comparator: "eq" }), {});
});

test("only labels that take a figure get one", () => {
  const proposals = new Proposals({ task: "t", quantities: FIGURES }, memory());
  const book = new Codebook(BOOK);
  assert.deepEqual(proposals.values(book.label("SOURCE"), { start: 10, end: 15 }), {});
  assert.equal(proposals.values(book.label("QUANTITY"), { start: 10, end: 15 }).value, 3000);
});

test("what is unchecked is remembered until it is checked", () => {
  const storage = memory();
  new Proposals({ task: "t" }, storage).set("a", true);
  const again = new Proposals({ task: "t" }, storage);
  assert.ok(again.has("a"));
  assert.ok(!new Proposals({ task: "other" }, storage).has("a"));
  again.set("a", false);
  assert.deepEqual(storage.kept, {});
});

test("a new mark starts with the value last given where the codebook has it remembered", () => {
  const storage = memory();
  const proposals = new Proposals({ task: "t" }, storage);
  const target = { code: "BIAS", attributes: [{ name: "target", type: "entity", remember: true }, { name: "polarity", type: "choice" }] };
  assert.deepEqual(proposals.remembered(target), {});
  proposals.remember("BIAS", "target", "the mayor");
  proposals.remember("BIAS", "polarity", "negative");
  assert.deepEqual(new Proposals({ task: "u" }, storage).remembered(target), { target: "the mayor" });
  proposals.remember("BIAS", "target", null);
  assert.deepEqual(proposals.remembered(target), {});
});
