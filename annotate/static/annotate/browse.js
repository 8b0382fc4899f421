/** The list of articles: `/` goes to the search field, j and k from one article to the next; on a phone filters begin folded. */

const results = () => [...document.querySelectorAll("[data-result]")];

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable], dialog[open]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-search-field]");
    field.focus();
    field.select();
  } else if (event.key === "j" || event.key === "k") {
    const links = results();
    const now = links.indexOf(document.activeElement);
    const next = links[now + (event.key === "j" ? 1 : now < 0 ? 1 : -1)];
    if (!next) return;
    next.focus();
    next.closest("li").scrollIntoView({ block: "nearest" });
  } else {
    return;
  }
  event.preventDefault();
});

/** Only what was filled in belongs in the address. */
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-browse]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

if (matchMedia("(max-width: 599px)").matches) document.querySelector("[data-filters]").open = false;
