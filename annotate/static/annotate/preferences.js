/** The form of one's own settings: every choice shows at once. On the labelling page it comes as a dialog and is kept at once. */

/** `change({name: value})` is told every choice. */
export function bind(form, change = () => {}) {
  form.addEventListener("change", ({ target }) => {
    const value = target.type === "checkbox" ? target.checked : target.value;
    const { look, normal } = target.closest("[data-setting]")?.dataset ?? {};
    if (look && value === normal) document.documentElement.removeAttribute(look);
    else if (look) document.documentElement.setAttribute(look, value);
    if (target.name in form.elements) change({ [target.name]: value });
  });
}

/** Open the dialog; `url`: the page of settings, whose form is shown. Rejects where it cannot be had. */
export async function openSettings(url, change) {
  let dialog = document.getElementById("settings");
  if (!dialog) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    dialog = document.createElement("dialog");
    dialog.className = "dialog dialog--side";
    dialog.id = "settings";
    dialog.setAttribute("aria-labelledby", "settings-title");
    dialog.innerHTML = await answer.text();
    document.body.append(dialog);
    const told = dialog.querySelector("[role=status]");
    bind(dialog.querySelector(".form"), async (changes) => (told.textContent = (await change(changes)) ?? "Kept."));
  }
  dialog.showModal();
}

const page = document.querySelector("form[data-preferences]");
if (page) bind(page);
