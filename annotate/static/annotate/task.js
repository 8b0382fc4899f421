/** The labelling page: puts the modules together. */
import { ArticleView, bindHandles, bindPalette, bindSelection, highlight, makeSearch, showSelection } from "./article.js";
import { Cards, makePanel, makeQuestions } from "./cards.js";
import { keepTime } from "./clock.js";
import { Codebook, Proposals } from "./codebook.js";
import { makeCommands } from "./commands.js";
import { makeDialogs } from "./dialogs.js";
import { byId, icon, make, say } from "./dom.js";
import { bindKeyboard, keyboard, rowsWith } from "./keymap.js";
import { keepLease, makeSaving, makeSignIn, request } from "./saving.js";
import { changeSettings, listenToSettings, makeMemory, refreshSettings, settings } from "./settings.js";
import { stacksOf, Ui } from "./store.js";
import { Borders, OffsetMap } from "./text.js";

const state = JSON.parse(byId("task-state").textContent);
const spent = keepTime(state.task, state.active_seconds);
const { api, work } = byId("endpoints").dataset;
const post = (path, body, prefer) => request(`${api}${path}`, { method: "POST", prefer, body: { ...body, active_seconds: spent() } });
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
const memory = makeMemory(state, localStorage);
const proposals = new Proposals(state, memory);

function notice(tone, ...words) {
  const close = make("button.button.button--small", { type: "button" }, "Close");
  const box = make("div.notice", { dataset: { tone } }, make("p", {}, ...words), close);
  close.addEventListener("click", () => {
    box.remove();
    view.root.focus({ preventScroll: true });
  });
  byId("notices").querySelector(".notice:not(#held)")?.remove();
  byId("notices").append(box);
}

// ---- saving

const strong = (words) => make("strong", {}, words);
const WHY = {
  network: (n) => `Offline: ${n} kept here until the network is back`,
  server: (n) => `No answer: ${n} kept here, trying again`,
  "signed-out": (n) => `Signed out: ${n} kept here, sign in to send`,
  gone: (n) => `Another account: ${n} kept here`,
};
function showSave(name, count, why) {
  const box = byId("save-state");
  const words = name === "saved" ? "All changes saved" : name === "saving" ? "Saving…" : WHY[why](`${count} ${count === 1 ? "change" : "changes"}`);
  if (byId("save-text").textContent === words) return;
  box.dataset.state = name;
  byId("save-text").textContent = words;
  box.firstElementChild.replaceWith(icon(name));
}

/** What the server did not take stays on the device and in sight until the reader throws it away. */
async function showHeld() {
  const rows = await queue.held();
  byId("held")?.remove();
  if (!rows.length) return;
  const quoteOf = ({ target, before, after }) => after?.quote ?? before?.quote ?? store.span(target)?.quote;
  const names = rows.map(({ operation, held }) => `${operation.kind} ${quoteOf(operation) ? `‘${quoteOf(operation).slice(0, 60)}’` : ""}: ${held}`);
  const file = new Blob([JSON.stringify(rows.map(({ operation, held }) => ({ task: state.task, reason: held, operation })), null, 1)], { type: "application/json" });
  const download = make("a.button.button--small", { href: URL.createObjectURL(file), download: `not-saved-${state.task}.json` }, "Download");
  const discard = make("button.button.button--small", { type: "button" }, "Throw away");
  discard.addEventListener("click", async () => {
    if (!confirm("Throw these changes away? Download them first if you may need them.")) return;
    await queue.forget(rows.map(({ operation }) => operation.op_id));
    await showHeld();
  });
  const words = make("p", {}, strong(`${rows.length === 1 ? "1 change is" : `${rows.length} changes are`} not saved, but kept on this device. `), `Look at the marks and do it again where needed. ${names.join(" ")}`);
  byId("notices").prepend(make("div.notice", { id: "held", dataset: { tone: "bad" } }, words, download, discard));
}

