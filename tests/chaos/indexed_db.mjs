/**
 * The part of IndexedDB that saving.js uses, over a file: what a committed transaction wrote outlives a killed process.
 * Transactions run one after the other, change nothing until they commit, and commit when no request is left.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const pathOf = (row, path) => (Array.isArray(path) ? path.map((name) => row[name]) : row[path]);
const equal = (a, b) => JSON.stringify(a) === JSON.stringify(b);
/** Callbacks run as tasks, not as microtasks, as in a browser. */
const soon = (work) => setImmediate(work);

class Request {
  constructor(transaction, work) {
    transaction.left += 1;
    transaction.when(() => {
      this.result = structuredClone(work());
      this.onsuccess?.();
      // What runs after `await request` may make more requests before the transaction commits.
      soon(() => transaction.finish());
    });
  }
}

class Transaction {
  left = 0;
  #jobs = [];
  #started = false;

  constructor(database, name) {
    Object.assign(this, { database, name });
    database.turn.then(() => {
      this.data = structuredClone(database.data);
      this.#started = true;
      for (const job of this.#jobs) soon(job);
    });
    database.turn = new Promise((resolve) => (this.ended = resolve));
  }

  when(job) {
    if (this.#started) soon(job);
    else this.#jobs.push(job);
  }

  finish() {
    this.left -= 1;
    if (this.left) return;
    this.database.commit(this.data);
    this.ended();
    this.oncomplete?.();
  }

  objectStore(name) {
    const { keyPath, autoIncrement, indexes } = this.database.schema[name];
    const rows = () => (this.data[name] ??= []);
    const ask = (work) => new Request(this, work);
    const write = (row, isNew) => {
      const kept = structuredClone(row);
      if (autoIncrement && kept[keyPath] === undefined) kept[keyPath] = this.data.last = (this.data.last ?? 0) + 1;
      const at = rows().findIndex((other) => equal(other[keyPath], kept[keyPath]));
      if (at < 0) rows().push(kept);
      else if (isNew) throw new Error("ConstraintError");
      else rows()[at] = kept;
      return kept[keyPath];
    };
    return {
      add: (row) => ask(() => write(row, true)),
      put: (row) => ask(() => write(row, false)),
      get: (key) => ask(() => rows().find((row) => equal(row[keyPath], key))),
      delete: (key) => ask(() => void (this.data[name] = rows().filter((row) => !equal(row[keyPath], key)))),
      index: (index) => {
        const found = (key) => rows().filter((row) => equal(pathOf(row, indexes[index]), key));
        return { getAll: (key) => ask(() => found(key)), count: (key) => ask(() => found(key).length) };
      },
    };
  }
}

class Database {
  turn = Promise.resolve();
  schema = {};

  constructor(file) {
    this.file = file;
    this.data = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  }

  createObjectStore(name, options) {
    const indexes = {};
    this.schema[name] = { ...options, indexes };
    return { createIndex: (index, path) => (indexes[index] = path) };
  }

  transaction(name) {
    return new Transaction(this, name);
  }

  commit(data) {
    if (equal(data, this.data)) return;
    this.data = data;
    writeFileSync(`${this.file}.new`, JSON.stringify(data));
    renameSync(`${this.file}.new`, this.file);
  }
}

/** `indexedDB` of one browser profile, kept in `file`. */
export const indexedDbIn = (file) => ({
  open: () => {
    const request = { result: new Database(file) };
    soon(() => {
      request.onupgradeneeded?.();
      request.onsuccess?.();
    });
    return request;
  },
});
