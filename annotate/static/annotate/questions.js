/** The codebook's questions about the whole article. */
import { byId, make } from "./dom.js";
import { fieldOf } from "./forms.js";

export function makeQuestions({ store, codebook }) {
  const pane = byId("pane-questions");
  if (!pane) return { draw: () => {} };
  let drawn = "";
  const draw = () => {
    const state = JSON.stringify([...store.rows.answers]);
    if (state === drawn) return;
    drawn = state;
    const key = pane.contains(document.activeElement) ? document.activeElement.dataset.focusKey : null;
    const fields = codebook.questions.map((question) =>
      fieldOf(question, store.rows.answers.get(question.name), {
        id: `question:${question.name}`,
        set: (value) => store.answer(question.name, Array.isArray(value) && !value.length ? null : (value ?? null)),
      }),
    );
    const form = make("form.attributes.attributes--article", { autocomplete: "off" }, ...fields);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.toggleAttribute("inert", !store.editable);
    pane.replaceChildren(form);
    if (key) pane.querySelector(`[data-focus-key="${CSS.escape(key)}"]`)?.focus();
  };
  return { draw };
}
