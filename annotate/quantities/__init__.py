"""Figures found in a text, as proposals for the attributes of a quantity. No database, no network.

A proposal is {"start", "end", "comparator", …} with "value", or "value_low" and/or "value_high", as the comparator asks
(docs/reference/codebook.md, the shipped codebook's QUANTITY), and where the words tell it "kind", "unit" and "modality".
Offsets are code points, half-open; the stretch holds the words that bound the figure and its unit.

What could be read in two ways is left out: 7,000 in Spanish text, 2000 without anything that is counted, 5 to 4. Dates,
times, ordinals, ages, names with a number, and "one" give nothing. English and Spanish; other languages give nothing,
because a figure without the words that bound it would be proposed as exact.
"""

import re

from annotate.quantities.proposals import LARGEST, Proposals, Quantity
from annotate.quantities.tokens import Line
from annotate.quantities.words import COMMA_REGIONS, ENGLISH, SPANISH

__all__ = ["LARGEST", "quantities"]

_LINE = re.compile(r"[^\n]+")


def quantities(text: str, language: str | None = "en") -> list[Quantity]:
    """The figures of ``text``, in its order, none overlapping another; ``language`` is a tag such as es-MX."""
    tag = (language or "en").casefold().replace("_", "-").split("-")
    grammar = {"en": ENGLISH, "es": SPANISH}.get(tag[0])
    if grammar is None:
        return []
    separators = {grammar.thousands} if language else set()
    if tag[0] == "es" and COMMA_REGIONS.intersection(tag[1:]):
        separators = {","}
    found: list[Quantity] = []
    for line in _LINE.finditer(text):
        words = line[0]
        if not re.search(r"\d", words) and grammar.starters.isdisjoint(re.split(r"[^\w]+", words.lower())):
            continue
        found += Proposals(Line(words), line.start(), grammar, separators).quantities()
    return found
