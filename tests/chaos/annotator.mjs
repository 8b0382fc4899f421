/**
 * One annotator without a screen: the page's own store, queue and sender under Node.
 *
 * argv[2] is JSON: {address, task, username, password, file, seed, operations, pause}. On stdout, one JSON object a line:
 * {made: op_id} once an operation is kept, {finished: model} when all are acknowledged. A killed process started again
 * goes on like a page that is opened again.
 */
import { appendFileSync } from "node:fs";
import { indexedDbIn } from "./indexed_db.mjs";

const { address, task, username, password, file, seed, operations, pause } = JSON.parse(process.argv[2]);
const cookies = new Map();
const listeners = {};
globalThis.indexedDB = indexedDbIn(file);
globalThis.addEventListener = (name, listener) => (listeners[name] = listener);
globalThis.document = {
  addEventListener: () => {},
  visibilityState: "visible",
  get cookie() {
    return [...cookies].map((pair) => pair.join("=")).join("; ");
  },
};
if (!globalThis.navigator) globalThis.navigator = { onLine: true };

const direct = globalThis.fetch;
/** As a browser's: with cookies; `fetch` of Node knows none. */
globalThis.fetch = async (url, options = {}) => {
  const response = await direct(new URL(url, address), { ...options, headers: { ...options.headers, Cookie: document.cookie } });
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split("=");
    if (/max-age=0/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
  return response;
};

const { makeSaving, request, csrfToken } = await import("../../annotate/static/annotate/saving.js");
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function signIn() {
  const page = `/accounts/login/`;
  for (;;) {
    try {
      await fetch(page);
      const body = new URLSearchParams({ username, password });
      const answer = await fetch(page, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, redirect: "manual" });
      if (answer.status === 302) return;
    } catch {
      // The server is down: try again.
    }
    await sleep(300);
  }
}

const api = `/api/v1/tasks/${task}/`;
const post = (path, body) => request(`${api}${path}`, { method: "POST", body });
const fetchState = async () => {
  const { status, redirected, json } = await request(api);
  return status === 200 && !redirected && json?.task === task ? json : null;
};

let state = null;
while (!state) {
  await signIn(); // all sessions may end in between
  state = await fetchState().catch(() => null);
}

let signingIn = null;
const { store, queue, sender, begin } = makeSaving({
  state,
  post,
  fetchState,
  tell: {
    status: () => {},
    held: async () => tell({ held: (await queue.held()).map(({ operation, held }) => [operation, held]) }),
    unkept: (error) => tell({ problem: String(error) }),
    late: (words) => tell({ problem: words }),
    adopted: () => {},
    signedOut: () => (signingIn ??= signIn().then(() => ((signingIn = null), sender.resume()))),
    gone: () => tell({ problem: "gone" }),
  },
});
await begin();

// A small generator of numbers, so that the seed decides what the annotator does.
let dice = (seed + state.revision * 7919) >>> 0;
const roll = (sides) => {
  dice = (Math.imul(dice, 1664525) + 1013904223) >>> 0;
  return Math.floor((dice / 2 ** 32) * sides);
};
const one = (list) => list[roll(list.length)];
const characters = [...state.article.text];
const LABELS = ["SOURCE", "CONTENT", "QUANTITY"];

function place() {
  const start = roll(characters.length - 12);
  const end = start + 1 + roll(11);
  return { start, end, quote: characters.slice(start, end).join("") };
}

function act() {
  const { spans } = store;
  const span = spans.length ? one(spans) : null;
  const relations = [...store.rows.relations.keys()];
  switch (roll(14)) {
    case 0:
    case 1:
      return span && store.changeSpan(span.id, { unsure: !span.unsure, comment: `n ${roll(1000)}` });
    case 2: {
      const { start, end, quote } = place();
      return span && store.moveSpan(span.id, { fragments: [[start, end]], quote });
    }
    case 3:
      return span && spans.length > 4 && store.deleteSpan(span.id);
    case 4:
    case 5: {
      const sources = spans.filter(({ label }) => label === "SOURCE");
      const contents = spans.filter(({ label }) => label !== "SOURCE");
      return sources.length && contents.length && store.relate("ATTRIBUTED_TO", one(contents).id, one(sources).id);
    }
    case 6:
      return relations.length && store.unrelate(one(relations));
    case 7:
      return store.answer("tone", one(["pro", "anti", null]));
    case 8:
    case 9:
      return store.undo();
    case 10:
      return store.redo();
    default:
      return store.addSpan({ label: one(LABELS), ...place() });
  }
}

// How many were made before the process was killed is in a journal beside the file.
const journal = `${file}.made`;
let made = await import("node:fs").then(({ existsSync, readFileSync }) => (existsSync(journal) ? readFileSync(journal, "utf8").split("\n").length - 1 : 0));
const keep = queue.keep.bind(queue);
queue.keep = async (operation) => {
  const problem = await keep(operation);
  appendFileSync(journal, `${operation.op_id}\n`);
  return problem;
};
while (made < operations) {
  if (act()) made += 1;
  await sleep(pause * (0.5 + roll(100) / 100));
}
while (store.pending.length || queue.unsafe) await sleep(100);

const plain = (map) => Object.fromEntries(map);
tell({ finished: { spans: plain(store.rows.spans), relations: plain(store.rows.relations), answers: plain(store.rows.answers) }, revision: store.revision });
process.exit(0);
