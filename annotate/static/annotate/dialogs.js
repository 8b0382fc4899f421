/** The dialogs that end a task: submitting and skipping. Both send first what waits in the queue. */
import { byId, make, say, shorten } from "./dom.js";
import { readAnswer } from "./saving.js";

/** Group what is missing by label and message, so that a long list stays short: [{words, lacks}]. `whole`: the message says it all. */
export function grouped(lacks, labelOf) {
  const groups = new Map();
  for (const lack of lacks) {
    const key = `${lack.span ? labelOf(lack.span) : ""}|${lack.message}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(lack);
  }
  return [...groups.values()].map((group) => {
    const [{ span, message, whole }] = group;
    if (!span || whole) return { words: message, lacks: group };
    const many = group.length > 1 ? `${group.length} × ` : "";
    return { words: `${many}${labelOf(span)}: ${message}`, lacks: group };
  });
}

const UNTAKEN = "The server could not take it. Nothing is lost; try again.";

export function makeDialogs({ store, codebook, sender, panel, proposals, post, commands, goTo, adopt }) {
  const problem = (dialog, words) => (byId(`${dialog}-problem`).textContent = words);
  const labelOf = (id) => (store.span(id) ? codebook.label(store.span(id).label).name : "Mark");
  const localLacks = () => codebook.missing(store.spans, [...store.rows.relations.values()], store.rows.answers);

  const jump = (lack) => {
    byId("submit").close();
    const span = lack.span && store.span(lack.span);
    if (!span) return lack.question ? panel.question(lack.question) : panel.show("questions");
    commands().select(span.id);
    // The card opens with the next paint.
    return requestAnimationFrame(() => (lack.relation ? commands().link(lack.relation, span.id) : panel.edit(span.id, lack.attribute ?? null)));
  };

  const showLacks = (lacks) => {
    const count = store.spans.length;
    // Nothing that must be done: what the text proposed may be right as it stands.
    const unchecked = store.spans.filter(({ id }) => proposals.has(id)).map(({ id }) => ({ span: id, attribute: "value", message: "proposed from the text, not checked" }));
    const marks = count === 0 ? "You marked nothing. That is an answer too: read, nothing to mark." : count === 1 ? "1 mark" : `${count} marks`;
    byId("submit-lead").textContent = lacks.length ? `${marks}. Still missing:` : count ? `${marks}, nothing missing.` : marks;
    byId("missing").replaceChildren(
      ...grouped([...lacks, ...unchecked], labelOf).map(({ words, lacks: group }) => {
        const first = group[0].span && store.span(group[0].span);
        const button = make("button.missing__item", { type: "button" }, make("span", {}, words, first ? make("span.missing__quote", {}, ` ‘${shorten(first.quote, 32)}’`) : null), make("span.missing__go", {}, "Show"));
        button.addEventListener("click", () => jump(group[0]));
        return make("li", {}, button);
      }),
    );
    byId("submit-confirm").disabled = lacks.length > 0;
  };

  /** While the reader looks at the dialog the page's files are asked for again: the next page finds them fresh. */
  const warm = () => {
    for (const { name } of performance.getEntriesByType("resource")) if (/\.(js|css)$/.test(name)) fetch(name, { cache: "no-cache", priority: "low" }).catch(() => {});
  };

  const submit = () => {
    if (!store.editable) return say("This task is closed.");
    // What is being typed counts.
    document.activeElement?.dispatchEvent(new Event("commit"));
    const lacks = localLacks();
    showLacks(lacks);
    problem("submit", "");
    const dialog = byId("submit");
    if (!dialog.open) dialog.showModal();
    if (!lacks.length) warm();
    (lacks.length ? byId("missing").querySelector("button") : byId("submit-confirm")).focus();
  };

  /** Empty the queue; false where that is not possible now. */
  const flush = async (dialog) => {
    await sender.resume();
    if (!store.pending.length) return true;
    problem(dialog, `${store.pending.length} changes are not saved yet: they are kept here and sent as soon as the server answers. Try again then.`);
    return false;
  };

  const busy = async (button, work) => {
    button.disabled = true;
    try {
      return await work();
    } catch {
      return "The server does not answer. Nothing is lost; try again.";
    } finally {
      button.disabled = false;
    }
  };

  const confirmSubmit = () =>
    busy(byId("submit-confirm"), async () => {
      problem("submit", "");
      if (!(await flush("submit"))) return null;
      const { kind, json } = readAnswer(await post("submit/", { revision: store.revision }, "return=representation"));
      if (kind === "done") return goTo(json.next, json.state);
      if (kind === "missing") {
        showLacks(json.missing.map((lack) => ({ ...lack, whole: true })));
        return null;
      }
      if (kind === "conflict" && json.state) {
        adopt(json.state);
        showLacks(localLacks());
        return "The marks were changed elsewhere, in another tab perhaps. They are shown now: look, then submit again.";
      }
      if (kind === "signed-out") return "You are signed out. Sign in in another tab, then try again.";
      return json?.message ?? UNTAKEN;
    }).then((words) => words && problem("submit", words));

  const handBack = () =>
    busy(byId("hand-back"), async () => {
      problem("skip", "");
      if (!(await flush("skip"))) return null;
      const { kind, json } = readAnswer(await post("hand_back/", {}));
      return kind === "done" ? goTo(null) : (json?.message ?? UNTAKEN);
    }).then((words) => words && problem("skip", words));

  const confirmSkip = () =>
    busy(byId("skip-confirm"), async () => {
      const reason = byId("skip-reason").value.trim();
      if (!reason) {
        byId("skip-reason").focus();
        return "Say in a few words why.";
      }
      problem("skip", "");
      if (!(await flush("skip"))) return null;
      const { kind, json } = readAnswer(await post("skip/", { reason }, "return=representation"));
      if (kind === "done") return goTo(json.next, json.state);
      return json?.message ?? UNTAKEN;
    }).then((words) => words && problem("skip", words));

  byId("submit-confirm").addEventListener("click", confirmSubmit);
  byId("submit").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("submit-confirm").disabled) {
      event.preventDefault();
      confirmSubmit();
    }
  });
  byId("skip-confirm").addEventListener("click", confirmSkip);
  byId("hand-back").addEventListener("click", handBack);
  byId("skip-reason").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    confirmSkip();
  });
  document.querySelector("[data-action=submit]").addEventListener("click", submit);
  document.querySelector("[data-action=skip]").addEventListener("click", () => byId("skip").showModal());
  byId("help-open").addEventListener("click", () => commands().help());

  return { submit, skip: () => byId("skip").showModal() };
}
