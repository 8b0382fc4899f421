/**
 * The marks, the operations on them, and what the reader is doing with them. No DOM, no network, no clock.
 *
 * An image is {spans: {id: row|null}, relations: {…}, answers: {…}}: the rows that an operation touches, null where a row
 * is not there. Putting an operation's before-image back undoes it.
 */
import { gestureOf, uuid } from "./dom.js";
import { countWhile } from "./text.js";

const KINDS = ["spans", "relations", "answers"];

/** States in which the page takes changes. An expired task is claimed again, while it is free. */
export const EDITABLE = new Set(["claimed", "returned", "expired"]);

/** Equal as JSON values; the order of keys does not matter, undefined is null. */
export function same(a, b) {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(a[key], b[key]));
}

const alike = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The rows of a server state, by id (answers: by question). */
export function rowsOf(state) {
  return {
    spans: new Map(state.spans.map((span) => [span.id, span])),
    relations: new Map(state.relations.map((relation) => [relation.id, relation])),
    answers: new Map(Object.entries(state.answers ?? {})),
  };
}

export function put(rows, image) {
  for (const kind of KINDS) {
    for (const [id, row] of Object.entries(image[kind] ?? {})) {
      if (row === null) rows[kind].delete(id);
      else rows[kind].set(id, row);
    }
  }
}

export const fits = (rows, image) =>
  KINDS.every((kind) => Object.entries(image[kind] ?? {}).every(([id, row]) => same(rows[kind].get(id) ?? null, row)));

const image = (parts) => ({ spans: {}, relations: {}, answers: {}, ...parts });
// Reading order.
const order = (a, b) => a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const within = (part, row) => Object.entries(part ?? {}).every(([key, value]) => same(row[key], value));

/**
 * The images an operation has on these rows: {before, after}; null where it does not fit them (its `before` differs, its
 * target is gone, or what it takes back is not known in `log`).
 */
export function imagesOf(rows, operation, log) {
  const { kind, target, before, after, undoes } = operation;
  if (kind === "undo" || kind === "redo") {
    const entry = log.find(({ op_id }) => op_id === undoes);
    return entry && fits(rows, entry.after) ? { before: entry.after, after: entry.before } : null;
  }
  if (kind === "answer") {
    const { question } = after ?? before;
    const now = rows.answers.get(question) ?? null;
    if (!same(now, before?.value ?? null)) return null;
    return { before: image({ answers: { [question]: now } }), after: image({ answers: { [question]: after?.value ?? null } }) };
  }
  if (kind === "relate" || kind === "unrelate") {
    const now = rows.relations.get(target) ?? null;
    if (kind === "unrelate") return now && { before: image({ relations: { [target]: now } }), after: image({ relations: { [target]: null } }) };
    const stands = [...rows.relations.values()].some((row) => within(after, row));
    if (now || stands || !rows.spans.has(after.from_span) || !rows.spans.has(after.to_span)) return null;
    return { before: image({ relations: { [target]: null } }), after: image({ relations: { [target]: { id: target, ...after } } }) };
  }
  const now = rows.spans.get(target) ?? null;
  if (kind === "add") {
    return now ? null : { before: image({ spans: { [target]: null } }), after: image({ spans: { [target]: { id: target, ...after } } }) };
  }
  if (!now || !within(before, now)) return null;
  if (kind === "change") return { before: image({ spans: { [target]: now } }), after: image({ spans: { [target]: { ...now, ...after } } }) };
  const taken = [...rows.relations.values()].filter(({ from_span, to_span }) => from_span === target || to_span === target);
  const relations = (value) => Object.fromEntries(taken.map((relation) => [relation.id, value ? relation : null]));
  return {
    before: image({ spans: { [target]: now }, relations: relations(true) }),
    after: image({ spans: { [target]: null }, relations: relations(false) }),
  };
}

