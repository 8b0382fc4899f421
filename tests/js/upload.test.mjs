import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, problemWith } from "../../corpus/static/corpus/upload.js";

const sizes = [[0, "0 B"], [1023, "1023 B"], [1024, "1.0 kB"], [10_240, "10 kB"], [1_048_575, "1.0 MB"], [5_368_709_120, "5.0 GB"]];
for (const [bytes, words] of sizes) test(`${bytes} bytes are ${words}`, () => assert.equal(inWords(bytes), words));

const limits = { mostBytes: 2 * 1024 * 1024, mostFiles: 2 };
const small = { name: "a.txt", size: 5 };
const choices = [
  ["nothing", [], /^$/],
  ["what fits", [small, small], /^$/],
  ["too many", [small, small, small], /3 files are more than 2 at once.*zip/],
  ["a large one", [small, { name: "b.csv", size: 3 * 1024 * 1024 }], /b\.csv is 3\.0 MB; at most 2 MiB/],
  ["an empty one", [{ name: "c.txt", size: 0 }], /c\.txt is empty/],
];
for (const [words, files, problem] of choices) test(`a choice of ${words}`, () => assert.match(problemWith(files, limits), problem));
