/**
 * Sends the queue of one task, in order and in small batches, until it is empty.
 *
 * It holds no marks: what the server answered goes to `handlers`. Only one tab sends for a task; the others are told
 * over a BroadcastChannel.
 */
import { acknowledged, backOff, readAnswer } from "./answers.js";
import { uuid } from "./ids.js";

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
