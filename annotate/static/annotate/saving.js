/** From an operation to the server: requests, answers, the queue that outlives the page, the sender, the lease, sign-in. */
import { byId, uuid } from "./dom.js";
import { Store } from "./store.js";

/** From the cookie, which signing in anew replaces; the page's own where it cannot be read. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : (document.querySelector("meta[name=csrf-token]")?.content ?? "");
}

/** {status, redirected, json}; json is null unless the answer is JSON. Throws TypeError where the network fails. */
export async function request(url, { method = "GET", body, prefer } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (prefer) headers.Prefer = prefer;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const response = await fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(20_000),
  });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { status: response.status, redirected: response.redirected, json: isJson ? await response.json().catch(() => null) : null };
}

/*
 * ---- What the server's answer to a request means.
 * Only JSON that names an operation acknowledges it: a proxy's page, or the sign-in page behind a followed redirect, is an
 * answer too, and must not lose a mark.
 */

/**
 * `answer`: {status, redirected, json} where json is null unless the body was JSON.
 * Returns one of {kind: "done", json}, "signed-out", "conflict", "missing", "gone", "bad" (each with json), or
 * {kind: "retry"}: nothing is known, ask again later.
 */
export function readAnswer({ status, redirected, json }) {
  if (redirected || json === null || typeof json !== "object") {
    return status === 401 ? { kind: "signed-out" } : { kind: "retry", status };
  }
  if (status === 200) return { kind: "done", json };
  // Without a valid CSRF token it is as if nobody were signed in: signing in brings a new one.
  if (status === 401 || (status === 403 && json.code === "csrf_failed")) return { kind: "signed-out" };
  if (status === 404) return { kind: "gone", json };
  if (status === 409) return { kind: "conflict", json };
  if (status === 422) return { kind: "missing", json };
  if (status === 400 || status === 413) return { kind: "bad", json };
  return { kind: "retry", status };
}

/** The op_ids that a "done" answer settles, applied and refused: {applied, refused}; null where it is not that shape. */
export function acknowledged(json) {
  if (!Array.isArray(json.applied)) return null;
  return { applied: json.applied, refused: Array.isArray(json.refused) ? json.refused : [] };
}

/** Milliseconds to wait before attempt number `attempt` (0 first): doubling from 1 s to 30 s, spread by `chance` in [0, 1). */
export const backOff = (attempt, chance) => Math.min(30_000, 1000 * 2 ** attempt) * (0.75 + chance / 2);

/*
 * ---- Operations on their way to the server, kept in IndexedDB until it acknowledged them: over reload, offline, signing in
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

/**
 * The queue of one user and one task. Where the browser cannot keep a change (no IndexedDB, a full disk), that one and
 * those after it wait in `loose`, on this page only.
 */
export class Queue {
  #tail = Promise.resolve();
  loose = [];
  keeping = 0; // changes on their way into IndexedDB

  constructor({ user, username, task }) {
    Object.assign(this, { user, username, task });
  }

  /** Whether something would be lost with the page. */
  get unsafe() {
    return this.keeping + this.loose.length > 0;
  }

