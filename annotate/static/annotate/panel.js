/** The panel beside the article: its tabs, and on a phone the sheet it becomes. */
import { byId, say } from "./dom.js";
import { focusField } from "./cards.js";

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
    const { offsetTop: top, offsetHeight: height } = card;
    if (innerWidth < 900 || top < body.scrollTop || top + height > body.scrollTop + body.clientHeight) body.scrollTop = top - 8;
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
  byId("sheet-toggle").addEventListener("click", () => sheet(!panel.hasAttribute("data-open")));

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
      const field = name && form?.querySelector(`[data-field="${CSS.escape(name)}"]`);
      const first = field || form?.querySelector("[data-field]");
      if (first) focusField(first);
    },
    question: (name) => {
      show("questions");
      sheet(true);
      const field = byId("pane-questions")?.querySelector(`[data-field="${CSS.escape(name)}"]`);
      if (field) focusField(field);
    },
    guide: (code) => {
      show("guide");
      sheet(true);
      const entry = code && byId(`guide-${code}`);
      body.scrollTop = entry ? entry.offsetTop - 12 : 0;
      say(code ? `Guidelines: ${codebook.label(code).name}` : "Guidelines");
    },
  };
}
