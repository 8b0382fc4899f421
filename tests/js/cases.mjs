/** The JSON cases that Python's tests read too. */
import { readFileSync } from "node:fs";

export const casesOf = (name) => JSON.parse(readFileSync(new URL(`../spans/${name}.json`, import.meta.url), "utf8")).cases;
