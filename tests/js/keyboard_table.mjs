/** Prints the tables of docs/reference/keyboard.md: `node tests/js/keyboard_table.mjs`. */
import { fileURLToPath } from "node:url";
import { helpOf, mayChange } from "../../annotate/static/annotate/keymap.js";

const keys = (shown) => shown.map((key) => (key === "–" ? "to" : `<kbd>${key}</kbd>`)).join(" ");

export const tables = () =>
  helpOf()
    .map(([group, rows]) => [`### ${group}`, "", "| Keys | What they do | Name |", "|---|---|---|", ...rows.map(({ words, shown, row }) => `| ${keys(shown)} | ${words} | ${mayChange(row) ? `\`${row.run}\`` : ""} |`)].join("\n"))
    .join("\n\n");

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(tables());