  async #all() {
    const { user, task } = this;
    const kept = transaction("operations", "readonly", (store) => settled(store.index("owner").getAll([user, task])));
    return [...(await kept.catch(() => [])), ...this.loose];
  }

  /** What is to be sent, in the order in which it was made: [{operation}]. */
  async rows() {
    return (await this.#all()).filter(({ held }) => !held);
  }

  /** What the server did not take, with its reasons: [{operation, held}]. */
  async held() {
    return (await this.#all()).filter(({ held }) => held);
  }

  /** Resolves to null, or to the error for which the operation is kept on the page only. */
  keep(operation) {
    const { user, username, task } = this;
    const row = { user, username, task, operation };
    this.keeping += 1;
    this.#tail = this.#tail.then(async () => {
      try {
        if (this.loose.length) throw this.problem;
        await transaction("operations", "readwrite", (store) => settled(store.add(row)));
        return null;
      } catch (error) {
        this.loose.push(row);
        return (this.problem = error);
      } finally {
        this.keeping -= 1;
      }
    });
    return this.#tail;
  }

  /** Change or (null) take away the rows of these operations. */
  async #edit(opIds, change) {
    const named = new Set(opIds);
    if (!named.size) return;
    this.loose = this.loose.flatMap((row) => (named.has(row.operation.op_id) ? (change(row) ?? []) : row));
    await transaction("operations", "readwrite", async (store) => {
      for (const row of await settled(store.index("owner").getAll([this.user, this.task]))) {
        if (!named.has(row.operation.op_id)) continue;
        const changed = change(row);
        if (changed) store.put(changed);
        else store.delete(row.seq);
      }
    }).catch((error) => (this.problem = error));
  }

  forget(opIds) {
    return this.#edit(opIds, () => null);
  }

  /** Send them no more, and keep them with the reason until the reader throws them away. `reasons`: {op_id: words}. */
  hold(reasons) {
    return this.#edit(Object.keys(reasons), (row) => ({ ...row, held: reasons[row.operation.op_id] }));
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
      }).catch(() => null);
    }
    return true;
  }

  /** Without IndexedDB no other tab knows of this queue. */
  #claim(tab) {
    return transaction("leaders", "readwrite", async (store) => {
      const leader = await settled(store.get(this.task));
      const left = leader ? leader.until - Date.now() : 0;
      // More than a whole lease left: the clock was set back.
      if (left > 0 && left <= LEASE && leader.tab !== tab) return false;
      store.put({ task: this.task, tab, until: Date.now() + LEASE });
      return true;
    }).catch(() => true);
  }
}

/**
 * Sends the queue of one task, in order and in small batches, until it is empty.
 *
 * It holds no marks: what the server answered goes to `handlers`. Only one tab sends for a task; the others are told
 * over a BroadcastChannel.
 */

const BATCH = 20;

export class Sender {
  #attempt = 0;
  #timer = null;
  #running = null;
  #again = false;
  #why = "";

