/**
 * The codebook as the page uses it: labels by code and by key, relation types, and what a mark still lacks.
 * No DOM here. Tones and keys are computed as in annotate/rendering.py.
 */
import { TAKEN } from "./keymap.js";
import { same } from "./store.js";

const KNOWN_TONES = { framing: 0, sources: 1, numeric: 2 };
const TONES = 6;

/** Palette index of each layer code: known codes keep theirs, the others take what is left. */
export function tonesOf(codes) {
  const taken = new Set(codes.filter((code) => code in KNOWN_TONES).map((code) => KNOWN_TONES[code]));
  const all = [...Array(TONES).keys()];
  const left = all.filter((tone) => !taken.has(tone));
  const free = left.length ? left : all;
  const others = codes.filter((code) => !(code in KNOWN_TONES));
  return Object.fromEntries(codes.map((code) => [code, KNOWN_TONES[code] ?? free[others.indexOf(code) % free.length]]));
}

/** What is pressed first where digits count by layer: the layer's letter, or its number where a command has that letter. */
const layerKey = ({ shortcut }, index) => (shortcut && !TAKEN.has(shortcut) ? shortcut : String(index + 1));

/** What to press for each label: its digit; with digits counted by layer, the layer's key first. A label may have none. */
export function keysOf({ layers, digits }) {
  const of = (layer, index, digit) => {
    if (!digit) return "";
    return digits === "by_layer" ? `${layerKey(layer, index)} ${digit}` : String(digit);
  };
  return Object.fromEntries(layers.flatMap((layer, index) => layer.labels.map(({ code, digit }) => [code, of(layer, index, digit)])));
}

const empty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);

/** Whether attributes meet {attribute, equals: value or list}; no condition always holds; a missing one meets only false. */
export function holds(condition, attributes) {
  if (!condition) return true;
  const given = [attributes?.[condition.attribute] ?? null].flat();
  const wanted = [condition.equals].flat();
  return given.some((value) => wanted.some((want) => same(value, want) || (want === false && value === null)));
}

export class Codebook {
  constructor({ layers, relations = [], rules = [], questions = [], digits }) {
    const tones = tonesOf(layers.map(({ code }) => code));
    this.keys = keysOf({ layers, digits });
    this.layers = layers;
    this.labels = new Map();
    for (const layer of layers) {
      for (const label of layer.labels) {
        this.labels.set(label.code, { ...label, layer: layer.code, tone: tones[layer.code], key: this.keys[label.code] });
      }
    }
    this.byKey = new Map([...this.labels.values()].filter(({ key }) => key).map((label) => [label.key, label]));
    /** First strokes of labels that take two: the layers' keys. */
    this.layerKeys = new Map(digits === "by_layer" ? layers.map((layer, index) => [layerKey(layer, index), layer]) : []);
    this.relations = relations;
    this.rules = rules;
    this.questions = questions.map((question) => ({ ...question, name: question.code }));
  }

  /** The label of a code; one that the project has switched off keeps its marks, under its code. */
  label(code) {
    return this.labels.get(code) ?? { code, name: code, tone: 0, key: "", attributes: [], layer: "", definition: "" };
  }

  /** Relation types that may start at a mark of this label. */
  relationsFrom(code) {
    return this.relations.filter(({ from }) => from.includes(code));
  }

  /** Whether a relation of this type may lie between marks of these labels. */
  mayRelate(name, from, to) {
    return this.relations.some((type) => type.type === name && type.from.includes(from) && type.to.includes(to));
  }

  /** The attributes that apply, given the values so far (`when`). */
  fields(code, attributes) {
    return (this.label(code).attributes ?? []).filter((field) => holds(field.when, attributes));
  }

  /** Values for a new mark of this label: the codebook's defaults, and over them those of `given` that fit. */
  defaults(code, given = {}) {
    const fields = (this.label(code).attributes ?? []).filter((field) => !empty(field.default));
    return this.carriedOver(code, { ...Object.fromEntries(fields.map((field) => [field.name, field.default])), ...given });
  }

  /** `attributes` without names that the label does not have, or whose condition no longer holds. */
  admissible(code, attributes) {
    let kept = attributes;
    for (;;) {
      const names = new Set(this.fields(code, kept).map(({ name }) => name));
      const next = Object.fromEntries(Object.entries(kept).filter(([name]) => names.has(name)));
      if (Object.keys(next).length === Object.keys(kept).length) return next;
      kept = next;
    }
  }

  /** As admissible(), and without codes that the label's choices do not offer: for a mark that changes its label. */
  carriedOver(code, attributes) {
    const fits = (field, value) => {
      if (Array.isArray(value) !== Boolean(field.many)) return false;
      if (field.type !== "choice") return true;
      return [value].flat().every((one) => field.values.some((option) => option.code === one));
    };
    const fields = new Map((this.label(code).attributes ?? []).map((field) => [field.name, field]));
    const kept = Object.entries(attributes).filter(([name, value]) => fields.has(name) && fits(fields.get(name), value));
    return this.admissible(code, Object.fromEntries(kept));
  }

