/** The JSON cases that Python's tests read too: `casesOf("spans/offset_cases")`. */
import { readFileSync } from "node:fs";

export const casesOf = (path) => JSON.parse(readFileSync(new URL(`../${path}.json`, import.meta.url), "utf8")).cases;
