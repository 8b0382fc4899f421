/** Attribute forms, made from the codebook: one field a function, values in and out as the contract has them. */
import { make } from "./dom.js";

const MANY_CHOICES = 8; // more than these stand in a select, not as chips
const LARGEST = 2 ** 53;

/** "7,500" -> 7500; null for nothing; undefined for what is no number. */
export function numberFrom(words) {
  const trimmed = words.trim();
  if (!trimmed) return null;
  const plain = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(trimmed) ? trimmed.replaceAll(",", "") : trimmed.replaceAll(/[\s_\u00a0\u202f]/g, "");
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(value) && Math.abs(value) <= LARGEST ? value : undefined;
}

/** A value as a person reads it: names of choices, digits grouped. */
export function shown(field, value) {
  if (Array.isArray(value)) return value.map((one) => shown({ ...field, many: false }, one)).join(", ");
  if (field.type === "choice") return field.values.find(({ code }) => code === value)?.title ?? String(value);
  if (field.type === "boolean") return value ? field.title : `not ${field.title.toLowerCase()}`;
  if (field.type === "number") return `${field.title} ${Number(value).toLocaleString("en", { maximumFractionDigits: 10 })}`;
  return String(value);
}

/** A set of chips: radio buttons, or checkboxes for many. A chosen radio is taken back by choosing it again. */
function chips(field, options, value, id, set) {
  const chosen = new Set([value ?? []].flat());
  const inputs = options.map((option) => {
    const input = make("input", { type: field.many ? "checkbox" : "radio", name: id, value: String(option.code), checked: chosen.has(option.code), dataset: { focusKey: `${id}:${option.code}` } });
    input.addEventListener("change", () => set(field.many ? options.filter((_, i) => inputs[i].querySelector("input").checked).map(({ code }) => code) : option.code));
    if (!field.many) {
      const takeBack = (event) => {
        if (!chosen.has(option.code) || (event.type === "keydown" && event.key !== "Backspace")) return;
        event.preventDefault();
        event.stopPropagation();
        setTimeout(() => set(null));
      };
      input.addEventListener("click", (event) => event.detail && takeBack(event));
      input.addEventListener("keydown", takeBack);
    }
    return make("label.choice", { title: option.definition || null }, input, make("span", {}, option.title));
  });
  return make("fieldset.field", {}, make("legend", {}, ...legend(field)), make("div.choices", {}, ...inputs));
}

const legend = (field) => [field.title, field.required ? make("span.field__must", { title: "Required" }, " required") : null].filter(Boolean);

function labelled(field, id, control, ...more) {
  return make("div.field", {}, make("label", { htmlFor: id }, ...legend(field)), control, ...more);
}

function select(field, value, id, set) {
  const control = make("select", { id, dataset: { focusKey: id } }, make("option", { value: "" }, "Choose…"));
  for (const { code, title } of field.values) control.append(make("option", { value: code, selected: code === value }, title));
  const help = make("p.field__help", {}, field.values.find(({ code }) => code === value)?.definition ?? "");
  control.addEventListener("input", () => (help.textContent = field.values.find(({ code }) => code === control.value)?.definition ?? ""));
  // A closed select changes with every letter typed at it, so only a choice by pointer is taken at once.
  let pointed = false;
  control.addEventListener("pointerdown", () => (pointed = true));
  control.addEventListener("keydown", () => (pointed = false));
  settle(control, () => set(control.value || null), () => pointed);
  return labelled(field, id, control, help);
}

/**
 * Run `take` when the reader has finished with a field: it lost the focus, rested for a second, or was told to "commit".
 * `eager()`: whether a change event is an end too.
 */
function settle(control, take, eager = () => true) {
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    take();
  };
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, 1000);
  });
  control.addEventListener("change", () => eager() && now());
  control.addEventListener("blur", () => timer && now());
  control.addEventListener("commit", now);
}

function words(field, value, id, set, suggestions) {
  const list = suggestions.length ? make("datalist", { id: `${id}-used` }, ...suggestions.map((one) => make("option", { value: one }))) : null;
  const many = field.many ? "Several, separated by semicolons" : null;
  const control = make("input", { id, type: "text", value: [value ?? []].flat().join("; "), maxLength: 1000, placeholder: many, autocomplete: "off", dataset: { focusKey: id } });
  if (list) control.setAttribute("list", list.id);
  settle(control, () => {
    const parts = (field.many ? control.value.split(";") : [control.value]).map((part) => part.trim()).filter(Boolean);
    set(field.many ? parts : (parts[0] ?? null));
  });
  return labelled(field, id, control, list);
}

function number(field, value, id, set) {
  const control = make("input", { id, type: "text", inputMode: "decimal", value: [value ?? []].flat().join("; "), autocomplete: "off", dataset: { focusKey: id } });
  const problem = make("p.field__error", { id: `${id}-problem`, hidden: true }, "This is no number: write 7500 or 7,500.");
  control.setAttribute("aria-describedby", problem.id);
  settle(control, () => {
    const values = (field.many ? control.value.split(";") : [control.value]).map(numberFrom);
    const wrong = values.includes(undefined);
    problem.hidden = !wrong;
    control.setAttribute("aria-invalid", String(wrong));
    if (!wrong) set(field.many ? values.filter((one) => one !== null) : values[0]);
  });
  return labelled(field, id, control, problem);
}

function date(field, value, id, set) {
  const control = make("input", { id, type: "date", value: [value ?? ""].flat()[0] ?? "", dataset: { focusKey: id } });
  settle(control, () => set(control.value ? (field.many ? [control.value] : control.value) : null));
  return labelled(field, id, control);
}

const BOOLEANS = [
  { code: true, title: "Yes" },
  { code: false, title: "No" },
];

/** The control of one field. `set(value)` with null for nothing; `suggestions`: values used in this task. */
export function fieldOf(field, value, { id, set, suggestions = [] }) {
  let control;
  if (field.type === "choice" && !field.many && field.values.length > MANY_CHOICES) control = select(field, value, id, set);
  else if (field.type === "choice") control = chips(field, field.values, value, id, set);
  else if (field.type === "boolean") control = chips(field, BOOLEANS, value, id, set);
  else if (field.type === "number") control = number(field, value, id, set);
  else if (field.type === "date") control = date(field, value, id, set);
  else control = words(field, value, id, set, suggestions);
  control.dataset.field = field.name;
  control.dataset.kind = field.type;
  return control;
}