  /**
   * `send(body)` posts operations and resolves to {status, redirected, json}.
   * `handlers`: status(name, count, why), settled(applied, refused, json), conflict(state, operations) -> op_ids that no
   * longer fit, held() when those are put by, signedOut(), gone(), revision() -> number, elsewhere(opIds, revision) for what another tab settled.
   */
  constructor({ queue, send, handlers }) {
    Object.assign(this, { queue, send, handlers, tab: uuid(), blocked: false });
    this.channel = new BroadcastChannel(`slantwise:${queue.user}:${queue.task}`);
    this.channel.addEventListener("message", ({ data }) => handlers.elsewhere(data.settled, data.revision));
    addEventListener("online", () => this.resume());
    addEventListener("offline", () => this.#report());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.resume());
  }

  /** Keep an operation and begin to send it; resolves once it is kept, to what `Queue.keep` resolves to. */
  async push(operation) {
    this.handlers.status("saving", 0);
    const problem = await this.queue.keep(operation);
    this.resume(); // who put off signing in is asked again
    return problem;
  }

  /** Send now whatever waits, back-off or not. Resolves when a round is over. */
  wake() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#again = true;
    this.#running ??= this.#rounds().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Go on although signed out or not let in a moment ago: the reader may have signed in again. */
  resume() {
    this.blocked = false;
    this.#attempt = 0;
    return this.wake();
  }

  async #rounds() {
    while (this.#again) {
      this.#again = false;
      let led = false;
      if (!this.blocked) led = await this.queue.lead(this.tab, (renew) => this.#drain(renew)).catch(() => false);
      await this.#report();
      const left = (await this.queue.rows()).length;
      if (left && !this.blocked && !this.#timer && !this.#again) this.#later(led === false);
    }
  }

  #later(notLeading) {
    const wait = notLeading ? 1000 : backOff(this.#attempt, Math.random());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.wake(), wait);
  }

  async #report() {
    const left = (await this.queue.rows()).length;
    if (!left) return this.handlers.status("saved", 0);
    if (!navigator.onLine) return this.handlers.status("offline", left, "network");
    return this.handlers.status(this.#why ? "offline" : "saving", left, this.#why);
  }

  /** Send batches until nothing waits or the server cannot take them. */
  async #drain(renew) {
    let size = BATCH;
    for (;;) {
      const rows = (await this.queue.rows()).slice(0, size);
      if (!rows.length) return;
      await renew();
      const operations = rows.map(({ operation }) => operation);
      const sent = new Set(operations.map(({ op_id }) => op_id));
      const answer = await this.send({ base_revision: this.handlers.revision(), operations }).catch(() => null);
      const { kind, json } = answer ? readAnswer(answer) : { kind: "retry" };
      const done = kind === "done" && acknowledged(json);
      if (done && [...done.applied, ...done.refused.map(({ op_id }) => op_id)].some((id) => sent.has(id))) {
        const { applied, refused } = done;
        await this.queue.hold(Object.fromEntries(refused.map(({ op_id, message }) => [op_id, message || "Refused."])));
        await this.queue.forget(applied);
        this.#attempt = 0;
        this.#why = "";
        this.handlers.settled(applied, refused, json);
        this.channel.postMessage({ settled: [...applied, ...refused.map(({ op_id }) => op_id)], revision: json.revision });
      } else if (kind === "conflict" && json.state) {
        const waiting = (await this.queue.rows()).map(({ operation }) => operation);
        const dropped = this.handlers.conflict(json.state, waiting);
        const known = json.state.history.map(({ op_id }) => op_id).filter((id) => sent.has(id));
        await this.queue.hold(Object.fromEntries(dropped.map((id) => [id, "The same was changed elsewhere."])));
        await this.queue.forget(known);
        if (dropped.length) this.handlers.held();
        this.channel.postMessage({ settled: [...dropped, ...known], revision: json.revision });
        if (!dropped.length && !known.length) return; // it fits here and not there: try again later rather than at once
      } else if (kind === "bad" && operations.length > 1) {
        size = 1; // one of them is to blame: find it
      } else if (kind === "bad") {
        const [{ op_id }] = operations;
        const message = json.message ?? json.detail ?? "The server could not read this change.";
        await this.queue.hold({ [op_id]: message });
        this.handlers.settled([], [{ op_id, code: "bad", message }], json);
      } else {
        this.#why = "server";
        if (kind === "signed-out" || kind === "gone") {
          this.blocked = true;
          this.#why = kind;
          this.handlers[kind === "gone" ? "gone" : "signedOut"]();
        }
        return;
      }
    }
  }
}

/**
 * The store of one task, its queue and its sender, put together. No DOM.
 *
 * `post(path, body)` and `fetchState()` (null where it fails) talk to the server; `tell` says what becomes of changes:
 * status(name, count, why), held() where the server did not take some, unkept(error), late(words), adopted(), signedOut(),
 * gone().
 */
export function makeSaving({ state, post, fetchState, tell }) {
  const queue = new Queue(state);
  const store = new Store(state, {
    onPerform: (operation) => sender.push(operation).then((error) => error && tell.unkept(error)),
  });

  const waitingWith = (rows) => {
    const known = new Set(rows.map(({ op_id }) => op_id));
    return [...rows, ...store.pending.filter(({ op_id }) => !known.has(op_id))];
  };

  /** Take the server's state and put what waits on top. Returns the op_ids of what no longer fits. */
  function adopt(fresh, operations = store.pending) {
    const dropped = store.adopt(fresh, operations).map(({ op_id }) => op_id);
    tell.adopted();
    return dropped;
  }

  /** Start again from a state with all that waits on top. */
  async function take(fresh) {
    const rows = (await queue.rows()).map(({ operation }) => operation);
    if (fresh.revision < store.revision) return false;
    const known = fresh.history.map(({ op_id }) => op_id);
    const dropped = adopt(fresh, waitingWith(rows));
    await queue.forget(known);
    await queue.hold(Object.fromEntries(dropped.map((id) => [id, "The same was changed elsewhere."])));
    if (dropped.length) tell.held();
    return true;
  }

  let refreshing = null;
  const again = async () => {
    // A state older than what was acknowledged meanwhile is of no use.
    for (let attempt = 0; ; attempt += 1) {
      const fresh = await fetchState().catch(() => null);
      if (fresh && (await take(fresh))) return;
      if (sender.blocked) return;
      await new Promise((resolve) => setTimeout(resolve, backOff(attempt, Math.random()) / 2));
    }
  };
  /** Take what the server has now, as soon as it answers. */
  const refresh = () => (refreshing ??= again().finally(() => (refreshing = null)));

  const sender = new Sender({
    queue,
    send: (body) => post("operations/", body),
    handlers: {
      // A round that ends while the next change is on its way into the queue has not saved that one.
      status: (name, count, why) => tell.status(name === "saved" && queue.unsafe ? "saving" : name, count, why),
      revision: () => store.revision,
      settled: (applied, refused, { revision, state: closed, late, message }) => {
        const known = new Set(store.log.map(({ op_id }) => op_id));
        const behind = applied.some((id) => !known.has(id)) || revision > store.revision + applied.length;
        store.settle([...applied, ...refused.map(({ op_id }) => op_id)], revision);
        if (refused.length) tell.held();
        if (late && message) tell.late(message);
        if (closed) adopt(closed);
        else if (refused.length || behind) refresh();
      },
      conflict: (fresh, operations) => adopt(fresh, waitingWith(operations)),
      held: tell.held,
      elsewhere: (ids, revision) => {
        store.settle(ids, revision);
        refresh();
      },
      signedOut: tell.signedOut,
      gone: tell.gone,
    },
  });

  /** What an earlier page left in the queue goes on top of the state this one came with, and off to the server. */
  const begin = async () => {
    await take(state);
    if ((await queue.held()).length) tell.held();
    sender.wake();
  };

  return { store, queue, sender, adopt, refresh, begin };
}

// ---- Keeps the task ours while its page is open: a renewal every third of the lease, only while the page is seen.

const LEAST = 20_000;
const MOST = 10 * 60_000;

/** Milliseconds until the next renewal of a lease that ends at `expires` (ISO), now being `now`. */
export const renewalIn = (expires, now) => Math.max(LEAST, Math.min(MOST, (Date.parse(expires) - now) / 3));

/** `renew()` posts and resolves to the new end of the lease (ISO) or null. */
export function keepLease({ expires, renew }) {
  if (!expires) return;
  let end = expires;
  let timer;
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(run, renewalIn(end, Date.now()));
  };
  const run = async () => {
    if (document.visibilityState === "visible") end = (await renew().catch(() => null)) ?? end;
    plan();
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && Date.parse(end) - Date.now() < MOST && run());
  plan();
}

