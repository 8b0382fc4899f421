/** Attribute forms, made from the codebook: one field a function, values in and out as the contract has them. */
import { make } from "./dom.js";

// More than these stand in a list to search, not as chips.
const MANY_CHOICES = 8;
const LARGEST = 2 ** 53;
const SCALES = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6, bn: 1e9, billion: 1e9 };

/** "7,500" -> 7500, "2.5 million" -> 2500000; null for nothing; undefined for what is no number. */
export function numberFrom(words) {
  const [, trimmed, scale = ""] = words.trim().match(/^(.*?)\s*(k|thousand|m|million|bn|billion)?$/is);
  if (!trimmed) return scale ? undefined : null;
  const plain = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(trimmed) ? trimmed.replaceAll(",", "") : trimmed.replaceAll(/[\s_\u00a0\u202f]/g, "");
  // The scale moves the point in the words themselves, where 2.3 million stays a whole number.
  const power = Math.log10(SCALES[scale.toLowerCase()] ?? 1);
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) && !(power && /e/i.test(plain)) ? Number(power ? `${plain}e${power}` : plain) : NaN;
  return Number.isFinite(value) && Math.abs(value) <= LARGEST ? value : undefined;
}

/** "2018-10-21" as it is; null for nothing; undefined for what is no day of the calendar. */
export function dateFrom(words) {
  const day = words.trim();
  if (!day) return null;
  const moment = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00Z`) : NaN;
  return moment > -Infinity && moment.toISOString().startsWith(day) ? day : undefined;
}

const plain = (words) => words.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();

/** The options whose name or definition has every word typed, those whose name begins with it first. */
export function matching(options, typed) {
  const parts = plain(typed).split(/\s+/);
  const begins = ({ title }) => plain(title).startsWith(plain(typed));
  const found = options.filter(({ title, definition = "" }) => parts.every((part) => plain(`${title} ${definition}`).includes(part)));
  return [...found.filter(begins), ...found.filter((one) => !begins(one))];
}

/** The option that a key means in a row of chips: a digit its place, a letter the next whose name begins with it. */
export function optionFor(key, options, chosen) {
  if (/^[1-9]$/.test(key)) return options[key - 1];
  if (!/^\p{L}$/u.test(key)) return undefined;
  const at = options.findIndex(({ code }) => code === chosen) + 1;
  return [...options.slice(at), ...options.slice(0, at)].find(({ title }) => plain(title).startsWith(plain(key)));
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
    input.addEventListener("change", () => set(field.many ? options.filter((_, i) => inputs[i].firstChild.checked).map(({ code }) => code) : option.code));
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
  const row = make("fieldset.field", {}, make("legend", {}, ...legend(field)), make("div.choices", {}, ...inputs));
  row.addEventListener("keydown", (event) => {
    const option = !event.ctrlKey && !event.metaKey && !event.altKey && optionFor(event.key, options, value);
    if (!option) return;
    event.preventDefault();
    const input = inputs[options.indexOf(option)].firstChild;
    input.focus();
    if (field.many || !input.checked) input.click();
  });
  return row;
}

const legend = (field) => [make("span", { title: field.definition || null }, field.title), field.required ? make("span.field__must", { title: "Required" }, " required") : null].filter(Boolean);

const labelled = (field, id, control, ...more) => make("div.field", {}, make("label", { htmlFor: id }, ...legend(field)), control, ...more);

/**
 * Run `take` when the reader has finished with a field: it lost the focus or was told to "commit"; `eager`: also when it
 * rested for a second or says that it changed.
 */
function settle(control, take, eager = true) {
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    take();
  };
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, eager ? 1000 : 60_000);
  });
  control.addEventListener("change", () => eager && now());
  control.addEventListener("blur", () => timer && now());
  control.addEventListener("commit", now);
}

/**
 * A field to type in that offers a list: arrows go through it, Enter or a click takes. `free`: words that the list lacks
 * count too, and of several, parted by semicolons, the last is completed.
 */
function combo(field, options, value, id, set, free) {
  const named = (code) => options.find((one) => one.code === code);
  const many = free && field.many;
  const control = make("input", {
    id, type: "text", value: [value ?? []].flat().map((one) => named(one)?.title ?? one).join("; "), maxLength: 1000, autocomplete: "off", dataset: { focusKey: id },
    placeholder: many ? "Several, separated by semicolons" : free ? " " : "Type to search",
    ...(options.length ? { role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list" } : {}),
  });
  const list = make("ul.options", { id: `${id}-list`, role: "listbox", "aria-label": field.title, hidden: true });
  const help = make("p.field__help", {}, named(value)?.definition ?? "");
  let offered = [];
  let at = -1;
  const open = (typed) => {
    offered = matching(options, typed).slice(0, 50);
    at = typed && !free && offered.length ? 0 : -1;
    list.replaceChildren(...offered.map(({ title, definition }, i) => make("li", { id: `${id}-${i}`, role: "option" }, title, definition ? make("small", {}, definition) : null)));
    light();
    list.scrollIntoView({ block: "nearest" });
  };
  const light = () => {
    list.hidden = !offered.length;
    if (!options.length) return;
    control.setAttribute("aria-expanded", String(!list.hidden));
    if (at < 0 || list.hidden) control.removeAttribute("aria-activedescendant");
    else control.setAttribute("aria-activedescendant", `${id}-${at}`);
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    offered = [];
    light();
  };
  const parts = () => (many ? control.value.split(";") : [control.value]).map((part) => part.trim());
  const pick = (option) => {
    control.value = [...parts().slice(0, -1), option.title].join("; ");
    close();
  };
  const take = () => {
    const given = parts().filter(Boolean);
    const codes = given.map((part) => options.find(({ title }) => plain(title) === plain(part))?.code ?? (free ? part : undefined));
    const wrong = codes.includes(undefined);
    control.setAttribute("aria-invalid", String(wrong));
    help.textContent = wrong ? "Choose one of the list." : (named(codes[0])?.definition ?? "");
    close();
    if (!wrong) set(many ? [...new Set(codes)] : (codes[0] ?? null));
  };
  control.addEventListener("input", () => open(parts().at(-1)));
  control.addEventListener("click", () => open(""));
  control.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) open("");
      at = offered.length ? (at + step + offered.length + (at < 0 && step < 0)) % offered.length : -1;
      light();
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) pick(offered[at]);
    else if (event.key === "Tab" && at >= 0 && !list.hidden) {
      pick(offered[at]);
      take();
    }
    else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  // The field keeps the focus.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    pick(offered[[...list.children].indexOf(item)]);
    take();
  });
  control.addEventListener("blur", close);
  settle(control, take, free);
  return labelled(field, id, control, list, help);
}

/** A field whose words `read` makes a value of, or undefined where they are none: `problem` says so then. */
function typed(field, value, id, set, read, problem) {
  const control = make("input", { id, type: "text", inputMode: field.type === "number" ? "decimal" : "text", value: [value ?? []].flat().join("; "), placeholder: " ", autocomplete: "off", dataset: { focusKey: id } });
  const error = make("p.field__error", { id: `${id}-problem`, hidden: true }, problem);
  control.setAttribute("aria-describedby", error.id);
  settle(control, () => {
    const values = (field.many ? control.value.split(";") : [control.value]).map(read);
    const wrong = values.includes(undefined);
    error.hidden = !wrong;
    control.setAttribute("aria-invalid", String(wrong));
    if (!wrong) set(field.many ? values.filter((one) => one !== null) : values[0]);
  });
  return labelled(field, id, control, error);
}

function date(field, value, id, set) {
  if (field.many) return typed(field, value, id, set, dateFrom, "Write days as 2018-10-21, separated by semicolons.");
  const control = make("input", { id, type: "date", value: value ?? "", dataset: { focusKey: id } });
  // The year 0020 is 2018 half typed.
  settle(control, () => (!control.value || control.value >= "1000") && set(control.value || null));
  return labelled(field, id, control);
}

const BOOLEANS = [
  { code: true, title: "Yes" },
  { code: false, title: "No" },
];

/** The control of one field. `set(value)` with null for nothing; `suggestions`: values used in this task; `explained`: with its definition. */
export function fieldOf(field, value, { id, set, suggestions = [], explained = false }) {
  let control;
  if (field.type === "choice" && !field.many && field.values.length > MANY_CHOICES) control = combo(field, field.values, value, id, set, false);
  else if (field.type === "choice") control = chips(field, field.values, value, id, set);
  else if (field.type === "boolean") control = chips(field, BOOLEANS, value, id, set);
  else if (field.type === "number") control = typed(field, value, id, set, numberFrom, "This is no number: write 7500, 7,500 or 2.5 million.");
  else if (field.type === "date") control = date(field, value, id, set);
  else control = combo(field, suggestions.map((one) => ({ code: one, title: one })), value, id, set, true);
  if (explained && field.definition) control.firstChild.after(make("p.field__help", {}, field.definition));
  control.dataset.field = field.name;
  control.dataset.kind = field.type;
  return control;
}
