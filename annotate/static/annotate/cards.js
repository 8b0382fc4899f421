/**
 * The panel beside the article: the list of marks, its tabs and the questions. One card a mark, the selected one with its
 * form; only cards whose mark changed are made again.
 */
import { byId, icon, make, say, shorten } from "./dom.js";
import { fieldOf, shown } from "./forms.js";
import { titleOf } from "./keymap.js";
import { same } from "./store.js";
import { piecesOf, wordsOf } from "./text.js";

/** Buttons of the selected card: their commands and names. */
const EDITS = { palette: "Label", duplicate: "Copy", fragment: "Words", split: "Split", join: "Join", occurrences: "All" };

// Touching one of these settles what the text proposed.
const PROPOSED = /^(value|comparator)/;

// Cards that are filled in one go.
const AT_ONCE = 60;
// Cards of one <ol>; one that is out of sight is neither laid out nor painted. It is parted when it has twice as many.
const TOGETHER = 40;

export class Cards {
  // Span id -> element.
  #made = new Map();
  // Span ids whose cards are out of date.
  #stale = new Set();
  #timer = null;
  // Span ids whose cards bear their words only, or are out of date: made again when the browser has time.
  #later = new Set();
  #rest = null;
  // Lists out of sight, whose cards bear their words only: each change would look at 12,000 buttons.
  #away = new Set();

  constructor({ store, codebook, ui, commands, proposals }) {
    Object.assign(this, { store, codebook, ui, commands, proposals, list: byId("cards") });
    this.list.addEventListener("contentvisibilityautostatechange", ({ target, skipped }) => (skipped ? this.#leave(target) : this.#enter(target)), true);
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("pointerover", (event) => ui.set({ hovered: event.target.closest("[data-card]")?.dataset.card ?? null }));
    this.list.addEventListener("pointerdown", (event) => this.#drag(event));
    this.list.addEventListener("pointerleave", () => ui.set({ hovered: null }));
    this.list.addEventListener("keydown", (event) => {
      const name = enterGoesOn(event, () => this.cardOf(ui.selected) ?? this.list);
      if (name && PROPOSED.test(name)) this.#checked(ui.selected);
    });
  }

  /**
   * Make again the cards of these marks, and of those linked to them; put new ones in place, take old ones away.
   * Soon, not now: a field tells its change while Tab is still on its way to the next one, which must not be replaced
   * under it, or the focus is lost.
   */
  draw(touched) {
    for (const id of touched) this.#stale.add(id);
    this.#timer ??= setTimeout(() => this.#draw());
  }

  #draw() {
    const { store, ui } = this;
    clearTimeout(this.#timer);
    this.#timer = null;
    const stale = this.#stale;
    this.#stale = new Set();
    for (const id of [...stale]) for (const other of store.linkedWith(id)) stale.add(other);
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.dataset.focusKey;
    const draft = focused?.matches("textarea, input[type=text]") && key ? [focused.value, focused.selectionStart, focused.selectionEnd] : null;
    const wanted = store.spans;
    for (const id of stale) {
      const card = store.span(id) ? null : this.#made.get(id);
      if (!card) continue;
      const { parentElement: list } = card;
      card.remove();
      if (!list.firstChild) list.remove();
      this.#made.delete(id);
      this.#later.delete(id);
    }
    let left = AT_ONCE;
    const placed = wanted.length === stale.size ? wanted.entries() : [...stale].map((id) => [store.placeOf(id), store.span(id)]).filter(([, span]) => span).sort(([a], [b]) => a - b);
    for (const [at, span] of placed) {
      const old = this.#made.get(span.id);
      const now = this.#held(span.id) || (!this.#away.has(old?.parentElement) && (left -= 1) >= 0);
      const card = old && (now ? this.#update(old, span) : !this.#away.has(old.parentElement)) ? old : now ? this.#card(span) : this.#words(span);
      this.#later[now ? "delete" : "add"](span.id);
      this.#made.set(span.id, card);
      if (card !== old) old?.replaceWith(card);
      this.#place(card, this.#made.get(wanted[at - 1]?.id));
    }
    if (!this.list.children[1]) this.#away.clear();
    this.#goOn();
    byId("no-marks").hidden = wanted.length > 0;
    byId("mark-count").textContent = wanted.length;
    if (key && !focused.isConnected) this.#refocus(key, draft);
  }

  /** Put a card behind another one, or first; in the list of that one, which is parted where it gets long. */
  #place(card, before) {
    const list = before?.parentElement ?? this.list.firstElementChild ?? this.list.appendChild(make("ol.cards"));
    const { nextElementSibling: next } = list;
    const old = card.parentElement;
    if (before ? (before.nextElementSibling ?? next?.firstElementChild) === card : list.firstElementChild === card) return;
    if (before) before.after(card);
    else list.prepend(card);
    if (old && !old.firstChild) old.remove();
    if (list.childElementCount < 2 * TOGETHER) return;
    const rest = make("ol.cards", {}, ...[...list.children].slice(TOGETHER));
    // A browser that does not tell what is in sight gets all cards.
    if (globalThis.ContentVisibilityAutoStateChangeEvent) this.#away.add(rest);
    list.after(rest);
  }

  #goOn() {
    const waiting = [...this.#later].filter((id) => !this.#away.has(this.#made.get(id).parentElement));
    if (waiting.length) this.#rest ??= (globalThis.requestIdleCallback ?? setTimeout)((deadline) => {
      this.#rest = null;
      this.#fill(waiting, deadline);
      this.#goOn();
    });
  }

  /** Make again those of these cards that wait for it, as far as the time goes. */
  #fill(ids, deadline) {
    for (const id of ids) {
      const span = this.#later.delete(id) && this.store.span(id);
      if (span) this.#swap(this.#card(span));
      if (deadline?.timeRemaining() < 2) return;
    }
  }