  /** What a mark lacks: [{span, code, attribute|relation, message}]. `relations`: those that start at it. */
  missingIn(span, relations) {
    const lacks = [];
    const fields = this.fields(span.label, span.attributes);
    for (const field of fields) {
      if (field.required && empty(span.attributes[field.name])) {
        lacks.push({ span: span.id, code: "required", attribute: field.name, message: `no ${field.title.toLowerCase()}` });
      }
    }
    for (const rule of this.rules) {
      const missing = this.#missingByRule(rule, span, fields);
      if (missing) lacks.push({ span: span.id, code: "one_of", ...missing });
    }
    for (const type of this.relationsFrom(span.label)) {
      const count = relations.filter((relation) => relation.type === type.type).length;
      if ((type.min ?? 0) > count && !(type.unless && holds(type.unless, span.attributes))) {
        lacks.push({ span: span.id, code: "relation", relation: type.type, message: `not linked: ${type.title.toLowerCase()}` });
      }
      if (type.max && count > type.max) lacks.push({ span: span.id, code: "relations", message: `${type.title.toLowerCase()}: ${count} links, at most ${type.max}` });
    }
    return lacks;
  }

  /** A rule {label, one_of: [attribute, …]}: at least one of those that apply must have a value. */
  #missingByRule({ one_of: names, label, message }, span, fields) {
    if (label !== span.label) return null;
    const applying = fields.filter(({ name }) => names.includes(name));
    if (!applying.length || applying.some(({ name }) => !empty(span.attributes[name]))) return null;
    // Said already.
    if (applying.some(({ required }) => required)) return null;
    return { attribute: applying[0].name, message: message || `no ${applying[0].title.toLowerCase()}` };
  }

  /** Everything that keeps the task from being submitted, in reading order, the article's questions last. */
  missing(spans, relations, answers) {
    const from = bySource(relations);
    const lacks = spans.flatMap((span) => this.missingIn(span, from.get(span.id) ?? []));
    for (const question of this.questions) {
      if (question.required && holds(question.when, Object.fromEntries(answers)) && empty(answers.get(question.name))) {
        lacks.push({ span: null, code: "question", question: question.name, message: `Not answered: ${question.title}` });
      }
    }
    return lacks;
  }
}

function bySource(relations) {
  const groups = new Map();
  for (const relation of relations) {
    if (!groups.has(relation.from_span)) groups.set(relation.from_span, []);
    groups.get(relation.from_span).push(relation);
  }
  return groups;
}

/** What the figures under [start, end) propose: of one its values, of two plain ones the range between them. */
export function proposalAt(quantities, { start, end }) {
  const under = quantities.filter((one) => one.start < end && one.end > start);
  const [{ start: _, end: __, ...values } = {}, other] = under;
  if (!other) return values;
  const low = Math.min(values.value, other.value);
  const high = Math.max(values.value, other.value);
  return under.length === 2 && low < high ? { comparator: "range", value_low: low, value_high: high, kind: values.kind } : {};
}

/**
 * Which marks still bear values that the text proposed and nobody has looked at. The values are saved like any; that they
 * are unchecked is remembered in this browser only.
 */
export class Proposals {
  #key;
  #ids;

  /** `storage`: as localStorage, of one project; the ids of unchecked marks are kept there under the task's name. */
  constructor({ task, quantities = [] }, storage) {
    Object.assign(this, { quantities, storage });
    this.#key = `slantwise.unchecked.${task}`;
    this.#ids = new Set(JSON.parse(storage.getItem(this.#key) ?? "[]"));
  }

  /** Values for a mark of this label (as the codebook has it): nothing where it takes no figure. */
  values(label, range) {
    const values = proposalAt(this.quantities, range);
    return label.attributes?.some(({ name, type }) => type === "number" && name in values) ? values : {};
  }

  /** The values last given by hand to a label's attributes that the codebook has remembered: {name: value}. */
  remembered({ code, attributes = [] }) {
    const last = this.#last()[code] ?? {};
    return Object.fromEntries(attributes.filter(({ name, remember }) => remember && name in last).map(({ name }) => [name, last[name]]));
  }

  remember(code, name, value) {
    const last = this.#last();
    this.storage.setItem("values", JSON.stringify({ ...last, [code]: { ...last[code], [name]: value ?? undefined } }));
  }

  #last() {
    return JSON.parse(this.storage.getItem("values") ?? "{}");
  }

  has(id) {
    return this.#ids.has(id);
  }

  /** Note whether a mark's proposed values are still to be checked. */
  set(id, unchecked) {
    if (unchecked === this.#ids.has(id)) return;
    this.#ids[unchecked ? "add" : "delete"](id);
    if (this.#ids.size) this.storage.setItem(this.#key, JSON.stringify([...this.#ids]));
    else this.storage.removeItem(this.#key);
  }
}
