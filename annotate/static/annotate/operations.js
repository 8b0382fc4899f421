/**
 * Operations, and the images of the rows they change. No DOM, no network, no clock.
 *
 * An image is {spans: {id: row|null}, relations: {…}, answers: {…}}: the rows that an operation touches, null where a row
 * is not there. Putting an operation's before-image back undoes it.
 */

const KINDS = ["spans", "relations", "answers"];

/** States in which the page takes changes. Of an expired task the server makes a claimed one again, while it is free. */
export const EDITABLE = new Set(["claimed", "returned", "expired"]);

/** Equal as JSON values; the order of keys does not matter, undefined is null. */
export function same(a, b) {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(a[key], b[key]));
}

/** The rows of a server state, keyed by id (answers: by the code of their question). */
export function rowsOf(state) {
  return {
    spans: new Map(state.spans.map((span) => [span.id, span])),
    relations: new Map(state.relations.map((relation) => [relation.id, relation])),
    answers: new Map(Object.entries(state.answers ?? {})),
  };
}

/** Put the rows of an image in place. */
export function put(rows, image) {
  for (const kind of KINDS) {
    for (const [id, row] of Object.entries(image[kind] ?? {})) {
      if (row === null) rows[kind].delete(id);
      else rows[kind].set(id, row);
    }
  }
}

/** Whether the rows are now as the image says. */
export const fits = (rows, image) =>
  KINDS.every((kind) => Object.entries(image[kind] ?? {}).every(([id, row]) => same(rows[kind].get(id) ?? null, row)));

const image = (parts) => ({ spans: {}, relations: {}, answers: {}, ...parts });
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
    if (now || !rows.spans.has(after.from_span) || !rows.spans.has(after.to_span)) return null;
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

/** What undo and redo would take back: {undo: entry|null, redo: entry|null}, read from the log alone, so it survives a reload. */
export function stacksOf(log) {
  const done = [];
  const undone = [];
  for (const entry of log) {
    if (entry.kind === "undo") {
      const at = done.findLastIndex(({ op_id }) => op_id === entry.undoes);
      if (at >= 0) done.splice(at, 1);
      undone.push(entry);
    } else if (entry.kind === "redo") {
      const at = undone.findLastIndex(({ op_id }) => op_id === entry.undoes);
      if (at >= 0) undone.splice(at, 1);
      done.push(entry);
    } else {
      done.push(entry);
      undone.length = 0;
    }
  }
  return { undo: done.at(-1) ?? null, redo: undone.at(-1) ?? null };
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
