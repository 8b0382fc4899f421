/** The guidelines: search in them, and what changed since the reader last looked. Loaded once the page is ready. */
import { highlight } from "./article.js";
import { byId, icon, make } from "./dom.js";
import { matching } from "./forms.js";

const BLOCKS = "h1, h2, h3, h4, p, li, pre, tr, summary";
const flat = (words) => words.replaceAll(/\s+/g, " ").trim();

/** The paragraphs that are new in `now`, by place, and the words of those that are gone. */
export function changesOf(before, now) {
  const [old, fresh] = [new Set(before), new Set(now)];
  return { added: now.flatMap((words, i) => (old.has(words) ? [] : [i])), gone: before.filter((words) => !fresh.has(words)) };
}

/** `storage`: as localStorage, of one person in one project. */
export function makeGuide(storage) {
  const pane = byId("pane-guide");
  const tab = byId("tab-guide");
  const entries = [...pane.querySelectorAll(".guide__label, .prose > *")];
  const options = entries.map((entry) => ({ entry, title: entry.textContent }));

  // ---- search
  const field = make("input", { id: "guide-search", type: "search", placeholder: "Search the guidelines", "aria-label": "Search the guidelines", autocomplete: "off" });
  const count = make("span", { role: "status" });
  const search = () => {
    const words = field.value.trim();
    const found = new Set(words ? matching(options, words).map(({ entry }) => entry) : entries);
    for (const entry of entries) entry.hidden = !found.has(entry);
    for (const more of pane.querySelectorAll("details")) more.open = Boolean(words) && more.textContent.toLowerCase().includes(words.toLowerCase());
    count.textContent = words ? (found.size ? `${found.size} of ${entries.length}` : "nothing found") : "";
    const ranges = [];
    for (const entry of words ? found : []) {
      const walker = document.createTreeWalker(entry, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const at = walker.currentNode.data.toLowerCase().indexOf(words.toLowerCase());
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + words.length);
        ranges.push(range);
      }
    }
    highlight("guide", ranges, pane);
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field.value) return;
    event.preventDefault();
    field.value = "";
    search();
  });
  pane.prepend(make("div.field.guide__search", {}, field, count));

  // ---- changes
  const blocks = [...pane.querySelectorAll(BLOCKS)].filter((block) => !block.querySelector(BLOCKS) && !block.closest(".guide__search"));
  const now = blocks.map((block) => flat(block.textContent));
  const keep = () => storage.setItem("guide", JSON.stringify(now));
  const before = JSON.parse(storage.getItem("guide") ?? "null");
  const { added, gone } = before ? changesOf(before, now) : { added: [], gone: [] };
  if (!before) keep();
  if (!added.length && !gone.length) return;

  tab.append(make("ins", { role: "img", "aria-label": "changed since you last looked" }, "●"));
  for (const i of added) {
    blocks[i].dataset.new = "";
    blocks[i].prepend(make("ins", {}, "New "));
    blocks[i].closest("details")?.setAttribute("open", "");
  }
  const news = [added.length && `${added.length} new`, gone.length && `${gone.length} gone`].filter(Boolean).join(", ");
  const next = make("button.button.button--small", { type: "button", hidden: !added.length }, "Show", icon("arrow"));
  let at = 0;
  next.addEventListener("click", () => blocks[added[at++ % added.length]].scrollIntoView({ block: "center" }));
  const told = make("div.notice", { dataset: { tone: "warn" } }, make("p", {}, make("strong", {}, "Changed since you last looked: "), news), next, gone.length ? make("ul", {}, ...gone.map((words) => make("li", {}, make("del", {}, words)))) : null);
  pane.firstChild.after(told);
  const seen = () => {
    if (pane.hidden) return;
    keep();
    tab.querySelector("ins")?.remove();
    watch.disconnect();
  };
  const watch = new MutationObserver(seen);
  watch.observe(pane, { attributeFilter: ["hidden"] });
  seen();
}
