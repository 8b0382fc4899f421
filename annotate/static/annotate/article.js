/**
 * The article in the page: marks drawn as <mark> pieces, and the way between DOM points and code points.
 *
 * The server drew the first paint with the same rule (annotate/rendering.py); afterwards only paragraphs in which a mark
 * changed are drawn again.
 */
import { countWhile } from "./offsets.js";
import { capsOf, cut, lanesOf } from "./segments.js";

export const LANES = 3;

const keyOf = (span, lane) => `${span.start} ${span.end} ${span.label} ${lane} ${span.fragments ?? ""}`;

export class ArticleView {
  #drawn = new Map(); // span id -> {key, start, end}
  #emphasised = [];

  /** `look(label code)` -> {tone, name}. */
  constructor(root, map, look) {
    Object.assign(this, { root, map, look });
    const elements = [...root.querySelectorAll("[data-start]")];
    this.blocks = elements.map((element) => {
      const start = Number(element.dataset.start);
      return { element, start, end: start + Array.from(element.textContent).length };
    });
  }

  /** Whether the page shows the text that the offsets count: the paragraphs are what the text says they are. */
  matches() {
    return this.blocks.every(({ element, start, end }) => element.textContent === this.map.slice(start, end));
  }

  #keys(spans) {
    const lanes = lanesOf(spans);
    return new Map(spans.map((span, i) => [span.id, { key: keyOf(span, lanes[i]), start: span.start, end: span.end, span, lane: lanes[i] }]));
  }

  /** Take the server's drawing of these spans as it is. */
  adopt(spans) {
    this.#drawn = this.#keys(spans);
  }

  /** Draw the paragraphs in which these spans differ from what is drawn. */
  draw(spans) {
    const next = this.#keys(spans);
    const changed = [];
    for (const [id, now] of next) {
      const old = this.#drawn.get(id);
      if (old?.key !== now.key) changed.push(now, old ?? now);
    }
    for (const [id, old] of this.#drawn) if (!next.has(id)) changed.push(old);
    this.#drawn = next;
    for (const block of this.blocks) {
      if (changed.some(({ start, end }) => start < block.end && end > block.start)) this.#drawBlock(block, next);
    }
  }

  #drawBlock({ element, start, end }, drawn) {
    const inside = [...drawn.values()].filter((one) => one.start < end && one.end > start);
    element.replaceChildren(
      ...cut(start, end, inside.map(({ span }) => span)).map((piece) => {
        const words = this.map.slice(piece.start, piece.end);
        return piece.spans.length ? this.#pieceOf(piece, words, piece.spans.map((index) => inside[index])) : document.createTextNode(words);
      }),
    );
  }

  #pieceOf(piece, words, over) {
    const mark = document.createElement("mark");
    mark.textContent = words;
    mark.dataset.spanIds = over.map(({ span }) => span.id).join(" ");
    for (const { span, lane } of over) {
      if (lane >= LANES) continue;
      mark.setAttribute(`data-lane${lane}`, this.look(span.label).tone);
      const caps = capsOf(piece, span);
      if (caps) mark.setAttribute(`data-cap${lane}`, caps);
    }
    const hidden = over.filter(({ lane }) => lane >= LANES).length;
    if (hidden) mark.dataset.more = `+${hidden}`;
    mark.setAttribute("aria-description", over.map(({ span }) => this.look(span.label).name).join(", "));
    return mark;
  }

  /** Emphasise marks over their full extent: {selected, hovered, linked} -> {id, tone} or null. */
  emphasise(roles) {
    for (const [piece, role] of this.#emphasised) piece.removeAttribute(`data-${role}`);
    this.#emphasised = [];
    for (const [role, one] of Object.entries(roles)) {
      if (!one) continue;
      for (const piece of this.piecesOf(one.id)) {
        piece.setAttribute(`data-${role}`, one.tone);
        this.#emphasised.push([piece, role]);
      }
    }
  }

  /** The pieces of one mark, in text order. */
  piecesOf(id) {
    return [...this.root.querySelectorAll(`mark[data-span-ids~="${CSS.escape(id)}"]`)];
  }

  /** The offset of a DOM point; outside the paragraphs: where the next one begins, or the end of the text. */
  pointOf(node, offset) {
    const here = document.createRange();
    here.setStart(node, offset);
    const element = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest?.("[data-start]");
    const block = element && this.blocks.find((candidate) => candidate.element === element);
    if (!block) return this.blocks.find(({ element: other }) => here.comparePoint(other, 0) >= 0)?.start ?? this.map.length;
    let units = 0;
    for (const text of this.#textsOf(block.element)) {
      if (text === node) {
        units += offset;
        break;
      }
      if (here.comparePoint(text, text.length) > 0) break;
      units += text.length;
    }
    return this.map.toPoint(this.map.toUnit(block.start) + units);
  }

  *#textsOf(element) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("[data-ui]")) yield walker.currentNode;
  }

  #placeOf(point, leaning) {
    const block = this.blocks[Math.max(0, countWhile(this.blocks, ({ start }) => start <= point) - 1)];
    let left = this.map.toUnit(point) - this.map.toUnit(block.start);
    let last = null;
    for (const text of this.#textsOf(block.element)) {
      if (left < text.length || (left === text.length && leaning === "end")) return [text, left];
      left -= text.length;
      last = text;
    }
    return last ? [last, last.length] : [block.element, 0];
  }

  /** The DOM range of [start, end). */
  rangeOf({ start, end }) {
    const range = document.createRange();
    range.setStart(...this.#placeOf(start, "start"));
    range.setEnd(...this.#placeOf(end, "end"));
    return range;
  }
}
