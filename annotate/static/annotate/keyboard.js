/** Binds the keymap to commands, and shows it in the help. */
import { byId, make } from "./dom.js";
import { chordOf, helpOf, rowFor } from "./keymap.js";

const TYPING = "textarea, select, input:not([type=radio], [type=checkbox], [type=button])";
const ARROWS = /^(Shift\+)?Arrow/;

export function bindKeyboard({ commands, codebook, article, list, singles }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const typing = target.matches(TYPING);
    const inArticle = target === article || target === document.body;
    const reading = inArticle || list.contains(target);
    const chord = chordOf(event);
    if (codebook.layerKeys.has(chord) && !typing && reading && singles()) {
      event.preventDefault();
      return void (/^\d$/.test(chord) ? commands.digit(chord) : commands.layer(chord));
    }
    const row = rowFor(chord, { typing, reading, singles: singles() });
    if (!row?.run) return;
    // Arrows and Enter mean something to buttons, chips and links: they are ours in the article only.
    if (ARROWS.test(chord) && !inArticle) return;
    if (chord === "Enter" && !inArticle) return;
    const handled = commands[row.run](...(row.args ?? []), ...(row.withKey ? [event.key] : []));
    if (handled !== false) event.preventDefault();
  });
}

export function fillHelp() {
  byId("keys").replaceChildren(
    ...helpOf().map(([group, rows]) =>
      make(
        "section",
        {},
        make("h3", {}, group),
        make("dl", {}, ...rows.flatMap(({ words, shown }) => [make("dt", {}, ...shown.flatMap((key) => [key === "–" ? "–" : make("kbd", {}, key), " "])), make("dd", {}, words)])),
      ),
    ),
  );
}
