import assert from "node:assert/strict";
import { test } from "node:test";
import { dateFrom, matching, numberFrom, optionFor } from "../../annotate/static/annotate/forms.js";

test("numbers are read as people write them", () => {
  const cases = { "7500": 7500, "7,500": 7500, "2.5 million": 2_500_000, "2.3 Million": 2_300_000, "7k": 7000, "1.005 billion": 1_005_000_000, "-3": -3, "1e3": 1000, "": null, " ": null };
  for (const [words, value] of Object.entries(cases)) assert.equal(numberFrom(words), value, words);
  for (const words of ["seven", "million", "7,50", "1,2,3", "9007199254740993000", "1e3k", "--3"]) assert.equal(numberFrom(words), undefined, words);
});

test("days are read, and no others", () => {
  assert.equal(dateFrom(" 2018-10-21 "), "2018-10-21");
  assert.equal(dateFrom(""), null);
  for (const words of ["2018-02-30", "21.10.2018", "2018-10", "day"]) assert.equal(dateFrom(words), undefined, words);
});

const OPTIONS = [
  { code: "eco", title: "Economic", definition: "Costs and gains." },
  { code: "sec", title: "Security and defence" },
  { code: "cap", title: "Capacity", definition: "Économie of means." },
];

test("a search finds names first, then definitions, whatever the accents", () => {
  assert.deepEqual(matching(OPTIONS, "eco").map(({ code }) => code), ["eco", "cap"]);
  assert.deepEqual(matching(OPTIONS, "defence sec").map(({ code }) => code), ["sec"]);
  assert.equal(matching(OPTIONS, "").length, 3);
  assert.deepEqual(matching(OPTIONS, "zebra"), []);
});

test("a digit means a place, a letter the next option that begins with it", () => {
  const named = ["Named", "None", "Anonymous"].map((title) => ({ code: title, title }));
  assert.equal(optionFor("3", named, null).code, "Anonymous");
  assert.equal(optionFor("4", named, null), undefined);
  assert.equal(optionFor("n", named, null).code, "Named");
  assert.equal(optionFor("N", named, "Named").code, "None");
  assert.equal(optionFor("n", named, "None").code, "Named");
  assert.equal(optionFor("x", named, null), undefined);
  assert.equal(optionFor("Enter", named, null), undefined);
});