  #swap(card) {
    const id = card.dataset.card;
    const old = this.#made.get(id);
    const { focusKey } = old.contains(document.activeElement) ? document.activeElement.dataset : {};
    old.replaceWith(card);
    this.#made.set(id, card);
    if (focusKey) this.#refocus(focusKey);
  }

  #enter(list) {
    this.#away.delete(list);
    this.#fill([...list.children].map(({ dataset }) => dataset.card));
  }

  #leave(list) {
    this.#away.add(list);
    for (const { dataset } of [...list.children]) {
      const span = this.store.span(dataset.card);
      if (!span || this.#held(span.id) || this.#later.has(span.id)) continue;
      this.#later.add(span.id);
      this.#swap(this.#words(span));
    }
  }

  #held(id) {
    return id === this.ui.selected || id === this.ui.candidate;
  }

  /** A card out of sight. */
  #words(span) {
    return make("li.card", { dataset: { card: span.id } }, `${this.codebook.label(span.label).name}: ${wordsOf(span)}`);
  }

  /** Change a card around its form where the form is in use and stays the same: a text being typed is left alone. */
  #update(card, span) {
    const form = card.querySelector("form");
    const typing = form?.contains(document.activeElement) && document.activeElement.closest("[data-field]")?.dataset.field;
    if (!typing || span.id !== this.ui.selected) return false;
    const now = this.#values(span);
    const names = Object.keys(now);
    if (names.join() !== Object.keys(form.values).join() || names.some((name) => name !== typing && !same(now[name], form.values[name]))) return false;
    form.values = now;
    const next = this.#card(span, form);
    for (const name of ["data-candidate", "data-unchecked"]) card.toggleAttribute(name, next.hasAttribute(name));
    while (card.firstChild !== form) card.firstChild.remove();
    form.before(...next.childNodes);
    return true;
  }

  /** What a mark's form shows, by field. */
  #values(span) {
    const fields = this.codebook.fields(span.label, span.attributes).map(({ name }) => [name, span.attributes[name] ?? null]);
    return Object.fromEntries([["label", span.label], ...fields, ["comment", span.comment]]);
  }

  #refocus(key, draft) {
    // A link's key begins with the link's id, not the mark's.
    const root = this.#made.get(key.split(":")[0]) ?? this.list;
    const again = root.querySelector(`[data-focus-key="${CSS.escape(key)}"]`);
    if (!again) return;
    again.focus({ preventScroll: true });
    if (!draft) return;
    // What was typed since the last save stays in the field.
    again.value = draft[0];
    if (draft[1] !== null && draft[1] !== undefined) again.setSelectionRange?.(draft[1], draft[2]);
  }

  cardOf(id) {
    if (this.#timer !== null) this.#draw();
    const card = this.#made.get(id);
    if (card) this.#enter(card.parentElement);
    return this.#made.get(id) ?? null;
  }

  #card(span, form = null) {
    const { codebook, store, ui } = this;
    const label = codebook.label(span.label);
    const selected = span.id === ui.selected;
    const unchecked = this.proposals.has(span.id);
    const tool = (act, name, title, more = {}) =>
      make("button.tool", { type: "button", title, "aria-label": `${name}: ${label.name} ‘${shorten(span.quote, 30)}’`, dataset: { act, focusKey: `${span.id}:${act}` }, ...more }, icon({ unsure: "flag", comment: "note", remove: "trash" }[act]));
    const open = make(
      "button.card__open",
      { type: "button", "aria-expanded": String(selected), dataset: { act: "open", focusKey: `${span.id}:open` } },
      make("span.tag", {}, make("span.tag__key", { "aria-hidden": "true" }, label.key), make("span.tag__name", {}, label.name)),
      make("span.card__quote", { lang: byId("article").lang, dir: byId("article").dir }, wordsOf(span)),
    );
    const tools = make(
      "div.card__tools",
      {},
      tool("unsure", "Unsure", titleOf("unsure"), { "aria-pressed": String(span.unsure) }),
      tool("comment", "Comment", titleOf("comment"), { "data-on": Boolean(span.comment) }),
      tool("remove", "Delete", titleOf("remove")),
    );
    return make(
      "li.card",
      { dataset: { card: span.id, layerIndex: label.tone }, "data-selected": selected, "data-candidate": span.id === ui.candidate, "data-unchecked": unchecked },
      make("div.card__head", {}, open, tools),
      selected ? this.#edits(span) : this.#summary(span),
      Object.entries(span.attributes).some(([name, low]) => name.endsWith("_low") && low > span.attributes[name.replace("_low", "_high")]) ? make("p.field__error", {}, "The lower bound is above the upper one.") : null,
      unchecked
        ? make("p.card__check", {}, "Proposed from the text: check", selected ? make("button.button.button--small", { type: "button", dataset: { act: "checked", focusKey: `${span.id}:checked` } }, "It is right") : null)
        : null,
      ...this.#relations(span, selected),
      ...(selected ? this.#incoming(span) : []),
      !selected && span.comment ? make("p.card__note", {}, span.comment) : null,
      selected && !form ? this.#form(span) : null,
    );
  }

  /** What can be done to the mark as a whole, and its pieces where it has several. */
  #edits(span) {
    const { store } = this;
    if (!store.editable) return null;
    const button = ([act, name]) => make("button.button.button--small", { type: "button", title: titleOf(act), dataset: { act, focusKey: `${span.id}:${act}` } }, name);
    const pieces = piecesOf(span);
    const drop = ([start, end]) => {
      const words = wordsOf({ ...span, fragments: [[start, end]] });
      return make("li.chip.chip--piece", {}, shorten(words, 30), make("button.tool", { type: "button", title: "Take away", "aria-label": `Take away ‘${words}’`, dataset: { act: "piece", start, end } }, icon("close")));
    };
    return make(
      "div.card__edits",
      {},
      ...Object.entries(EDITS).map(button),
      pieces.length > 1 ? make("ul.chips", { "aria-label": "Pieces" }, ...pieces.map(drop)) : null,
    );
  }

  #summary(span) {
    const { codebook, store } = this;
    const chips = codebook
      .fields(span.label, span.attributes)
      .filter(({ name, type, default: usual }) => ![undefined, null, "", type === "boolean" && usual].includes(span.attributes[name]))
      .map((field) => make("li.chip", { title: field.title }, shown(field, span.attributes[field.name])));
    const lacks = codebook.missingIn(span, store.relationsFrom(span.id)).map(({ message }) => make("li.chip.chip--missing", {}, message));
    return chips.length + lacks.length ? make("ul.chips", {}, ...chips, ...lacks) : null;
  }

  #relations(span, selected) {
    const { codebook, store } = this;
    const there = store.relationsFrom(span.id);
    return codebook.relationsFrom(span.label).flatMap((type) => {
      const mine = there.filter((relation) => relation.type === type.type);
      const rows = mine.map((relation) => {
        return make(
          "p.relation",
          {},
          make("span.relation__verb", {}, type.title),
          icon("arrow"),
          this.#end(`${relation.id}:follow`, relation.to_span),
          selected ? make("button.tool", { type: "button", "aria-label": `Remove this link: ${type.title}`, title: "Remove this link", dataset: { act: "unlink", relation: relation.id, focusKey: `${relation.id}:unlink` } }, icon("close")) : null,
        );
      });
      if (!selected) return rows;
      const another = mine.length ? (type.max === 1 ? "Change" : "Link another") : `${type.title[0].toUpperCase()}${type.title.slice(1)}…`;
      const button = make("button.button.button--small", { type: "button", dataset: { act: "link", type: type.type, focusKey: `${span.id}:link:${type.type}` } }, icon("link"), another);
      if (type.max === 1 && rows.length) {
        rows[0].lastElementChild.before(button);
        return rows;
      }
      return [...rows, make("p.relation", {}, button)];
    });
  }

  /** The links that end at a mark. */
  #incoming(span) {
    const { codebook, store } = this;
    return store.relationsTo(span.id).map(({ id, type, from_span }) => {
      const from = store.span(from_span);
      const title = codebook.relationsFrom(from?.label).find((one) => one.type === type)?.title ?? type;
      return make("p.relation", {}, this.#end(`${id}:back`, from_span), make("span.relation__verb", {}, title), icon("arrow"), "this");
    });
  }

  /** A button that goes to the other end of a link. */
  #end(focusKey, to) {
    const quote = this.store.span(to)?.quote ?? "?";
    return make("button.relation__target", { type: "button", title: quote, dataset: { act: "follow", to, focusKey } }, quote);
  }

  /** A link's button can be dragged to the mark it shall point to, in the text or in the list. */
  #drag(down) {
    const button = down.target.closest("[data-act=link]");
    if (!button || down.button) return;
    const { commands, ui } = this;
    const id = button.closest("[data-card]").dataset.card;
    const stop = new AbortController();
    const at = ({ clientX, clientY }) => {
      const { spanIds, card } = document.elementFromPoint(clientX, clientY)?.closest("mark[data-span-ids], [data-card]")?.dataset ?? {};
      return (spanIds ?? card ?? "").split(" ");
    };
    const listen = (name, heed) => addEventListener(name, heed, { signal: stop.signal });
    listen("pointermove", (event) => {
      if (!ui.dragging && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < 8) return;
      if (!ui.dragging) {
        // The card is made again under the finger: what follows must not go with the button.
        this.list.setPointerCapture(event.pointerId);
        // Known before the link begins: the list must not scroll to what it proposes.
        ui.set({ dragging: true });
        commands.link(button.dataset.type, id);
      }
      if (ui.linking) commands.linkOver(at(event));
      else stop.abort();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      listen(name, (event) => {
        stop.abort();
        if (ui.dragging) commands.linkOver(name === "pointerup" ? at(event) : [], true);
      });
    }
  }

  #form(span) {
    const { codebook, store } = this;
    const set = (field) => (value) => {
      const now = store.span(span.id);
      if (!now) return;
      const next = { ...now.attributes };
      if (value === null || value === undefined || (Array.isArray(value) && !value.length)) delete next[field.name];
      else next[field.name] = value;
      if (PROPOSED.test(field.name)) this.#checked(span.id);
      if (field.remember) this.proposals.remember(span.label, field.name, value);
      store.changeSpan(span.id, { attributes: codebook.admissible(now.label, next) });
    };
    const fields = codebook.fields(span.label, span.attributes).map((field) =>
      fieldOf(field, span.attributes[field.name], { id: `${span.id}:${field.name}`, set: set(field), suggestions: this.#used(field) }),
    );
    const comment = fieldOf({ name: "comment", title: "Comment", type: "text" }, span.comment, {
      id: `${span.id}:comment`,
      set: (value) => store.changeSpan(span.id, { comment: value ?? "" }),
    });
    const form = make("form.attributes", { autocomplete: "off" }, ...fields, comment);
    form.values = this.#values(span);
    form.toggleAttribute("inert", !store.editable);
    form.addEventListener("submit", (event) => event.preventDefault());
    return form;
  }

  /** The first attribute that a mark still needs; null where what the text proposed is to be looked at first. */
  lackOf(id) {
    if (this.proposals.has(id)) return null;
    return this.codebook.missingIn(this.store.span(id), []).find(({ attribute }) => attribute)?.attribute ?? null;
  }

  #checked(id) {
    this.proposals.set(id, false);
    this.draw([id]);
  }

  /** Values that this task already uses for a field, most used first. */
  #used(field) {
    if (field.type !== "entity" && field.type !== "text") return [];
    const counts = new Map((field.values ?? []).map(({ title }) => [title, 0]));
    for (const { attributes } of this.store.rows.spans.values()) {
      for (const value of [attributes[field.name] ?? []].flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => String(value)).slice(0, 50);
  }

  #click(event) {
    const card = event.target.closest("[data-card]");
    const button = event.target.closest("[data-act]");
    if (!card || !button) return;
    const { commands, ui } = this;
    const id = card.dataset.card;
    const { act, to, relation, type } = button.dataset;
    if (act === "open") {
      if (ui.linking) commands.choose([id]);
      else if (ui.selected === id) ui.set({ selected: null });
      else commands.select(id);
    } else if (act === "checked") {
      this.#checked(id);
      byId("article").focus({ preventScroll: true });
    } else if (act === "piece") commands.takeAway(id, { start: Number(button.dataset.start), end: Number(button.dataset.end) });
    else if (act === "follow") {
      commands.select(to);
      byId("article").focus({ preventScroll: true });
    }
    else if (act === "unlink") commands.unlink(relation);
    else if (act === "link") commands.link(type, id);
    else commands[act](id);
  }
}

