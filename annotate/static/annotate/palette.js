/** The label palette beside the pending words, the legend, the name flag and the mode line. */
import { byId, make, shorten } from "./dom.js";

const GAP = 10;

/** Which side of the words the palette takes: above, unless that would hide marks or the window's edge is near. */
export function sideFor({ top, bottom, height, roof, floor, marksAbove, marksBelow }) {
  const above = top - height - GAP >= roof;
  const below = bottom + height + GAP <= floor;
  if (above && below) return marksAbove > marksBelow ? "below" : "above";
  return above ? "above" : "below";
}

export function bindPalette({ view, ui, commands, codebook, store }) {
  const toolbar = byId("toolbar");
  const mode = byId("mode");
  const flag = byId("flag");

  for (const root of [toolbar, byId("legend")]) {
    root.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection and the focus
    root.addEventListener("click", (event) => {
      const code = event.target.closest("[data-label]")?.dataset.label;
      if (code) commands.label(code);
    });
  }
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...toolbar.querySelectorAll("button")];
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
  });

  let crowd = { marksAbove: 0, marksBelow: 0 }; // marks that the palette would hide; they scroll along with the words
  const place = ({ fresh }) => {
    if (toolbar.hidden || innerWidth < 900) return; // on a small screen the stylesheet docks it
    const rects = [...view.rangeOf(ui.pending).getClientRects()].filter(({ width }) => width > 1);
    if (!rects.length) return;
    const top = Math.min(...rects.map((rect) => rect.top));
    const bottom = Math.max(...rects.map((rect) => rect.bottom));
    const { offsetWidth: width, offsetHeight: height } = toolbar;
    const roof = document.querySelector(".topbar").offsetHeight + GAP;
    const floor = innerHeight - document.querySelector(".dock").offsetHeight - GAP;
    const near = fresh && [...view.root.querySelectorAll("mark[data-span-ids]")].map((mark) => mark.getBoundingClientRect()).filter((rect) => rect.bottom > top - height - 60 && rect.top < bottom + height + 60);
    if (near) {
      crowd = {
        marksAbove: near.filter((rect) => rect.bottom <= top + 4 && rect.bottom > top - height).length,
        marksBelow: near.filter((rect) => rect.top >= bottom - 4 && rect.top < bottom + height).length,
      };
    }
    const side = sideFor({ top, bottom, height, roof, floor, ...crowd });
    const anchor = side === "above" ? rects.find((rect) => rect.top === top) : rects.find((rect) => rect.bottom === bottom);
    const reader = view.root.getBoundingClientRect();
    const left = Math.max(reader.left, Math.min(anchor.left + anchor.width / 2 - width / 2, reader.right - width));
    toolbar.style.setProperty("top", `${side === "above" ? top - height - GAP : bottom + GAP}px`);
    toolbar.style.setProperty("left", `${left}px`);
  };

  /** The name of the selected or hovered mark, in the margin beside its first line. */
  const flagMark = () => {
    const span = store.span(ui.hovered ?? ui.selected);
    const piece = span && view.piecesOf(span.id)[0];
    flag.hidden = !piece;
    if (!piece) return;
    const label = codebook.label(span.label);
    flag.textContent = label.name;
    flag.dataset.layerIndex = label.tone;
    const frame = view.root.parentElement.getBoundingClientRect();
    const column = view.root.getBoundingClientRect();
    const line = piece.getClientRects()[0];
    flag.style.setProperty("top", `${line.top - frame.top + line.height / 2}px`);
    flag.style.setProperty("right", `${frame.right - column.left - 4}px`);
  };

  const drawMode = () => {
    const from = store.span(ui.linking?.from ?? ui.fragment);
    mode.hidden = !from;
    byId("legend").hidden = Boolean(from);
    view.root.toggleAttribute("data-linking", Boolean(ui.linking));
    if (!from) return;
    const key = (name) => make("kbd", {}, name);
    const words = ui.linking
      ? [`‘${shorten(from.quote, 32)}’ ${ui.linking.type.title} `, make("strong", {}, ui.linking.type.to.map((code) => codebook.label(code).name).join(" or ")), ": ", key("n"), " ", key("p"), " choose, ", key("Enter"), " links, ", key("Delete"), " unlinks, ", key("Esc"), " cancels"]
      : [`Add to ‘${shorten(from.quote, 32)}’: select words, `, key("Enter"), " adds, ", key("Esc"), " cancels"];
    const done = make("button.button.button--small", { type: "button" }, ui.linking ? "Link" : "Add");
    done.addEventListener("click", () => commands.enter());
    const stop = make("button.button.button--small", { type: "button" }, "Cancel");
    stop.addEventListener("click", () => {
      view.root.focus({ preventScroll: true });
      commands.escape();
    });
    mode.replaceChildren(make("span", {}, ...words), done, stop);
  };

  const draw = () => {
    toolbar.hidden = !ui.pending || Boolean(ui.fragment) || !store.editable;
    place({ fresh: true });
    flagMark();
    drawMode();
  };
  addEventListener("scroll", () => place({ fresh: false }), { passive: true });
  addEventListener("resize", draw);
  return { draw };
}
