/**
 * Operations on their way to the server, kept in IndexedDB until it acknowledged them: over reload, offline, signing in
 * again. Each row belongs to one user and one task; only pages of that user send it.
 */

const NAME = "slantwise";
const LEASE = 10_000; // milliseconds that a leader row holds without renewal

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    const operations = request.result.createObjectStore("operations", { keyPath: "seq", autoIncrement: true });
    operations.createIndex("owner", ["user", "task"]);
    operations.createIndex("username", "username");
    request.result.createObjectStore("leaders", { keyPath: "task" });
  };
  return settled(request);
}

let database;
const db = () => (database ??= open());

async function transaction(store, mode, work) {
  const running = (await db()).transaction(store, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    running.oncomplete = resolve;
    running.onabort = running.onerror = () => reject(running.error);
  });
  const result = await work(running.objectStore(store));
  await done;
  return result;
}

/** Number of operations of `username` that this browser still keeps, over all tasks. */
export const countUnsent = (username) =>
  transaction("operations", "readonly", (store) => settled(store.index("username").count(username)));

/** The queue of one user and one task. */
export class Queue {
  constructor({ user, username, task }) {
    Object.assign(this, { user, username, task });
  }

  /** Rows in the order in which they were made: [{seq, operation}]. */
  rows() {
    const { user, task } = this;
    return transaction("operations", "readonly", (store) => settled(store.index("owner").getAll([user, task])));
  }

  keep(operation) {
    const { user, username, task } = this;
    return transaction("operations", "readwrite", (store) => settled(store.add({ user, username, task, operation })));
  }

  forget(opIds) {
    const gone = new Set(opIds);
    return transaction("operations", "readwrite", async (store) => {
      const rows = await settled(store.index("owner").getAll([this.user, this.task]));
      for (const { seq, operation } of rows) if (gone.has(operation.op_id)) store.delete(seq);
    });
  }

  /**
   * Run `work(renew)` while no other tab sends for this task: by Web Locks, or, on plain http where they are missing, by a
   * leader row that lapses when its tab dies. False where another tab leads (Web Locks wait instead).
   */
  async lead(tab, work) {
    if (navigator.locks) {
      await navigator.locks.request(`${NAME}:${this.user}:${this.task}`, () => work(async () => {}));
      return true;
    }
    if (!(await this.#claim(tab))) return false;
    try {
      await work(() => this.#claim(tab));
    } finally {
      await transaction("leaders", "readwrite", async (store) => {
        if ((await settled(store.get(this.task)))?.tab === tab) store.delete(this.task);
      });
    }
    return true;
  }

  #claim(tab) {
    return transaction("leaders", "readwrite", async (store) => {
      const leader = await settled(store.get(this.task));
      if (leader && leader.tab !== tab && leader.until > Date.now()) return false;
      store.put({ task: this.task, tab, until: Date.now() + LEASE });
      return true;
    });
  }
}
