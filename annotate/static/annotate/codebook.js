/**
 * The codebook as the page uses it: labels by code and by key, relation types, and what a mark still lacks.
 * No DOM here. Tones and keys are computed as in annotate/rendering.py.
 */
import { same } from "./operations.js";

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

/** What to press for each label: its digit; where not every label has one, the layer's number, then its own. */
export function keysOf(layers) {
  const labels = layers.flatMap((layer) => layer.labels);
  if (labels.every(({ digit }) => digit)) return Object.fromEntries(labels.map(({ code, digit }) => [code, String(digit)]));
  return Object.fromEntries(layers.flatMap((layer, i) => layer.labels.map(({ code }, j) => [code, `${i + 1} ${j + 1}`])));
}

const empty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);

/** Whether a condition ({attribute, equals}) holds for these attributes; no condition always holds. */
export function holds(condition, attributes) {
  if (!condition) return true;
  const value = attributes?.[condition.attribute];
  return Array.isArray(value) ? value.some((one) => same(one, condition.equals)) : same(value, condition.equals);
}

export class Codebook {
  constructor({ layers, relations = [], rules = [], questions = [] }) {
    const tones = tonesOf(layers.map(({ code }) => code));
    this.keys = keysOf(layers);
    this.layers = layers;
    this.labels = new Map();
    for (const layer of layers) {
      for (const label of layer.labels) {
        this.labels.set(label.code, { ...label, layer: layer.code, tone: tones[layer.code], key: this.keys[label.code] });
      }
    }
    this.byKey = new Map(Object.entries(this.keys).map(([code, key]) => [key, this.labels.get(code)]));
    this.relations = relations.filter(({ from, to }) => from.some((code) => this.labels.has(code)) && to.some((code) => this.labels.has(code)));
    this.rules = rules;
    this.questions = questions.map((question) => ({ ...question, name: question.code ?? question.name }));
  }

  /** The label of a code; one that the project has switched off keeps its marks, under its code. */
  label(code) {
    return this.labels.get(code) ?? { code, name: code, tone: 0, key: "", attributes: [], layer: "", definition: "" };
  }

  /** Relation types that may start at a mark of this label. */
  relationsFrom(code) {
    return this.relations.filter(({ from }) => from.includes(code));
  }

  /** The attributes that apply, given the values so far (`when`). */
  fields(code, attributes) {
    return (this.label(code).attributes ?? []).filter((field) => holds(field.when, attributes));
  }

  /** Values for a new mark of this label: the codebook's defaults. */
  defaults(code) {
    const given = (this.label(code).attributes ?? []).filter((field) => !empty(field.default));
    const values = Object.fromEntries(given.map((field) => [field.name, field.default]));
    return this.admissible(code, values);
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
    }
    return lacks;
  }

  /** A rule {one_of: [attribute or list of attributes, …], label?}: at least one must have a value. */
  #missingByRule({ one_of: options, label }, span, fields) {
    if (label && ![label].flat().includes(span.label)) return null;
    const bare = (name) => (name.includes(".") ? name.split(".").at(-1) : name);
    if (options.flat().some((name) => name.includes(".") && !name.startsWith(`${span.label}.`))) return null;
    const here = new Map(fields.map((field) => [field.name, field]));
    const usable = options.filter((option) => [option].flat().every((name) => here.has(bare(name))));
    if (!usable.length) return null;
    if (usable.some((option) => [option].flat().every((name) => !empty(span.attributes[bare(name)])))) return null;
    const first = bare([usable[0]].flat()[0]);
    return { attribute: first, message: `no ${here.get(first).title.toLowerCase()}` };
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