const saving = makeSaving({
  state,
  post,
  fetchState,
  tell: {
    status: showSave,
    held: showHeld,
    late: (words) => notice("warn", words),
    adopted: () => showClosed(),
    unkept: (error) => notice("bad", `This browser cannot keep unsent changes (${error.name ?? error}): free some space on the disk. Do not close the page while it says “saving”.`),
    signedOut: () => signIn.open(),
    gone: () => notice("bad", strong("This task is not open to the account that is signed in now."), ` Your changes are kept on this device and are sent when ${state.username} opens the task here again.`),
  },
});
const { store, queue, sender, adopt } = saving;

const signIn = makeSignIn({
  username: state.username,
  isBack: async () => (await fetchState())?.user === state.user,
  onBack: () => sender.resume(),
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
  goTo: (next, state) => {
    if (state) view.preview(state);
    location.assign(next || work);
  },
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
  if (ui.selected) cards.draw([ui.selected]);
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
  if ("pending" in before) showSelection(view, ui.pending);
  if (ui.pending || ui.held || ui.relabeling) panel.sheet(false); // the words to choose are under it
  if ("cursor" in before) highlight("cursor", ui.cursor && view.rangeOf(ui.cursor), view.root.parentElement);
  emphasise();
  palette.draw();
});

const toggle = (id, name, on, off) => {
  const box = byId(id);
  const show = () => (box.checked = settings[name] === on);
  show();
  listenToSettings(show);
  box.addEventListener("change", () => changeSettings({ [name]: box.checked ? on : off }));
};
toggle("single-keys", "single_keys", true, false);
toggle("whole-words", "snap", "words", "characters");
toggle("ask-once", "ask", "once", "submit");

document.querySelector("[data-action=settings]").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  byId("user-menu").hidePopover();
  import("./preferences.js").then(({ openSettings }) => openSettings(href, changeSettings)).catch(() => notice("bad", "The settings cannot be had now: the server does not answer."));
});

byId("undo").addEventListener("click", () => commands.undo());
byId("redo").addEventListener("click", () => commands.redo());
handles = bindHandles({ view, borders, ui, store, commands, codebook, wholeWords });
bindSelection({ view, borders, ui, store, commands, wholeWords });
bindKeyboard({ commands, codebook, article: view.root, list: byId("panel"), singles: () => settings.single_keys });
keepLease({
  expires: state.lease_expires,
  renew: async () => (await post("renew/", {})).json?.lease_expires ?? null,
});
// Shown again from the browser's memory by its back button: much may have happened since.
addEventListener("pageshow", ({ persisted }) => persisted && (document.body.inert ? location.reload() : saving.refresh()));
// A module that is loaded on its first use, while offline or after an update of the server.
addEventListener("unhandledrejection", (event) => {
  if (!/import|module/i.test(event.reason?.message)) return;
  event.preventDefault();
  notice("warn", "This part of the page cannot be had now: the server does not answer, or was updated. Reload the page when it does: nothing is lost.");
});
byId("save-state").addEventListener("click", () => sender.resume());
// What lies at the bottom goes up with the keyboard on the screen; a page that is zoomed in has no such bottom.
const seen = globalThis.visualViewport;
seen?.addEventListener("resize", () => {
  const hidden = seen.scale === 1 ? innerHeight - seen.height - seen.offsetTop : 0;
  document.documentElement.style.setProperty("--keyboard", `${Math.max(0, hidden)}px`);
});
addEventListener("beforeunload", (event) => queue.unsafe && event.preventDefault());

if (!view.matches()) {
  notice("bad", "The text on this page is not the text that the marks count in. Reload the page; if it says so again, tell the project's manager.");
  document.body.toggleAttribute("data-closed", true);
} else {
  view.adopt(store.spans);
  draw({ touched: new Set(store.rows.spans.keys()) });
  await saving.begin();
  showClosed();
  // A page that was fetched ahead may lack the reader's own last marks.
  if (!performance.getEntriesByType("navigation")[0]?.transferSize) {
    saving.refresh();
    refreshSettings();
  }
  document.documentElement.dataset.ready = "";
  // Not needed for the first paint, nor for the first mark.
  const guide = () => import("./guide.js").then(({ makeGuide }) => makeGuide(memory), () => setTimeout(guide, 5000));
  setTimeout(() => memory.recall().then(guide), 200);
}