/** The latest entry that undo and redo would take back, and its gesture, newest first: read from the log alone. */
export function stacksOf(log) {
  const done = [];
  const undone = [];
  for (const entry of log) {
    const [from, to] = entry.kind === "redo" ? [undone, done] : [done, undone];
    if (entry.undoes) {
      const at = from.findLastIndex(({ op_id }) => op_id === entry.undoes);
      if (at >= 0) from.splice(at, 1);
      to.push(entry);
    } else {
      done.push(entry);
      undone.length = 0;
    }
  }
  return { undo: done.at(-1) ?? null, redo: undone.at(-1) ?? null, undoes: gestureIn(done), redoes: gestureIn(undone) };
}

/** The last entry of a stack, and those before it whose op_ids tell that they belong to the same gesture. */
function gestureIn(stack) {
  const newest = [...stack].reverse();
  const gesture = newest[0] && gestureOf(newest[0].op_id);
  const end = newest.findIndex(({ op_id }) => !gesture || gestureOf(op_id) !== gesture);
  return newest.slice(0, end < 0 ? newest.length : Math.max(1, end));
}

/** The spans an image touches, relations' ends included. */
export function spansIn(...images) {
  const ids = new Set();
  for (const { spans, relations } of images) {
    for (const id of Object.keys(spans ?? {})) ids.add(id);
    for (const relation of Object.values(relations ?? {})) {
      if (relation) ids.add(relation.from_span).add(relation.to_span);
    }
  }
  return ids;
}

/**
 * The marks as the page shows them: the server's rows with the operations it has not acknowledged on top. What is to be
 * sent leaves through `onPerform`, what changed is told to the listeners.
 */

// The server sends 100; a gesture as long as that can still be taken back and done again while the page is open.
const LOG_LENGTH = 400;

/** The newest entries; no gesture among them is cut. */
function newest(log) {
  let from = Math.max(0, log.length - LOG_LENGTH);
  while (from && gestureOf(log[from].op_id) === gestureOf(log[from - 1].op_id)) from -= 1;
  return log.slice(from);
}

export class Store {
  #listeners = [];
  // The marks in reading order.
  #sorted = null;
  // Relations by the spans at their ends, until one changes.
  #ends = null;
  // Operations, oldest first.
  #unacknowledged = [];
  // {tail, touched} while the operations of one gesture are made.
  #gesture = null;

  /** `state`: the server's; `onPerform(operation)` is called for every operation made here; `makeId` makes ids. */
  constructor(state, { onPerform = () => {}, makeId = uuid } = {}) {
    this.onPerform = onPerform;
    this.makeId = makeId;
    this.#take(state);
  }

