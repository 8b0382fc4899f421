/** The help: every key from the table that binds it, and the reader's own choice of single keys. Loaded on first use. */
import { byId, make, say } from "./dom.js";
import { KEYMAP, chordOf, helpOf, keyboard, mayChange, refusalOf } from "./keymap.js";

const caps = (shown) => shown.flatMap((key) => [key === "–" ? "–" : make("kbd", {}, key), " "]);

/** `own`: {command: chord} as stored; `save(own)` stores it and puts it in force. */
export function openHelp({ own, save, layerKeys }) {
  const dialog = byId("help");
  let setting = null; // the command whose next key is awaited

  const draw = (message = "") => {
    byId("keys").replaceChildren(...helpOf().map(([group, rows]) => make("section", {}, make("h3", {}, group), make("dl", {}, ...rows.flatMap(line)))));
    byId("keys-note").textContent = message;
    byId("keys-reset").hidden = !Object.keys(own()).length;
  };
  const line = ({ words, shown, row }) => {
    const change = byId("help").hasAttribute("data-changing") && mayChange(row);
    const button = change && make("button.button.button--small", { type: "button", dataset: { run: row.run }, "aria-label": `Change the key of: ${words}` }, ...(setting === row.run ? ["Press a key"] : caps(shown)));
    return [make("dt", {}, ...(button ? [button] : caps(shown))), make("dd", {}, words)];
  };
  const focus = (run) => dialog.querySelector(`[data-run="${run}"]`)?.focus();
  const take = (event) => {
    if (!setting) return;
    event.preventDefault();
    event.stopPropagation();
    if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    const run = setting;
    const row = keyboard.rows.find((one) => one.run === run);
    setting = null;
    if (event.key === "Escape" || event.key === "Tab") {
      draw("The key stays as it was.");
      return void focus(run);
    }
    const chord = chordOf(event);
    const refusal = refusalOf(chord, row, keyboard.rows, layerKeys);
    if (!refusal) {
      const { [run]: _, ...others } = own();
      save(KEYMAP.find((one) => one.run === run).keys.includes(chord) ? others : { ...others, [run]: chord });
    }
    draw(refusal ? `${refusal}. The key stays as it was.` : `${row.words}: ${chord}`);
    focus(run);
  };

  dialog.toggleAttribute("data-changing", false);
  draw();
  dialog.onkeydown = take;
  dialog.oncancel = (event) => setting && event.preventDefault();
  byId("keys").onclick = (event) => {
    setting = event.target.closest("[data-run]")?.dataset.run ?? null;
    if (!setting) return;
    draw("Press the new key. Escape leaves it as it was.");
    focus(setting);
  };
  byId("keys-change").onclick = () => {
    const on = dialog.toggleAttribute("data-changing");
    byId("keys-change").setAttribute("aria-pressed", String(on));
    setting = null;
    draw(on ? "Choose the key that you want to change." : "");
  };
  byId("keys-reset").onclick = () => {
    save({});
    draw("All keys are as they came.");
    say("All keys are as they came.");
    byId("keys-change").focus();
  };
  if (!dialog.open) dialog.showModal();
}
