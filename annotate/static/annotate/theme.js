/* The reader's theme, set before the first paint: a plain script in the head, because a module would run after it. */
(() => {
  const KEY = "slantwise.theme";
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden; the system's theme serves
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll("input[name=theme]")) input.checked = input.value === (read() ?? "system");
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("input[name=theme]")) return;
    apply(target.value);
    try {
      localStorage.setItem(KEY, target.value);
    } catch {
      // the choice holds for this page
    }
  });
})();
