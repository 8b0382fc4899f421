/** The labelling page: puts the modules together. */
import { ArticleView, bindHandles, bindPalette, bindSelection, highlight, makeSearch, showSelection } from "./article.js";
import { Cards, makeDialogs, makePanel, makeQuestions } from "./cards.js";
import { Codebook, Proposals } from "./codebook.js";
import { makeCommands } from "./commands.js";
import { byId, icon, make, say } from "./dom.js";
import { bindKeyboard, keyboard, rowsWith } from "./keymap.js";
import { keepLease, makeSignIn, Queue, request, Sender } from "./saving.js";
import { changeSettings, listenToSettings, settings } from "./settings.js";
import { stacksOf, Store, Ui } from "./store.js";
import { Borders, OffsetMap } from "./text.js";

const state = JSON.parse(byId("task-state").textContent);
const { api, work } = byId("endpoints").dataset;
const post = (path, body) => request(`${api}${path}`, { method: "POST", body });
const fetchState = async () => {
  const { status, redirected, json } = await request(api);
  return status === 200 && !redirected && json?.task === state.task ? json : null;
};

const codebook = new Codebook(state.codebook);
const map = new OffsetMap(state.article.text);
const borders = new Borders(map, state.article);
const look = (code) => codebook.label(code);
const view = new ArticleView(byId("article"), map, look);
const ui = new Ui();
const proposals = new Proposals(state, localStorage);

function notice(tone, ...words) {
  const close = make("button.button.button--small", { type: "button" }, "Close");
  const box = make("div.notice", { dataset: { tone } }, make("p", {}, ...words), close);
  close.addEventListener("click", () => {
    box.remove();
    view.root.focus({ preventScroll: true });
  });
  byId("notices").replaceChildren(box);
}

const quoteOf = ({ target, before, after }) => after?.quote ?? before?.quote ?? store.span(target)?.quote;
function tellDropped(operations, why) {
  if (!operations.length) return;
  const names = operations.map((operation) => [operation.kind, quoteOf(operation) && `‘${quoteOf(operation).slice(0, 60)}’`].filter(Boolean).join(" "));
  notice("warn", make("strong", {}, why), ` Not taken over: ${names.join("; ")}.`);
}

// ---- saving

const SAVE_WORDS = {
  saved: () => "All changes saved",
  saving: () => "Saving…",
  offline: (count) => `Offline: ${count} ${count === 1 ? "change" : "changes"} kept here`,
};
function showSave(name, count) {
  // A round that ends while the next change is on its way into the queue has not saved that one.
  if (name === "saved" && unkept) name = "saving";
  const box = byId("save-state");
  const words = SAVE_WORDS[name](count);
  if (box.dataset.state === name && byId("save-text").textContent === words) return;
  box.dataset.state = name;
  byId("save-text").textContent = words;
  box.firstElementChild.replaceWith(icon(name));
}

const queue = new Queue(state);
let unkept = 0; // operations on their way into IndexedDB: only these could be lost with the page
const store = new Store(state, {
  onPerform: (operation) => {
    unkept += 1;
    sender
      .push(operation)
      .catch((error) => {
        // Without IndexedDB (some private windows) the change lives on this page only: send it at once and say so.
        notice("bad", `This browser cannot keep unsent changes (${error?.name ?? error}). They are sent directly: do not close the page while it says “saving”.`);
        return sendDirectly(operation).then(() => "sent");
      })
      .then((sent) => {
        unkept -= 1;
        if (sent) showSave("saved", 0);
      });
  },
});

