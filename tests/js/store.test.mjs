import assert from "node:assert/strict";
import { test } from "node:test";
import { same, stacksOf, Store } from "../../annotate/static/annotate/store.js";

const SPAN = { id: "s1", label: "SOURCE", start: 0, end: 3, fragments: [], quote: "One", attributes: {}, unsure: false, confidence: null, comment: "" };
const OTHER = { ...SPAN, id: "s2", start: 4, end: 7, quote: "two", label: "CONTENT" };
const LINK = { id: "r1", type: "ATTRIBUTED_TO", from_span: "s2", to_span: "s1" };
const stateWith = (changes = {}) => ({ task: "t", state: "claimed", revision: 1, spans: [SPAN, OTHER], relations: [LINK], answers: {}, history: [], ...changes });

function storeWith(changes) {
  const sent = [];
  let last = 0;
  const store = new Store(stateWith(changes), { onPerform: (operation) => sent.push(operation), makeId: () => `id${(last += 1)}` });
  return { store, sent };
}

test("adding makes one operation and shows the mark at once", () => {
  const { store, sent } = storeWith();
  const id = store.addSpan({ label: "CUE", start: 4, end: 7, quote: "two" });
  assert.equal(store.span(id).label, "CUE");
  assert.deepEqual(sent, [
    { op_id: "id2", kind: "add", target: "id1", before: null, undoes: null, after: { fragments: [[4, 7]], attributes: {}, unsure: false, confidence: null, comment: "", label: "CUE", start: 4, end: 7, quote: "two" } },
  ]);
});

test("a change carries only the fields that differ, and nothing is sent where none does", () => {
  const { store, sent } = storeWith();
  assert.equal(store.changeSpan("s1", { unsure: false }), null);
  store.changeSpan("s1", { unsure: true, comment: "" });
  assert.deepEqual(sent.map(({ before, after }) => [before, after]), [[{ unsure: false }, { unsure: true }]]);
});

test("deleting a mark takes its relations, and undo brings all of it back", () => {
  const { store, sent } = storeWith();
  store.deleteSpan("s1");
  assert.deepEqual([[...store.rows.spans.keys()], store.rows.relations.size], [["s2"], 0]);
  store.undo();
  assert.deepEqual([store.span("s1"), store.rows.relations.get("r1")], [SPAN, LINK]);
  assert.deepEqual(sent.map(({ kind, undoes }) => [kind, undoes]), [["delete", null], ["undo", sent[0].op_id]]);
});

test("undo, redo, undo again walk back and forth", () => {
  const { store, sent } = storeWith();
  store.changeSpan("s1", { unsure: true });
  store.undo();
  store.redo();
  assert.equal(store.span("s1").unsure, true);
  store.undo();
  assert.equal(store.span("s1").unsure, false);
  assert.equal(store.undo(), null);
  assert.deepEqual(sent.slice(1).map(({ kind, undoes }) => [kind, undoes]), [["undo", sent[0].op_id], ["redo", sent[1].op_id], ["undo", sent[2].op_id]]);
});

test("a new change forgets what could be redone", () => {
  const { store } = storeWith();
  store.changeSpan("s1", { unsure: true });
  store.undo();
  store.changeSpan("s1", { comment: "hm" });
  assert.equal(store.redo(), null);
});

test("undo works from the server's history, as after a reload", () => {
  const first = storeWith();
  first.store.deleteSpan("s2");
  const reloaded = storeWith({ spans: [SPAN], relations: [], history: first.store.log });
  reloaded.store.undo();
  assert.deepEqual(reloaded.store.span("s2"), OTHER);
});

test("answers: set, change, undo to not answered", () => {
  const { store, sent } = storeWith();
  store.answer("tone", "pro");
  store.answer("tone", "anti");
  store.undo();
  store.undo();
  assert.equal(store.rows.answers.has("tone"), false);
  assert.deepEqual(sent[1].before, { question: "tone", value: "pro" });
});

test("adopting a newer state re-applies what still fits and names what does not", () => {
  const { store } = storeWith();
  store.changeSpan("s1", { comment: "mine" });
  store.changeSpan("s2", { unsure: true });
  const dropped = store.adopt(stateWith({ revision: 5, spans: [{ ...SPAN, comment: "theirs" }, OTHER] }));
  assert.deepEqual(dropped.map(({ target }) => target), ["s1"]);
  assert.deepEqual([store.span("s1").comment, store.span("s2").unsure, store.revision, store.pending.length], ["theirs", true, 5, 1]);
});

test("adopting drops silently what the server already has", () => {
  const { store, sent } = storeWith();
  const entry = store.changeSpan("s1", { unsure: true });
  const dropped = store.adopt(stateWith({ spans: [{ ...SPAN, unsure: true }, OTHER], history: [entry] }));
  assert.deepEqual([dropped, store.pending, sent.length], [[], [], 1]);
});

