/** The heat strip above an article: a slider over the passages where readers differ. Without scripts it is a picture. */

const strip = document.querySelector("[data-strip]");
const source = document.getElementById("strip-passages");

if (strip && source) {
  const passages = JSON.parse(source.textContent);
  const place = strip.querySelector("[data-place]");
  const drawing = strip.querySelector("svg");
  const length = Number(strip.dataset.length);
  let now = 0;

  const target = (number) => document.getElementById(`at-${passages[number].start}`);

  function show(number, { scroll = true } = {}) {
    now = Math.max(0, Math.min(passages.length - 1, number));
    const { start, end, words } = passages[now];
    strip.setAttribute("aria-valuenow", now + 1);
    strip.setAttribute("aria-valuetext", `${now + 1} of ${passages.length}. ${words}`);
    place.style.left = `${(100 * (start + end)) / 2 / length}%`;
    for (const old of document.querySelectorAll("[data-current]")) delete old.dataset.current;
    let piece = target(now);
    for (let at = piece; at?.dataset?.level && (at === piece || !at.id); at = at.nextElementSibling) {
      at.dataset.current = "";
      if (at.nextSibling !== at.nextElementSibling) break;
    }
    if (scroll) piece.scrollIntoView({ block: "center" });
  }

  strip.setAttribute("role", "slider");
  strip.setAttribute("aria-label", "Passages where readers differ");
  strip.setAttribute("aria-valuemin", 1);
  strip.setAttribute("aria-valuemax", passages.length);
  strip.tabIndex = 0;
  show(0, { scroll: false });
  for (const old of document.querySelectorAll("[data-current]")) delete old.dataset.current;
  place.hidden = false;
  document.querySelector("[data-strip-keys]").hidden = false;

  strip.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, Home: 0, End: passages.length - 1 };
    if (event.key in steps) show(steps[event.key]);
    else if (event.key === "Enter") target(now).focus();
    else return;
    event.preventDefault();
  });

  strip.addEventListener("click", (event) => {
    const { left, width } = drawing.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * length;
    const away = ({ start, end }) => Math.max(start - at, at - end, 0);
    show(passages.reduce((best, passage, number) => (away(passage) < away(passages[best]) ? number : best), 0));
  });

  // Once in the text, Escape leads back.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("[data-level][tabindex]")) strip.focus();
  });
}
