/**
 * The marks of one task as the page shows them: the server's rows with the operations it has not acknowledged put on top.
 * No DOM, no network: what is to be sent leaves through `onPerform`, what changed is told to the listeners.
 */
import { EDITABLE, imagesOf, put, rowsOf, spansIn, stacksOf } from "./operations.js";
import { uuid } from "./ids.js";

const LOG_LENGTH = 100;

export class Store {
  #listeners = [];
  #unacknowledged = []; // operations, oldest first

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
    this.log = state.history.slice(-LOG_LENGTH);
  }

  get editable() {
    return EDITABLE.has(this.state);
  }

  get pending() {
    return [...this.#unacknowledged];
  }

  /** Marks in reading order. */
  get spans() {
    return [...this.rows.spans.values()].sort((a, b) => a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : 1));
  }

  span(id) {
    return this.rows.spans.get(id) ?? null;
  }

  relationsFrom(id) {
    return [...this.rows.relations.values()].filter(({ from_span }) => from_span === id);
  }

  /** `listener({touched: Set of span ids, all: boolean})` after every change. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  #tell(touched, all = false) {
    for (const listener of this.#listeners) listener({ touched, all });
  }

  #apply(operation) {
    const images = imagesOf(this.rows, operation, this.log);
    if (!images) return null;
    put(this.rows, images.after);
    const entry = { op_id: operation.op_id, kind: operation.kind, undoes: operation.undoes ?? null, ...images };
    this.log = [...this.log, entry].slice(-LOG_LENGTH);
    return entry;
  }

  /** Make an operation, show it, pass it on. Null where the task is closed or the operation does not fit. */
  perform(kind, { target, before = null, after = null, undoes = null }) {
    if (!this.editable) return null;
    const operation = { op_id: this.makeId(), kind, target: target ?? this.makeId(), before, after, undoes };
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

  #back(kind, entry) {
    if (!entry) return null;
    const target = Object.keys({ ...entry.after.spans, ...entry.after.relations })[0] ?? this.makeId();
    return this.perform(kind, { target, undoes: entry.op_id });
  }

  undo() {
    return this.#back("undo", stacksOf(this.log).undo);
  }

  redo() {
    return this.#back("redo", stacksOf(this.log).redo);
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
    this.#take(state);
    const dropped = [];
    this.#unacknowledged = operations.filter((operation) => {
      if (known.has(operation.op_id)) return false;
      // Also on a closed task: whether it still takes them is for the server to say.
      if (this.#apply(operation)) return true;
      dropped.push(operation);
      return false;
    });
    this.#tell(new Set(this.rows.spans.keys()), true);
    return dropped;
  }
}
