/* The article's page: a rule of the legend shows its places and walks through them. Without it all marks are shown. */

/** The place after a step, around the ends; -1 where there is none. */
export function stepped(place, step, count) {
  return count === 0 ? -1 : (place + step + count) % count;
}

function begin(section) {
  const buttons = [...section.querySelectorAll(".legend__rule")];
  const marks = [...section.querySelectorAll(".removed[data-rule]")];
  const walk = section.querySelector(".legend__walk");
  const said = section.querySelector(".legend__place");
  const frame = section.querySelector(".pair");
  if (!walk) return;
  let shown = [];
  let place = -1;

  function go(step) {
    place = stepped(place, step, shown.length);
    for (const mark of marks) mark.toggleAttribute("data-here", mark === shown[place]);
    if (place < 0) return;
    const mark = shown[place];
    const middle = mark.getBoundingClientRect().top - frame.getBoundingClientRect().top;
    frame.scrollTo({ top: frame.scrollTop + middle - frame.clientHeight / 3 });
    said.textContent = `${place + 1} of ${shown.length}`;
  }

  function show(rule) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.rule === rule));
    for (const mark of marks) mark.toggleAttribute("data-dim", rule !== "" && mark.dataset.rule !== rule);
    shown = rule === "" ? [] : marks.filter((mark) => mark.dataset.rule === rule);
    walk.hidden = rule === "";
    place = -1;
    go(1);
  }

  section.addEventListener("click", (event) => {
    const rule = event.target.closest(".legend__rule");
    const step = event.target.closest("[data-step]");
    if (rule) show(rule.getAttribute("aria-pressed") === "true" ? "" : rule.dataset.rule);
    if (step) go(Number(step.dataset.step));
  });
  section.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown.length > 0) show("");
  });
}

if (typeof document !== "undefined") for (const section of document.querySelectorAll("[data-side-by-side]")) begin(section);
