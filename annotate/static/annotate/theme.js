/* The theme, before the first paint: a plain script in the head, because a module would run after it. The server says what
   a person has set; this browser's own note of it is for pages that know nobody yet, such as the sign-in page. */
(() => {
  const KEY = "slantwise.theme";
  const html = document.documentElement;
  const said = document.querySelector("meta[name=theme]");
  const noted = (value) => {
    try {
      if (value) localStorage.setItem(KEY, value);
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden; the system's theme serves
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") html.dataset.theme = theme;
    else delete html.dataset.theme;
  };
  let theme = noted(said?.content) ?? said?.content ?? "system";
  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll("input[name=theme]")) input.checked = input.value === theme;
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("input[name=theme]")) return;
    theme = target.value;
    apply(theme);
    noted(theme);
    if (!said) return;
    const token = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
    fetch(said.dataset.settings, { method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify({ theme }), keepalive: true }).catch(() => {}); // holds for this browser
  });
})();