test("a closed task takes no operation", () => {
  const { store, sent } = storeWith({ state: "submitted" });
  assert.deepEqual([store.deleteSpan("s1"), sent], [null, []]);
});

test("acknowledged operations are no longer pending", () => {
  const { store, sent } = storeWith();
  store.changeSpan("s1", { unsure: true });
  store.settle([sent[0].op_id], 2);
  assert.deepEqual([store.pending, store.revision], [[], 2]);
});

test("the log's two ends: what undo and redo take", () => {
  const log = [{ op_id: "a", kind: "add", undoes: null }, { op_id: "b", kind: "change", undoes: null }, { op_id: "u", kind: "undo", undoes: "b" }];
  assert.deepEqual([stacksOf(log).undo.op_id, stacksOf(log).redo.op_id], ["a", "u"]);
});

test("rows are compared as values", () => {
  assert.equal(same({ a: 1, b: [1, { c: null }] }, { b: [1, {}], a: 1 }), true);
  assert.equal(same({ a: [] }, { a: {} }), false);
});

const real = () => new Store(stateWith());

test("a gesture is undone and redone as one, and the next one apart from it", () => {
  const store = real();
  store.changeSpan("s1", { comment: "before" });
  const made = store.together(() => [0, 4].map((start) => store.addSpan({ label: "CUE", start, end: start + 3, quote: "One" })));
  store.changeSpan("s1", { unsure: true });
  store.undo();
  store.undo();
  assert.deepEqual([made.map((id) => store.span(id)), store.span("s1").comment], [[null, null], "before"]);
  store.redo();
  assert.deepEqual([store.spans.length, store.span("s1").unsure], [4, false]);
  store.undo();
  store.undo();
  assert.deepEqual([store.spans.length, store.span("s1").comment], [2, ""]);
});

test("a gesture is still one after a reload, as its op_ids tell", () => {
  const first = real();
  first.together(() => ["s1", "s2"].forEach((id) => first.deleteSpan(id)));
  const reloaded = new Store(stateWith({ spans: [], relations: [], history: first.log }));
  reloaded.undo();
  assert.deepEqual([reloaded.span("s1"), reloaded.span("s2"), reloaded.rows.relations.get("r1")], [SPAN, OTHER, LINK]);
  assert.equal(new Set(first.log.map(({ op_id }) => op_id)).size, 2);
});

test("however long the log, no gesture in it is cut", () => {
  const store = real();
  const marks = (count) => Array.from({ length: count }, (_, start) => store.addSpan({ label: "CUE", start, end: start + 1, quote: "x" }));
  store.together(() => marks(100));
  marks(390);
  assert.equal(store.log.length, 490);
  marks(10);
  assert.equal(store.log.length, 400);
});

test("a gesture that does not fit any more is not undone in part", () => {
  const store = real();
  const ids = store.together(() => [0, 4].map((start) => store.addSpan({ label: "CUE", start, end: start + 3, quote: "One" })));
  store.rows.spans.set(ids[0], { ...store.span(ids[0]), comment: "theirs" });
  assert.deepEqual([store.undo(), store.spans.length], [null, 4]);
});

test("a newer state tells of what is other than before, and of nothing else", () => {
  const { store } = storeWith();
  const heard = [];
  store.listen(({ touched }) => heard.push([...touched]));
  const kept = store.span("s2");
  store.adopt(stateWith({ spans: [{ ...SPAN, comment: "theirs" }, { ...OTHER }] }));
  assert.deepEqual([heard, store.span("s2") === kept, store.span("s1").comment], [[["s1"]], true, "theirs"]);
});

test("marks stay in reading order, and links are found from both ends, whatever changes", () => {
  const store = real();
  const first = store.addSpan({ label: "CUE", start: 2, end: 9, quote: "x" });
  store.changeSpan(first, { start: 900, end: 909, fragments: [[900, 909]] });
  const sorted = () => [...store.rows.spans.values()].sort((a, b) => a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : 1));
  assert.deepEqual(store.spans, sorted());
  assert.deepEqual(store.spans.map(({ id }) => store.placeOf(id)), store.spans.map((_, i) => i));
  store.relate("ATTRIBUTED_TO", first, "s1");
  assert.deepEqual([store.linkedWith(first), store.relationsTo("s1").some(({ from_span }) => from_span === first)], [["s1"], true]);
  store.undo();
  store.undo();
  assert.deepEqual([store.linkedWith(first), store.spans], [[], sorted()]);
  store.deleteSpan(first);
  assert.deepEqual([store.placeOf(first), store.spans], [-1, sorted()]);
});

test("a gesture of a hundred goes back and forth, and listeners hear of it once", () => {
  const store = real();
  let heard = 0;
  store.listen(() => (heard += 1));
  store.together(() => Array.from({ length: 100 }, (_, start) => store.addSpan({ label: "CUE", start, end: start + 1, quote: "x" })));
  store.undo();
  store.redo();
  store.undo();
  assert.deepEqual([store.spans.length, heard], [2, 4]);
});