  #take(state) {
    this.task = state.task;
    this.state = state.state;
    this.revision = state.revision;
    this.rows = rowsOf(state);
    this.#sorted = this.#ends = null;
    this.log = newest(state.history);
  }

  get editable() {
    return EDITABLE.has(this.state);
  }

  get pending() {
    return [...this.#unacknowledged];
  }

  /** Marks in reading order. */
  get spans() {
    return (this.#sorted ??= [...this.rows.spans.values()].sort(order));
  }

  span(id) {
    return this.rows.spans.get(id) ?? null;
  }

  /** Index in `spans`; -1 where there is no such mark. */
  placeOf(id) {
    const span = this.span(id);
    return span ? this.#before(span) : -1;
  }

  /** Number of marks that stand before a row. */
  #before(row) {
    return countWhile(this.spans, (other) => order(other, row) < 0);
  }

  #at(id) {
    if (!this.#ends) {
      this.#ends = new Map();
      for (const relation of this.rows.relations.values()) {
        for (const end of new Set([relation.from_span, relation.to_span])) this.#ends.set(end, [...(this.#ends.get(end) ?? []), relation]);
      }
    }
    return this.#ends.get(id) ?? [];
  }

  relationsFrom(id) {
    return this.#at(id).filter(({ from_span }) => from_span === id);
  }

  relationsTo(id) {
    return this.#at(id).filter(({ to_span }) => to_span === id);
  }

  /** The ids of the marks at the other ends of a mark's links. */
  linkedWith(id) {
    return this.#at(id).map(({ from_span, to_span }) => (from_span === id ? to_span : from_span));
  }

  /** `listener({touched: Set of span ids})` after every change. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** The operations that `work` makes are one gesture: their op_ids end alike, and they are undone together. */
  together(work) {
    if (this.#gesture) return work();
    this.#gesture = { tail: gestureOf(this.makeId()), touched: new Set() };
    try {
      return work();
    } finally {
      const { touched } = this.#gesture;
      this.#gesture = null;
      this.#tell(touched);
    }
  }

  #tell(touched) {
    if (this.#gesture) return touched.forEach((id) => this.#gesture.touched.add(id));
    for (const listener of this.#listeners) listener({ touched });
  }

  #apply(operation) {
    const images = imagesOf(this.rows, operation, this.log);
    if (!images) return null;
    for (const [id, row] of Object.entries(images.after.spans ?? {})) {
      const old = this.span(id);
      if (old) this.#sorted = this.spans.toSpliced(this.#before(old), 1);
      if (row) this.#sorted = this.spans.toSpliced(this.#before(row), 0, row);
    }
    put(this.rows, images.after);
    if (Object.keys(images.after.relations ?? {}).length) this.#ends = null;
    const entry = { op_id: operation.op_id, kind: operation.kind, undoes: operation.undoes ?? null, ...images };
    this.log = newest([...this.log, entry]);
    return entry;
  }

  /** Make an operation, show it, pass it on. Null where the task is closed or the operation does not fit. */
  perform(kind, { target, before = null, after = null, undoes = null }) {
    if (!this.editable) return null;
    const id = this.makeId();
    const operation = { op_id: this.#gesture ? id.slice(0, 24) + this.#gesture.tail : id, kind, target: target ?? this.makeId(), before, after, undoes };
    const entry = this.#apply(operation);
    if (!entry) return null;
    this.#unacknowledged.push(operation);
    this.onPerform(operation);
    this.#tell(spansIn(entry.before, entry.after));
    return entry;
  }

  addSpan(fields) {
    const id = this.makeId();
    const fragments = [[fields.start, fields.end]];
    const after = { fragments, attributes: {}, unsure: false, confidence: null, comment: "", ...fields };
    return this.perform("add", { target: id, after }) && id;
  }

  /** Change fields of a span; null where nothing would change. */
  changeSpan(id, changes) {
    const now = this.span(id);
    if (!now) return null;
    const names = Object.keys(changes).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(changes[name]));
    if (!names.length) return null;
    const pick = (row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    return this.perform("change", { target: id, before: pick(now), after: pick(changes) });
  }

  /** Start, end, fragments (at least one: [[start, end]]) and quote describe one place and always travel together. */
  moveSpan(id, { fragments, quote }) {
    const now = this.span(id);
    const place = (span) => ({ start: span.start, end: span.end, fragments: span.fragments, quote: span.quote });
    const after = { start: fragments[0][0], end: fragments.at(-1)[1], fragments, quote };
    if (!now || JSON.stringify(place(now)) === JSON.stringify(after)) return null;
    return this.perform("change", { target: id, before: place(now), after });
  }

  deleteSpan(id) {
    const now = this.span(id);
    if (!now) return null;
    const { id: _, ...before } = now;
    return this.perform("delete", { target: id, before });
  }

  relate(type, from, to) {
    return this.perform("relate", { after: { type, from_span: from, to_span: to } });
  }

  unrelate(id) {
    const { type, from_span, to_span } = this.rows.relations.get(id) ?? {};
    return type ? this.perform("unrelate", { target: id, before: { type, from_span, to_span } }) : null;
  }

  answer(question, value) {
    const now = this.rows.answers.get(question) ?? null;
    if (JSON.stringify(now) === JSON.stringify(value)) return null;
    const side = (given) => (given === null ? null : { question, value: given });
    return this.perform("answer", { before: side(now), after: { question, value } });
  }

  #back(kind, entries) {
    if (!entries.length) return null;
    // As a whole or not at all.
    const tried = { spans: new Map(this.rows.spans), relations: new Map(this.rows.relations), answers: new Map(this.rows.answers) };
    for (const { before, after } of entries) {
      if (!fits(tried, after)) return null;
      put(tried, before);
    }
    return this.together(() => {
      const done = entries.map(({ op_id, after }) => {
        const target = Object.keys({ ...after.spans, ...after.relations })[0] ?? this.makeId();
        return this.perform(kind, { target, undoes: op_id });
      });
      return done.findLast(Boolean) ?? null;
    });
  }

  /** Take back the latest gesture, its operations newest first; the last entry made, null where there is nothing. */
  undo() {
    return this.#back("undo", stacksOf(this.log).undoes);
  }

  redo() {
    return this.#back("redo", stacksOf(this.log).redoes);
  }

  /** The server acknowledged these operations. */
  settle(opIds, revision) {
    const done = new Set(opIds);
    this.#unacknowledged = this.#unacknowledged.filter(({ op_id }) => !done.has(op_id));
    if (Number.isInteger(revision)) this.revision = Math.max(this.revision, revision);
  }

  /**
   * Start again from the server's state and put `operations` (by default those not acknowledged) on top where they still
   * fit. Returns the operations that no longer fit: they are dropped, and the caller says so.
   */
  adopt(state, operations = this.#unacknowledged) {
    const known = new Set(state.history.map(({ op_id }) => op_id));
    const { spans, relations } = this.rows;
    this.#take(state);
    // What is as it was stays the same object.
    for (const [id, row] of this.rows.spans) if (alike(row, spans.get(id))) this.rows.spans.set(id, spans.get(id));
    const dropped = [];
    this.#unacknowledged = operations.filter((operation) => {
      if (known.has(operation.op_id)) return false;
      // Also on a closed task: whether it still takes them is for the server to say.
      if (this.#apply(operation)) return true;
      dropped.push(operation);
      return false;
    });
    const lacking = (rows, others) => Object.fromEntries([...rows].filter(([id, row]) => !alike(row, others.get(id))));
    const now = this.rows;
    this.#tell(
      spansIn(
        { spans: lacking(spans, now.spans), relations: lacking(relations, now.relations) },
        { spans: lacking(now.spans, spans), relations: lacking(now.relations, relations) },
      ),
    );
    return dropped;
  }
}

