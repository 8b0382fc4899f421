/** From an operation to the server: requests, answers, the queue that outlives the page, the sender, the lease, sign-in. */
import { byId, uuid } from "./dom.js";

/** From the cookie, which signing in anew replaces; the page's own where it cannot be read. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : (document.querySelector("meta[name=csrf-token]")?.content ?? "");
}

/** {status, redirected, json}; json is null unless the answer is JSON. Throws TypeError where the network fails. */
export async function request(url, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
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
  if (status === 401) return { kind: "signed-out" };
  if (status === 404) return { kind: "gone", json };
  if (status === 409) return { kind: "conflict", json };
  if (status === 422) return { kind: "missing", json };
  if (status === 400) return { kind: "bad", json };
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

  /**
   * `send(body)` posts operations and resolves to {status, redirected, json}.
   * `handlers`: status(name, count), settled(applied, refused, json), conflict(state) -> op_ids that no longer fit,
   * signedOut(), gone(), revision() -> number, elsewhere(opIds, revision) for what another tab sent.
   */
  constructor({ queue, send, handlers }) {
    Object.assign(this, { queue, send, handlers, tab: uuid(), blocked: false });
    this.channel = new BroadcastChannel(`slantwise:${queue.user}:${queue.task}`);
    this.channel.addEventListener("message", ({ data }) => handlers.elsewhere(data.applied, data.revision));
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#report());
    document.addEventListener("visibilitychange", () => this.wake());
  }

  /** Keep an operation and begin to send it; resolves once it is kept, rejects where the browser cannot. */
  async push(operation) {
    this.handlers.status("saving", 0);
    await this.queue.keep(operation);
    this.wake();
  }

  /** Send now whatever waits, back-off or not. Resolves when a round is over. */
  wake() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#again = true;
    this.#running ??= this.#rounds().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Go on after the reader has signed in again. */
  resume() {
    this.blocked = false;
    this.#attempt = 0;
    return this.wake();
  }

  async #rounds() {
    while (this.#again) {
      this.#again = false;
      let led = false;
      if (!this.blocked) led = await this.queue.lead(this.tab, (renew) => this.#drain(renew)).catch((error) => this.#fail(error));
      await this.#report();
      const left = (await this.queue.rows()).length;
      if (left && !this.blocked && !this.#timer && !this.#again) this.#later(led === false);
    }
  }

  #fail(error) {
    this.problem = error;
    return false;
  }

  #later(notLeading) {
    const wait = notLeading ? 1000 : backOff(this.#attempt, Math.random());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.wake(), wait);
  }

  async #report() {
    const left = (await this.queue.rows()).length;
    if (!left) return this.handlers.status("saved", 0);
    const offline = this.blocked || !navigator.onLine || this.#attempt > 0;
    return this.handlers.status(offline ? "offline" : "saving", left);
  }

  /** Send batches until nothing waits or the server cannot take them. */
  async #drain(renew) {
    let size = BATCH;
    for (;;) {
      const rows = (await this.queue.rows()).slice(0, size);
      if (!rows.length) return;
      await renew();
      const operations = rows.map(({ operation }) => operation);
      const answer = await this.send({ base_revision: this.handlers.revision(), operations }).catch(() => null);
      const { kind, json } = answer ? readAnswer(answer) : { kind: "retry" };
      if (kind === "done" && acknowledged(json)) {
        const { applied, refused } = acknowledged(json);
        const named = [...applied, ...refused.map(({ op_id }) => op_id)];
        if (!operations.some(({ op_id }) => named.includes(op_id))) return; // names none of them: not an acknowledgement
        await this.queue.forget(named);
        this.#attempt = 0;
        this.handlers.settled(applied, refused, json);
        this.channel.postMessage({ applied, revision: json.revision });
      } else if (kind === "conflict" && json.state) {
        const waiting = (await this.queue.rows()).map(({ operation }) => operation);
        const dropped = this.handlers.conflict(json.state, waiting);
        const known = new Set(json.state.history.map(({ op_id }) => op_id));
        const over = [...dropped, ...operations.filter(({ op_id }) => known.has(op_id)).map(({ op_id }) => op_id)];
        await this.queue.forget(over);
        if (!over.length) return; // it fits here and not there: try again later rather than at once
      } else if (kind === "bad" && size > 1 && operations.length > 1) {
        size = 1; // one of them is to blame: find it
      } else if (kind === "bad") {
        const refused = [{ op_id: operations[0].op_id, code: "bad", message: json.message ?? json.detail ?? "The server could not read this change." }];
        await this.queue.forget([operations[0].op_id]);
        this.handlers.settled([], refused, json);
      } else {
        if (kind === "signed-out" || kind === "gone") {
          this.blocked = true;
          this.handlers[kind === "gone" ? "gone" : "signedOut"]();
        } else {
          this.#attempt = Math.max(1, this.#attempt);
        }
        return;
      }
    }
  }
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
