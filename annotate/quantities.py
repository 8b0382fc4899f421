"""Figures found in a text, as proposals for the attributes of a quantity. No database, no network.

A proposal is {"start", "end", "comparator", …} with "value", or "value_low" and/or "value_high", as the comparator asks
(docs/reference/codebook.md, the shipped codebook's QUANTITY), and where the words tell it "kind", "unit" and "modality".
Offsets are code points, half-open; the stretch holds the words that bound the figure and its unit.

What could be read in two ways is left out: 7,000 in Spanish text, 2000 without anything that is counted, 5 to 4. Dates,
times, ordinals, ages, names with a number, and "one" give nothing. English and Spanish; other languages give nothing,
because a figure without the words that bound it would be proposed as exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from annotate.number_words import COMMA_REGIONS, CURRENCIES, ENGLISH, PREFIXED_DOLLARS, SPANISH, SUFFIXES, Grammar

type Quantity = dict[str, Any]

LARGEST = 2**53
_TOKEN = re.compile(r"(?P<n>\d+(?:[.,'’\u00a0\u2009\u202f]\d+)*)|(?P<w>[^\W\d_]+(?:[.'’][^\W\d_]+)*)|(?P<s>\S)")
_LINE = re.compile(r"[^\n]+")
_GROUPED = {
    ",": re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}"),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
}
_SPACES = re.compile("[\u00a0\u2009\u202f'’]")
_SPACED = re.compile("\\d{1,3}(?:[\u00a0\u2009\u202f'’]\\d{3})+")
_DASHES = frozenset("-–−‑")
_YEARS = range(1500, 2101)
_LONGEST_PHRASE = 5


class _Token(NamedTuple):
    kind: str
    text: str
    """In small letters."""
    start: int
    end: int
    capital: bool


@dataclass(slots=True)
class _Amount:
    """A figure at tokens [first, last), with the unit or currency that stands at it."""

    first: int
    last: int
    value: Fraction | None
    """None: cannot be read for certain."""
    scale: int = 1
    bare: bool = False
    """Digits alone, without separator, scale, sign or currency: may be a year or part of a name."""
    spelled: bool = False
    vague: int | None = None
    open: bool = False
    """A plus sign follows: 7,000+."""
    kind: str | None = None
    unit: str | None = None


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
        found += _Line(words, line.start(), grammar, separators).quantities()
    return found


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


class _Line:
    """One paragraph, cut into tokens."""

    def __init__(self, text: str, base: int, grammar: Grammar, thousands: set[str]) -> None:
        self.base = base
        self.grammar = grammar
        self.thousands = thousands
        self._words = grammar.first_words
        self.tokens = [
            _Token(str(m.lastgroup), m[0].lower(), m.start(), m.end(), m[0][:1].isupper())
            for m in _TOKEN.finditer(text)
        ]

    # Looking around.

    def _text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def _glued(self, at: int) -> bool:
        """Whether token ``at`` follows the one before it without a space."""
        return 0 < at < len(self.tokens) and self.tokens[at - 1].end == self.tokens[at].start

    def _phrase_at(self, at: int, phrases: Any) -> int:
        """How many tokens the longest of ``phrases`` takes that begins at ``at``; 0 for none."""
        for length in range(min(_LONGEST_PHRASE, len(self.tokens) - at), 0, -1):
            if " ".join(token.text for token in self.tokens[at : at + length]) in phrases:
                return length
        return 0

    def _phrase_before(self, at: int, phrases: Any) -> int:
        for length in range(min(_LONGEST_PHRASE, at), 0, -1):
            if " ".join(token.text for token in self.tokens[at - length : at]) in phrases:
                return length
        return 0

    # Reading figures.

    def quantities(self) -> Iterator[Quantity]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            may_begin = (
                token.text in self._words if token.kind == "w" else token.kind == "n" or token.text in CURRENCIES
            )
            amount = self._amount(at) if may_begin else None
            if amount is None:
                at += 1
                continue
            quantity, at = self._quantity(amount)
            if quantity is not None:
                yield quantity

    def _amount(self, at: int) -> _Amount | None:
        """The figure that begins at token ``at``, or None."""
        token = self.tokens[at]
        if token.text in CURRENCIES:
            return self._money(at)
        if token.kind == "n":
            return self._digits(at)
        if token.kind != "w" or (self._glued(at) and at > 1 and self._text(at - 1) in _DASHES and self._glued(at - 1)):
            return None
        return self._vague(at) or self._spelled(at)

    def _money(self, at: int) -> _Amount | None:
        if at + 1 >= len(self.tokens) or self.tokens[at + 1].kind != "n":
            return None
        amount = self._digits(at + 1, currency=True)
        amount.first, amount.bare, amount.kind, amount.unit = at, False, "money", CURRENCIES[self.tokens[at].text]
        if self._text(at) == "$" and self._glued(at) and self._text(at - 1) in PREFIXED_DOLLARS:
            amount.first, amount.unit = at - 1, PREFIXED_DOLLARS[self._text(at - 1)]
        # "$5 million Canadian dollars" keeps the sign's currency; the words still belong to it.
        _, _, amount.last = self._unit(amount.last, wanted="money")
        return amount

    def _digits(self, at: int, *, currency: bool = False) -> _Amount:
        token = self.tokens[at]
        value = self._literal(token.text)
        amount = _Amount(at, at + 1, value, bare=token.text.isdigit() and not currency)
        minus = at > 0 and self._glued(at) and self._text(at - 1) in "-−" and not self._glued(at - 1)
        if minus and value is not None:
            amount.first, amount.value, amount.bare = at - 1, -value, False
        follower = self._text(at + 1)
        if self._glued(at + 1) and self.tokens[at + 1].kind == "w":
            if follower in SUFFIXES and (currency or follower in {"k", "bn", "tn"}):
                amount.scale, amount.last, amount.bare = SUFFIXES[follower], at + 2, False
            elif follower not in self.grammar.units or len(follower) < 2:
                amount.value = None  # 5G, 3rd, 1990s
                amount.last = at + 2
                return amount
        elif currency and follower in SUFFIXES and follower != "b":
            amount.scale, amount.last = SUFFIXES[follower], at + 2
        elif " ".join(self._text(at + 1 + n) for n in range(3)) == self.grammar.and_a_half:
            amount.value = None if value is None else value + Fraction(1, 2)
            amount.last, amount.bare = at + 4, False
        self._scale(amount)
        if amount.value is not None:
            amount.value *= amount.scale
        if not currency:
            amount.kind, amount.unit, amount.last = self._unit(amount.last)
        if amount.kind == "percentage" or amount.unit:
            amount.bare = False
        if self._text(amount.last) == "+" and self._glued(amount.last):
            amount.open = True
            amount.last += 1
        return amount

    def _scale(self, amount: _Amount) -> None:
        """Take the scale words behind: 2.5 million, 3 hundred thousand, 2-million."""
        at = amount.last
        if self._text(at) in _DASHES and self._text(at + 1) in self.grammar.scales and self._glued(at):
            at += 1
        while (scale := self.grammar.multipliers.get(self._text(at))) is not None:
            amount.scale *= scale
            amount.bare = False
            at += 1
            amount.last = at

    def _literal(self, text: str) -> Fraction | None:
        """The number that digits with separators mean; None where they could mean two."""
        if text.isdigit():
            return None if (len(text) > 1 and text[0] == "0") or len(text) > 8 else Fraction(text)
        if _SPACES.search(text):
            return Fraction(_SPACES.sub("", text)) if _SPACED.fullmatch(text) else None
        marks = {mark for mark in ",." if mark in text}
        if len(marks) == 2:
            thousands = "," if text.index(",") < text.index(".") else "."
            whole, _, rest = text.rpartition("." if thousands == "," else ",")
            good = _GROUPED[thousands].fullmatch(whole) and rest.isdigit()
            return Fraction(f"{whole.replace(thousands, '')}.{rest}") if good else None
        mark = marks.pop()
        if _GROUPED[mark].fullmatch(text) and text[0] != "0":
            certain = text.count(mark) > 1 or mark in self.thousands
            return Fraction(text.replace(mark, "")) if certain else None
        whole, _, rest = text.partition(mark)
        if mark in rest or (mark == "," and "," in self.thousands) or (mark == "," and not self.thousands):
            return None  # a list, a version, a date
        return Fraction(f"{whole}.{rest}")

    def _vague(self, at: int) -> _Amount | None:
        grammar = self.grammar
        for start in (at, at + self._phrase_at(at, grammar.vague_before)):
            # several hundred, a few dozen
            word = self._text(start)
            scale = grammar.multipliers.get(word)
            if start > at and scale is not None:
                return _Amount(at, start + 1, None, vague=scale)
            if length := self._phrase_at(start, grammar.vague_phrases):
                lowest = grammar.vague_phrases[" ".join(self._text(start + n) for n in range(length))]
                last = start + length - (self._text(start + length - 1) == grammar.of)
                return self._unit_of(_Amount(at, last, None, vague=lowest))
            if word in grammar.vague:
                if start == at and self._glued(at) and self._text(at - 1) in _DASHES:
                    return None
                return self._unit_of(_Amount(at, start + 1, None, vague=grammar.vague[word]))
        return None

    def _unit_of(self, amount: _Amount) -> _Amount:
        """Hundreds of dollars: the unit counts, the mark ends before "of"."""
        if self._text(amount.last) == self.grammar.of:
            amount.kind, amount.unit, end = self._unit(amount.last + 1)
            if amount.kind:
                amount.last = end
        return amount

    def _spelled(self, at: int) -> _Amount | None:
        """A number in words: two hundred and fifty, a dozen, half a million, dos mil quinientos."""
        grammar = self.grammar
        if length := self._phrase_at(at, grammar.halves):
            whole = grammar.multipliers.get(self._text(at + length))
            if whole is None:
                return None
            part = Fraction(*grammar.halves[" ".join(self._text(at + n) for n in range(length))])
            return self._with_unit(_Amount(at, at + length + 1, part * whole, scale=whole, spelled=True))
        total, group, last, scaled, seen = 0, 0, at, 1, False
        half = Fraction(0)
        while last < len(self.tokens):
            word = self._text(last)
            step = last
            if seen and word in grammar.joins and self._adds(self._text(last + 1)):
                half_words = " ".join(self._text(last + n) for n in range(3))
                if half_words == grammar.and_a_half:
                    break
                if grammar is ENGLISH and scaled == 1 and group < 100:
                    break  # three and four
                step, word = last + 1, self._text(last + 1)
            elif (
                seen
                and word in _DASHES
                and self._glued(last)
                and self._glued(last + 1)
                and self._adds(self._text(last + 1))
            ):
                step, word = last + 1, self._text(last + 1)
            if word in grammar.small:
                value = grammar.small[word]
                if group % 100 and not (group % 100 >= 20 and group % 10 == 0 and value < 10):
                    break
                group += value
            elif word in grammar.hundreds and group == 0:
                group = grammar.hundreds[word]
            elif word in grammar.one and not seen and self._text(last + 1) in grammar.multipliers:
                group = 1
            elif word in grammar.scales:
                if not seen and grammar is ENGLISH:
                    return None  # "hundred" alone
                scale = scaled = grammar.scales[word]
                if scale == 100:
                    group *= 100
                elif scale == 1000 or grammar is ENGLISH or total == 0:
                    total += (group or 1) * scale
                    group = 0
                else:
                    total = (total + group) * scale  # mil millones
                    group = 0
            elif word in grammar.dozens:
                if not seen:
                    return None
                total += (group or 1) * grammar.dozens[word]
                scaled, group, last = 12, 0, step + 1
                break
            else:
                break
            seen = True
            last = step + 1
        if not seen:
            return None
        if " ".join(self._text(last + n) for n in range(3)) == grammar.and_a_half:
            # two and a half million
            half = Fraction(1, 2)
            last += 3
            while more := grammar.scales.get(self._text(last)):
                half *= more
                group *= more
                last += 1
        number = Fraction(total + group) + half
        alone = last == at + 1 and number <= 1
        amount = _Amount(at, last, None if alone and number == 0 else number, scale=scaled, spelled=True)
        if (
            self._glued(last)
            and self._text(last) in _DASHES
            and self._glued(last + 1)
            and self._text(last + 1)[-2:] in {"th", "rd", "st"}
        ):
            amount.value = None  # twenty-first
        amount = self._with_unit(amount)
        if alone and amount.kind is None:
            amount.value = None  # "one" as a pronoun
        return amount

    def _adds(self, word: str) -> bool:
        return word in self.grammar.small or word in self.grammar.hundreds or word == "a"

    def _with_unit(self, amount: _Amount) -> _Amount:
        amount.kind, amount.unit, amount.last = self._unit(amount.last)
        return amount

    def _unit(self, at: int, wanted: str | None = None) -> tuple[str | None, str | None, int]:
        """(kind, unit, where it ends) of the unit at ``at``; (None, None, at) for none."""
        grammar = self.grammar
        start = at
        if self._text(at) == "%":
            return ("percentage", "%", at + 1) if wanted in {None, "percentage"} else (None, None, at)
        if (
            self._text(at) in CURRENCIES
            and (wanted in {None, "money"})
            and not (at + 1 < len(self.tokens) and self.tokens[at + 1].kind == "n" and self._glued(at + 1))
        ):
            return "money", CURRENCIES[self._text(at)], at + 1
        if self._text(at) in _DASHES and self._glued(at) and self._glued(at + 1):
            at += 1  # a 20-mile march
        elif self._text(at) == grammar.of and self._text(at - 1) in grammar.multipliers:
            at += 1  # tres millones de dólares
        if length := self._phrase_at(at, grammar.percent):
            return ("percentage", "%", at + length) if wanted in {None, "percentage"} else (None, None, start)
        if length := self._phrase_at(at, grammar.units):
            kind, unit = grammar.units[" ".join(self._text(at + n) for n in range(length))]
            if wanted in {None, kind}:
                return kind, unit, at + length
        return None, None, start

    # Deciding what a figure is.

    def _quantity(self, amount: _Amount) -> tuple[Quantity | None, int]:
        """The proposal of a figure, and the token to go on from."""
        second, joined = self._second(amount)
        if joined == "unclear":
            return None, second.last if second else amount.last
        last = second.last if second else amount.last
        if self._is_no_quantity(amount, second) or (amount.vague is None and amount.value is None):
            return None, last
        comparator, first, estimated, last = self._bounds(amount, second, last)
        if comparator is None:
            return None, last
        found: Quantity = {"start": self.base + self.tokens[first].start, "end": 0, "comparator": comparator}
        if amount.vague is not None:
            low, high = Fraction(amount.vague), Fraction(10 * amount.vague)
            found["comparator"] = "vague"
        elif second is not None:
            low, high = amount.value, second.value  # type: ignore[assignment]
            found["comparator"] = "range"
        else:
            low = high = amount.value  # type: ignore[assignment]
        if max(abs(low), abs(high)) > LARGEST:
            return None, last
        if found["comparator"] in {"eq", "approx"}:
            found["value"] = _plain(low)
        if found["comparator"] in {"gt", "range", "vague"}:
            found["value_low"] = _plain(low)
        if found["comparator"] in {"lt", "range", "vague"}:
            found["value_high"] = _plain(high)
        unit = second if second and second.kind else amount
        if unit.kind or (low.denominator == high.denominator == 1):
            found["kind"] = unit.kind or "count"
        if unit.unit:
            found["unit"] = unit.unit
        if modality := self._modality(first, estimated=estimated):
            found["modality"] = modality
        found["end"] = self.base + self.tokens[last - 1].end
        return found, last

    def _second(self, amount: _Amount) -> tuple[_Amount | None, str]:
        """The other end of a range; "unclear" where two figures stand together and mean something else."""
        grammar, at = self.grammar, amount.last
        joint = self._text(at)
        if amount.vague is not None or amount.open or at + 1 >= len(self.tokens):
            return None, ""
        dash = joint in _DASHES and (self.tokens[at + 1].kind == "n" or self._text(at + 1) in CURRENCIES)
        between = joint in grammar.between_joins and self._text(amount.first - 1) == grammar.between
        few = amount.value is not None and amount.value < 1000
        if joint in grammar.ratio and (few or amount.spelled) and amount.last - amount.first == 1:
            if self._text(at + 1) in {"every", "each", "cada"}:
                return self._amount(at + 2), "unclear"
            other = self._amount(at + 1)
            if other is not None and other.vague is None and other.first == at + 1 and not self._is_year(other):
                return other, "unclear"  # one in five, dos de cada tres
            return None, ""
        if joint == "out" and self._text(at + 1) == "of":
            other = self._amount(at + 2)
            return other, "unclear" if other else ""
        if not (dash or between or joint in grammar.to):
            return None, ""
        other = self._amount(at + 1)
        if other is None or other.vague is not None:
            return None, ""
        if joint in grammar.to and self._text(amount.first - 1) in grammar.from_ and self._changes(amount.first):
            return None, ""  # rose from 3,000 to 5,000: two figures
        if amount.value is None or other.value is None:
            return other, "unclear"
        if amount.scale == 1 and other.scale > 1 and amount.value * other.scale < other.value:
            amount.value *= other.scale  # 2 to 3 million
        small = dash and amount.bare and other.bare and other.kind is None and other.value <= 31
        year = amount.bare and (self._is_year(amount) or self._is_year(other))
        counted = self._text(other.last) in grammar.people
        phone = dash and [len(self.tokens[one.first].text) for one in (amount, other) if one.bare] == [3, 4]
        if phone or amount.value >= other.value or (small and not counted) or (year and not counted):
            return other, "unclear"  # a score, a date, years
        return other, "range"

    def _changes(self, at: int) -> bool:
        return any(self._text(n) in self.grammar.changes for n in range(max(0, at - 6), at))

    def _is_year(self, amount: _Amount) -> bool:
        return (
            amount.bare
            and len(self.tokens[amount.first].text) == 4
            and amount.value is not None
            and int(amount.value) in _YEARS
        )

    def _is_no_quantity(self, amount: _Amount, second: _Amount | None) -> bool:
        """Dates, times, ages, names, ordinals."""
        grammar, first, last = self.grammar, amount.first, (second or amount).last
        before, after = self._text(first - 1), self._text(last)
        if self._glued(first) and self.tokens[first - 1].kind == "w":
            return True
        if self._glued(first) and before in {"#", ".", ":", "/", "№", "-", "–", "‑", "@", "_", "&"}:
            return True
        if self._glued(last) and last < len(self.tokens):
            then = self.tokens[last + 1] if self._glued(last + 1) and last + 1 < len(self.tokens) else None
            if after in {":", "/", "_", "@", "º", "ª", "°"} or (after == "." and then is not None and then.kind != "s"):
                return True
            if after in _DASHES and then is not None and then.kind == "n":
                return True
        if amount.spelled and self.grammar.fractions & {after, self._text(last + 1) if after in _DASHES else after}:
            return True
        if after in _DASHES and self._text(last + 1) in {"old", "olds"}:
            return True
        if grammar is SPANISH and before == "de" and amount.unit == "year":
            return True  # una mujer de 45 años
        if amount.kind == "duration" and (after == "old" or (after in _DASHES and self._text(last + 1) == "old")):
            return True
        if not amount.bare or amount.value is None:
            return (
                amount.spelled
                and (before in grammar.numbered or before in grammar.at_the)
                and amount.value is not None
                and amount.value < 100
                and amount.kind is None
            )
        return self._is_bare_number_no_quantity(amount, before, after, last)

    def _is_bare_number_no_quantity(self, amount: _Amount, before: str, after: str, last: int) -> bool:
        grammar, first = self.grammar, amount.first
        counted = after in grammar.people
        dotted = self._text(first - 2) if before == "." and self._glued(first - 1) else before
        if dotted in grammar.numbered and not counted:
            return True
        if after in grammar.times or before in grammar.at_the:
            return True
        if after in {"a", "p"} and self._text(last + 1) == "." and self._text(last + 2) == "m":
            return True
        value = int(amount.value or 0)
        if value <= 31 and (
            dotted in grammar.months
            or after in grammar.months
            or (after in grammar.month_join and self._text(last + 1) in grammar.months)
        ):
            return True
        if self._is_year(amount) and not counted:
            return True
        spaced = self.tokens[last] if last < len(self.tokens) else None
        if spaced and spaced.kind == "n" and len(spaced.text) == 3 and value < 1000:
            return True  # 7 000 with a plain space
        if first and self.tokens[first - 1].kind == "n" and len(self.tokens[first].text) == 3:
            return True
        if before == "," and after in {",", ".", ""} and value < 120 and first > 1 and self.tokens[first - 2].capital:
            return True  # Jo Bloggs, 45, …
        name = first > 1 and self.tokens[first - 1].capital and before not in grammar.function_words
        starts = first > 1 and self._text(first - 2) in {".", "?", "!", "“", '"', ":"}
        return bool(name and not starts and not counted and not after.endswith("s") and before not in grammar.months)

    def _bounds(self, amount: _Amount, second: _Amount | None, last: int) -> tuple[str | None, int, bool, int]:
        """(comparator, first token, whether it is called an estimate, last token); None: cannot be told."""
        grammar, first = self.grammar, amount.first
        comparator, estimated = "eq", False
        if second is not None and self._text(first - 1) in {grammar.between, *grammar.from_}:
            first -= 1
        while True:
            kinds = (("gt", grammar.over), ("lt", grammar.under), ("approx", grammar.approx))
            length, name = max((self._phrase_before(first, phrases), name) for name, phrases in kinds)
            if not length:
                break
            words = " ".join(self._text(n) for n in range(first - length, first))
            if amount.kind == "duration" and words in grammar.during:
                return None, first, estimated, last  # "over three days" may say when
            estimated = estimated or any(word in grammar.estimated for word in words.split())
            if comparator in {"eq", "approx"}:
                comparator = name
            first -= length
            if self._text(first - 1) in grammar.intensifiers:
                first -= 1
        if length := self._phrase_at(last, grammar.after):
            comparator = grammar.after[" ".join(self._text(last + n) for n in range(length))]
            last += length
        elif self._text(last) in _DASHES and self._text(last + 1) == "plus":
            comparator, last = "gt", last + 2
        if amount.open:
            comparator = "gt"
        return comparator, first, estimated, last

    def _modality(self, first: int, *, estimated: bool) -> str | None:
        for at in range(first - 1, max(-1, first - 6), -1):
            token = self.tokens[at]
            if token.kind == "s":
                break
            if token.kind == "n":
                break
            if token.text in self.grammar.projected:
                return "projected"
        return "estimated" if estimated else None