/** Resolves once the server has acknowledged the operation. */
async function sendDirectly(operation) {
  for (;;) {
    const answer = await post("operations/", { base_revision: store.revision, operations: [operation] }).catch(() => null);
    if (answer?.status === 200 && answer.json?.applied?.includes(operation.op_id)) {
      return store.settle(answer.json.applied, answer.json.revision);
    }
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}

const pendingWith = (rows) => {
  const known = new Set(rows.map(({ op_id }) => op_id));
  return [...rows, ...store.pending.filter(({ op_id }) => !known.has(op_id))];
};

/** Take the server's state and put what waits on top; what no longer fits is dropped and named. Returns its op_ids. */
function adopt(fresh, operations = store.pending) {
  const dropped = store.adopt(fresh, operations);
  tellDropped(dropped, "These marks were changed elsewhere.");
  showClosed();
  return dropped.map(({ op_id }) => op_id);
}

async function refresh() {
  const fresh = await fetchState().catch(() => null);
  if (!fresh || fresh.revision < store.revision) return;
  const rows = (await queue.rows()).map(({ operation }) => operation);
  const dropped = adopt(fresh, pendingWith(rows));
  if (dropped.length) await queue.forget(dropped);
}

const signIn = makeSignIn({
  username: state.username,
  isBack: async () => (await fetchState())?.user === state.user,
  onBack: () => sender.resume(),
});

const sender = new Sender({
  queue,
  send: (body) => post("operations/", body),
  handlers: {
    status: showSave,
    revision: () => store.revision,
    settled: (applied, refused, { revision, state: closed, late, message }) => {
      const known = new Set(store.log.map(({ op_id }) => op_id));
      const behind = applied.some((id) => !known.has(id)) || (Number.isInteger(revision) && revision > store.revision + applied.length);
      store.settle([...applied, ...refused.map(({ op_id }) => op_id)], revision);
      if (refused.length) notice("bad", make("strong", {}, "Not saved: "), refused.map(({ message }) => message).join(" "));
      if (late && message) notice("warn", message);
      if (closed) adopt(closed);
      else if (refused.length || behind) refresh();
    },
    conflict: (fresh, operations) => adopt(fresh, pendingWith(operations)),
    elsewhere: () => refresh(),
    signedOut: () => signIn.open(),
    gone: () => notice("bad", make("strong", {}, "This task is not open to the account that is signed in now."), ` Your changes are kept on this device and are sent when ${state.username} opens the task here again.`),
  },
});

// ---- the page

let cards = null;
const panel = makePanel({ cards: () => cards, codebook });
let commands = null;
const search = makeSearch({ view, borders, pend: (range) => commands.pend(range) });
const dialogs = makeDialogs({
  store,
  codebook,
  sender,
  panel,
  proposals,
  post,
  adopt,
  commands: () => commands,
  goTo: (next) => location.assign(next || work),
});
const wholeWords = () => settings.snap === "words";
const bindOwn = () => (keyboard.rows = rowsWith(settings.keys, codebook.layerKeys));
bindOwn();
listenToSettings(bindOwn);
const help = async () => {
  const { openHelp } = await import("./rare.js");
  const save = (keys) => {
    changeSettings({ keys });
    palette.draw();
  };
  openHelp({ own: () => settings.keys, save, layerKeys: codebook.layerKeys });
};
commands = makeCommands({ store, codebook, borders, view, ui, panel, dialogs, search, help, wholeWords, proposals, notice, asks: () => settings.ask === "once" });
cards = new Cards({ store, codebook, ui, commands, proposals });
const questions = makeQuestions({ store, codebook });
const palette = bindPalette({ view, ui, commands, codebook, store });

let handles = null;
function emphasise() {
  const one = (id) => (store.span(id) ? { id, tone: look(store.span(id).label).tone } : null);
  const linked = ui.linking ? [ui.candidate] : store.linkedWith(ui.hovered ?? ui.selected);
  view.emphasise({ hovered: [one(ui.hovered)], linked: linked.map(one), selected: [one(ui.selected)] });
  handles?.draw();
  view.root.toggleAttribute("data-active", Boolean(ui.selected || ui.pending || ui.cursor));
}

const incomplete = new Set(); // ids of marks that lack something
function showCounts(touched) {
  // Of a long list only the marks that changed are looked at again.
  const all = touched.size > 99;
  const changed = all ? store.spans : [...touched].map((id) => store.span(id)).filter(Boolean);
  const relations = all ? [...store.rows.relations.values()] : changed.flatMap(({ id }) => store.relationsFrom(id));
  if (all) incomplete.clear();
  for (const id of touched) incomplete.delete(id);
  const lacks = codebook.missing(changed, relations, store.rows.answers);
  for (const { span } of lacks) if (span) incomplete.add(span);
  const count = incomplete.size + lacks.filter(({ span }) => !span).length;
  byId("todo").textContent = count ? `${count} incomplete` : "";
  const stacks = stacksOf(store.log);
  byId("undo").disabled = !stacks.undo || !store.editable;
  byId("redo").disabled = !stacks.redo || !store.editable;
}

function showClosed() {
  document.body.toggleAttribute("data-closed", !store.editable);
  document.querySelector("[data-action=submit]").disabled = !store.editable;
  document.querySelector("[data-action=skip]").disabled = !store.editable;
  byId("closed").hidden = store.editable;
  byId("closed-words").textContent = `This task is ${store.state.replace("_", " ")}: you can read it, but not change it.`;
}

function draw({ touched }) {
  view.draw(store.spans);
  if (ui.selected && !store.span(ui.selected)) ui.set({ selected: null });
  if (ui.linking && !store.span(ui.linking.from)) ui.set({ linking: null, candidate: null });
  cards.draw(touched);
  questions.draw();
  handles.join();
  emphasise();
  palette.draw();
  showCounts(touched);
}
store.listen(draw);
ui.listen((before) => {
  const stale = ["selected", "candidate"].filter((name) => name in before).flatMap((name) => [before[name], ui[name]]).filter(Boolean);
  if (stale.length) cards.draw(stale);
  if ("selected" in before && ui.selected) panel.reveal(ui.selected);
  if ("candidate" in before && ui.candidate && !ui.dragging) panel.reveal(ui.candidate);
  if ("pending" in before) {
    showSelection(view, ui.pending);
    if (ui.pending) panel.sheet(false);
  }
  if ("cursor" in before) highlight("cursor", ui.cursor && view.rangeOf(ui.cursor), view.root.parentElement);
  emphasise();
  palette.draw();
});

const toggle = (id, name, on, off) => {
  const box = byId(id);
  box.checked = settings[name] === on;
  box.addEventListener("change", () => changeSettings({ [name]: box.checked ? on : off }));
};
toggle("single-keys", "single_keys", true, false);
toggle("whole-words", "snap", "words", "characters");
toggle("ask-once", "ask", "once", "submit");

byId("undo").addEventListener("click", () => commands.undo());
byId("redo").addEventListener("click", () => commands.redo());
handles = bindHandles({ view, borders, ui, store, commands, codebook, wholeWords });
bindSelection({ view, borders, ui, store, commands, wholeWords });
bindKeyboard({ commands, codebook, article: view.root, list: byId("panel"), singles: () => settings.single_keys });
keepLease({
  expires: state.lease_expires,
  renew: async () => (await post("renew/", {})).json?.lease_expires ?? null,
});
addEventListener("beforeunload", (event) => unkept && event.preventDefault());

if (!view.matches()) {
  notice("bad", "The text on this page is not the text that the marks count in. Reload the page; if it says so again, tell the project's manager.");
  document.body.toggleAttribute("data-closed", true);
} else {
  view.adopt(store.spans);
  const waiting = await queue.rows().catch(() => []);
  if (waiting.length) {
    const dropped = adopt(state, waiting.map(({ operation }) => operation));
    const known = new Set(state.history.map(({ op_id }) => op_id));
    await queue.forget([...dropped, ...waiting.map(({ operation }) => operation.op_id).filter((id) => known.has(id))]);
    sender.wake();
  } else draw({ touched: new Set(store.rows.spans.keys()) });
  showClosed();
  document.documentElement.dataset.ready = "";
  // Not needed for the first paint, nor for the first mark.
  setTimeout(async () => (await import("./guide.js")).makeGuide(state, localStorage), 200);
}
