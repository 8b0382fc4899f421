/** Submitting and skipping. Both send first what waits in the queue. */
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

export function makeDialogs({ store, codebook, sender, panel, post, commands, goTo, adopt }) {
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
    const marks = count === 0 ? "You marked nothing. That is an answer too: read, nothing to mark." : count === 1 ? "1 mark" : `${count} marks`;
    byId("submit-lead").textContent = lacks.length ? `${marks}. Still missing:` : count ? `${marks}, nothing missing.` : marks;
    byId("missing").replaceChildren(
      ...grouped(lacks, labelOf).map(({ words, lacks: group }) => {
        const first = group[0].span && store.span(group[0].span);
        const button = make("button.missing__item", { type: "button" }, make("span", {}, words, first ? make("span.missing__quote", {}, ` ‘${shorten(first.quote, 32)}’`) : null), make("span.missing__go", {}, "Show"));
        button.addEventListener("click", () => jump(group[0]));
        return make("li", {}, button);
      }),
    );
    byId("submit-confirm").disabled = lacks.length > 0;
  };

  const submit = () => {
    if (!store.editable) return say("This task is closed.");
    document.activeElement?.dispatchEvent(new Event("commit")); // what is being typed counts
    const lacks = localLacks();
    showLacks(lacks);
    problem("submit", "");
    const dialog = byId("submit");
    if (!dialog.open) dialog.showModal();
    (lacks.length ? byId("missing").querySelector("button") : byId("submit-confirm")).focus();
  };

  /** Empty the queue; false where that is not possible now. */
  const flush = async (dialog) => {
    await sender.wake();
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
      const { kind, json } = readAnswer(await post("submit/", { revision: store.revision }));
      if (kind === "done") return goTo(json.next);
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
      return json?.message ?? json?.detail ?? "The server could not take it. Nothing is lost; try again.";
    }).then((words) => words && problem("submit", words));

  const confirmSkip = () =>
    busy(byId("skip-confirm"), async () => {
      const reason = byId("skip-reason").value.trim();
      if (!reason) {
        byId("skip-reason").focus();
        return "Say in a few words why.";
      }
      problem("skip", "");
      if (!(await flush("skip"))) return null;
      const { kind, json } = readAnswer(await post("skip/", { reason }));
      if (kind === "done") return goTo(json.next);
      return json?.message ?? json?.detail ?? "The server could not take it. Nothing is lost; try again.";
    }).then((words) => words && problem("skip", words));

  byId("submit-confirm").addEventListener("click", confirmSubmit);
  byId("submit").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("submit-confirm").disabled) {
      event.preventDefault();
      confirmSubmit();
    }
  });
  byId("skip-confirm").addEventListener("click", confirmSkip);
  byId("skip-reason").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    confirmSkip();
  });
  document.querySelector("[data-action=submit]").addEventListener("click", submit);
  document.querySelector("[data-action=skip]").addEventListener("click", () => byId("skip").showModal());
  byId("help-open").addEventListener("click", () => byId("help").showModal());

  return { submit, skip: () => byId("skip").showModal() };
}