/** Enter goes to the next field, and from the last one back to the article. `root()`: where the fields stand by then. */
function enterGoesOn(event, root) {
  const { field: name } = event.target.closest("[data-field]")?.dataset ?? {};
  if (!name || event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return null;
  event.preventDefault();
  event.target.dispatchEvent(new Event("commit"));
  const fields = [...root().querySelectorAll("[data-field]")];
  const next = fields[fields.findIndex((one) => one.dataset.field === name) + 1];
  if (next) focusField(next);
  else byId("article").focus({ preventScroll: true });
  return name;
}

/** Put the focus into a field: its chosen chip, or its first control. */
export function focusField(field) {
  (field.querySelector("input:checked") ?? field.querySelector("input, textarea"))?.focus();
}

// ---- The panel: its tabs, and on a phone the sheet it becomes.

export function makePanel({ cards, codebook }) {
  const panel = byId("panel");
  const body = byId("panel-body");
  const tabs = [...panel.querySelectorAll("[role=tab]")];

  const show = (name) => {
    for (const tab of tabs) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !on;
    }
  };
  const sheet = (open) => {
    panel.toggleAttribute("data-open", open);
    byId("sheet-toggle").setAttribute("aria-expanded", String(open));
    byId("sheet-toggle").firstElementChild.textContent = open ? "Close the marks" : "Open the marks";
  };
  const reveal = (id) => {
    const card = cards().cardOf(id);
    if (!card) return;
    const [frame, { top, bottom }] = [body, card].map((one) => one.getBoundingClientRect());
    if (innerWidth < 900 || top < frame.top || bottom > frame.bottom) body.scrollTop += top - frame.top - 8;
  };

  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      show(tab.id.slice("tab-".length));
      sheet(true);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      event.preventDefault();
      next.focus();
      next.click();
    });
  }
  byId("sheet-toggle").addEventListener("click", () => {
    sheet(!panel.hasAttribute("data-open"));
    const selected = body.querySelector(".card[data-selected]");
    if (selected) reveal(selected.dataset.card);
  });

  return {
    show,
    sheet,
    reveal,
    /** Focus a field of the selected mark's form: the named one, else the first that must still be filled, else the first. */
    edit: (id, name = null) => {
      show("marks");
      sheet(true);
      reveal(id);
      const form = cards().cardOf(id)?.querySelector("form");
      const wanted = name ?? cards().lackOf(id);
      const field = form?.querySelector(wanted ? `[data-field="${CSS.escape(wanted)}"]` : "[data-field]");
      if (field) focusField(field);
    },
    question: (name = null) => {
      if (!byId("pane-questions")) return say("This project asks nothing about whole articles.");
      show("questions");
      sheet(true);
      const field = byId("pane-questions").querySelector(name ? `[data-field="${CSS.escape(name)}"]` : "[data-field]");
      if (field) focusField(field);
    },
    guide: (code) => {
      show("guide");
      sheet(true);
      const search = byId("guide-search");
      if (search?.value) {
        search.value = "";
        search.dispatchEvent(new Event("input"));
      }
      const entry = code && byId(`guide-${code}`);
      body.scrollTop = entry ? entry.offsetTop - 64 : 0;
      say(code ? `Guidelines: ${codebook.label(code).name}` : "Guidelines");
    },
  };
}

// ---- The codebook's questions about the whole article.

export function makeQuestions({ store, codebook }) {
  const pane = byId("pane-questions");
  if (!pane) return { draw: () => {} };
  let drawn = "";
  const draw = () => {
    const state = JSON.stringify([...store.rows.answers]);
    if (state === drawn) return;
    drawn = state;
    // A text being typed is left alone.
    if (pane.querySelector("input[type=text]:focus")) return;
    const key = pane.contains(document.activeElement) ? document.activeElement.dataset.focusKey : null;
    const fields = codebook.questions.map((question) =>
      fieldOf(question, store.rows.answers.get(question.name), {
        id: `question:${question.name}`,
        set: (value) => store.answer(question.name, Array.isArray(value) && !value.length ? null : (value ?? null)),
        explained: true,
      }),
    );
    const form = make("form.attributes.attributes--article", { autocomplete: "off" }, ...fields);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.toggleAttribute("inert", !store.editable);
    form.addEventListener("keydown", (event) => enterGoesOn(event, () => pane));
    pane.replaceChildren(form);
    if (key) pane.querySelector(`[data-focus-key="${CSS.escape(key)}"]`)?.focus();
  };
  return { draw };
}