// ---- Signing in again without leaving the page, so that nothing on it is lost.

/** `username`: who must sign in; `isBack()` resolves to true once the server knows this page's user again. */
export function makeSignIn({ username, isBack, onBack }) {
  const dialog = byId("sign-in");
  const { url } = dialog.dataset;
  const password = byId("sign-in-password");
  const say = (words) => (byId("sign-in-problem").textContent = words);

  const signIn = async () => {
    say("");
    await fetch(url, { credentials: "same-origin", cache: "no-store" }); // sets the CSRF cookie
    const body = new URLSearchParams({ username, password: password.value });
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, credentials: "same-origin", redirect: "manual" });
    if (answer.type !== "opaqueredirect") return say("That password is not right.");
    return finish();
  };
  const finish = async () => {
    if (!(await isBack())) return say(`Somebody else is signed in now. Sign in as ${username} to send these changes.`);
    password.value = "";
    dialog.close();
    return onBack();
  };
  const attempt = (work) => work().catch(() => say("The server does not answer. Your changes are kept here; try again."));

  byId("sign-in-confirm").addEventListener("click", () => attempt(signIn));
  byId("sign-in-form").addEventListener("submit", (event) => {
    if (event.submitter?.value === "" && !password.value) return;
    event.preventDefault();
    attempt(signIn);
  });
  password.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    attempt(signIn);
  });
  // Signed in meanwhile in another tab.
  addEventListener("focus", () => dialog.open && isBack().then((back) => back && finish(), () => {}));

  return { open: () => dialog.open || dialog.showModal() };
}