/** What the reader is doing right now: nothing here is saved. Offsets in code points. */

export class Ui {
  #listeners = [];

  // Id of the selected mark.
  selected = null;
  // Id of the mark under the pointer.
  hovered = null;
  // {start, end, anchor: {start, end}}: words waiting for a label; for a copy also its fragments, and `copied`: the mark.
  pending = null;
  // {start, end}: the word cursor.
  cursor = null;
  // {from: id, type: relation type} while a link is being drawn.
  linking = null;
  // Id of the mark that a link would point to.
  candidate = null;
  // Whether the pointer draws the link.
  dragging = false;
  // Id of the mark that the next selection is added to.
  fragment = null;
  // Id of the mark whose second part begins at the next word chosen.
  splitting = null;
  // Whether the palette stands beside the selected mark.
  relabeling = false;
  // The edge that Shift+arrows move.
  edge = "end";

  /** The mark that keeps being selected while words are chosen for it. */
  get held() {
    return this.fragment ?? this.splitting;
  }

  /** `listener(before)` after every change; `before` holds the old values of what changed. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  set(changes) {
    const before = {};
    for (const [name, value] of Object.entries(changes)) {
      if (this[name] !== value) before[name] = this[name];
      this[name] = value;
    }
    if (Object.keys(before).length) for (const listener of this.#listeners) listener(before);
  }
}
