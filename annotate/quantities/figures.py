"""The figures that stand in a paragraph, with scale and unit: digits, words, money; not yet what they mean there."""

import re
from dataclasses import dataclass
from fractions import Fraction

from annotate.quantities.tokens import DASHES, Line
from annotate.quantities.words import CURRENCIES, ENGLISH, PREFIXED_DOLLARS, SUFFIXES, Grammar

_GROUPED = {
    ",": re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}"),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
}
_SPACES = re.compile("[\u00a0\u2009\u202f'’]")
_SPACED = re.compile("\\d{1,3}(?:[\u00a0\u2009\u202f'’]\\d{3})+")


@dataclass(slots=True)
class Amount:
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


class Figures:
    """Reads the figures of one paragraph; ``thousands`` are the signs that surely group digits there."""

    def __init__(self, line: Line, grammar: Grammar, thousands: set[str]) -> None:
        self.line = line
        self.grammar = grammar
        self.thousands = thousands

    def amount(self, at: int) -> Amount | None:
        """The figure that begins at token ``at``, or None."""
        token = self.line.tokens[at]
        if token.text in CURRENCIES:
            return self._money(at)
        if token.kind == "n":
            return self._digits(at)
        if token.kind != "w" or (
            self.line.glued(at) and at > 1 and self.line.text(at - 1) in DASHES and self.line.glued(at - 1)
        ):
            return None
        return self._vague(at) or self._spelled(at)

    def _money(self, at: int) -> Amount | None:
        if at + 1 >= len(self.line.tokens) or self.line.tokens[at + 1].kind != "n":
            return None
        amount = self._digits(at + 1, currency=True)
        amount.first, amount.bare, amount.kind, amount.unit = at, False, "money", CURRENCIES[self.line.tokens[at].text]
        if self.line.text(at) == "$" and self.line.glued(at) and self.line.text(at - 1) in PREFIXED_DOLLARS:
            amount.first, amount.unit = at - 1, PREFIXED_DOLLARS[self.line.text(at - 1)]
        # "$5 million Canadian dollars" keeps the sign's currency; the words still belong to it.
        _, _, amount.last = self._unit(amount.last, wanted="money")
        return amount

    def _digits(self, at: int, *, currency: bool = False) -> Amount:
        token = self.line.tokens[at]
        value = self._literal(token.text)
        amount = Amount(at, at + 1, value, bare=token.text.isdigit() and not currency)
        minus = at > 0 and self.line.glued(at) and self.line.text(at - 1) in "-−" and not self.line.glued(at - 1)
        if minus and value is not None:
            amount.first, amount.value, amount.bare = at - 1, -value, False
        follower = self.line.text(at + 1)
        if self.line.glued(at + 1) and self.line.tokens[at + 1].kind == "w":
            if follower in SUFFIXES and (currency or follower in {"k", "bn", "tn"}):
                amount.scale, amount.last, amount.bare = SUFFIXES[follower], at + 2, False
            elif follower not in self.grammar.units or len(follower) < 2:
                amount.value = None  # 5G, 3rd, 1990s
                amount.last = at + 2
                return amount
        elif currency and follower in SUFFIXES and follower != "b":
            amount.scale, amount.last = SUFFIXES[follower], at + 2
        elif self.line.phrase(at + 1, 3) == self.grammar.and_a_half:
            amount.value = None if value is None else value + Fraction(1, 2)
            amount.last, amount.bare = at + 4, False
        self._scale(amount)
        if amount.value is not None:
            amount.value *= amount.scale
        if not currency:
            amount.kind, amount.unit, amount.last = self._unit(amount.last)
        if amount.kind == "percentage" or amount.unit:
            amount.bare = False
        if self.line.text(amount.last) == "+" and self.line.glued(amount.last):
            amount.open = True
            amount.last += 1
        return amount

    def _scale(self, amount: Amount) -> None:
        """Take the scale words behind: 2.5 million, 3 hundred thousand, 2-million."""
        at = amount.last
        if self.line.text(at) in DASHES and self.line.text(at + 1) in self.grammar.scales and self.line.glued(at):
            at += 1
        while (scale := self.grammar.multipliers.get(self.line.text(at))) is not None:
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

    def _vague(self, at: int) -> Amount | None:
        grammar = self.grammar
        for start in (at, at + self.line.phrase_at(at, grammar.vague_before)):
            # several hundred, a few dozen
            word = self.line.text(start)
            scale = grammar.multipliers.get(word)
            if start > at and scale is not None:
                return Amount(at, start + 1, None, vague=scale)
            if length := self.line.phrase_at(start, grammar.vague_phrases):
                lowest = grammar.vague_phrases[self.line.phrase(start, length)]
                last = start + length - (self.line.text(start + length - 1) == grammar.of)
                return self._unit_of(Amount(at, last, None, vague=lowest))
            if word in grammar.vague:
                if start == at and self.line.glued(at) and self.line.text(at - 1) in DASHES:
                    return None
                return self._unit_of(Amount(at, start + 1, None, vague=grammar.vague[word]))
        return None

    def _unit_of(self, amount: Amount) -> Amount:
        """Hundreds of dollars: the unit counts, the mark ends before "of"."""
        if self.line.text(amount.last) == self.grammar.of:
            amount.kind, amount.unit, end = self._unit(amount.last + 1)
            if amount.kind:
                amount.last = end
        return amount

    def _spelled(self, at: int) -> Amount | None:
        """A number in words: two hundred and fifty, a dozen, half a million, dos mil quinientos."""
        grammar = self.grammar
        if length := self.line.phrase_at(at, grammar.halves):
            whole = grammar.multipliers.get(self.line.text(at + length))
            if whole is None:
                return None
            part = Fraction(*grammar.halves[self.line.phrase(at, length)])
            return self._with_unit(Amount(at, at + length + 1, part * whole, scale=whole, spelled=True))
        total, group, last, scaled, seen = 0, 0, at, 1, False
        half = Fraction(0)
        while last < len(self.line.tokens):
            word = self.line.text(last)
            step = last
            if seen and word in grammar.joins and self._adds(self.line.text(last + 1)):
                half_words = self.line.phrase(last, 3)
                if half_words == grammar.and_a_half:
                    break
                if grammar is ENGLISH and scaled == 1 and group < 100:
                    break  # three and four
                step, word = last + 1, self.line.text(last + 1)
            elif (
                seen
                and word in DASHES
                and self.line.glued(last)
                and self.line.glued(last + 1)
                and self._adds(self.line.text(last + 1))
            ):
                step, word = last + 1, self.line.text(last + 1)
            if word in grammar.small:
                value = grammar.small[word]
                if group % 100 and not (group % 100 >= 20 and group % 10 == 0 and value < 10):
                    break
                group += value
            elif word in grammar.hundreds and group == 0:
                group = grammar.hundreds[word]
            elif word in grammar.one and not seen and self.line.text(last + 1) in grammar.multipliers:
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
        if self.line.phrase(last, 3) == grammar.and_a_half:
            # two and a half million
            half = Fraction(1, 2)
            last += 3
            while more := grammar.scales.get(self.line.text(last)):
                half *= more
                group *= more
                last += 1
        number = Fraction(total + group) + half
        alone = last == at + 1 and number <= 1
        amount = Amount(at, last, None if alone and number == 0 else number, scale=scaled, spelled=True)
        if (
            self.line.glued(last)
            and self.line.text(last) in DASHES
            and self.line.glued(last + 1)
            and self.line.text(last + 1)[-2:] in {"th", "rd", "st"}
        ):
            amount.value = None  # twenty-first
        amount = self._with_unit(amount)
        if alone and amount.kind is None:
            amount.value = None  # "one" as a pronoun
        return amount

    def _adds(self, word: str) -> bool:
        return word in self.grammar.small or word in self.grammar.hundreds or word == "a"

    def _with_unit(self, amount: Amount) -> Amount:
        amount.kind, amount.unit, amount.last = self._unit(amount.last)
        return amount

    def _unit(self, at: int, wanted: str | None = None) -> tuple[str | None, str | None, int]:
        """(kind, unit, where it ends) of the unit at ``at``; (None, None, at) for none."""
        grammar = self.grammar
        start = at
        if self.line.text(at) == "%":
            return ("percentage", "%", at + 1) if wanted in {None, "percentage"} else (None, None, at)
        if (
            self.line.text(at) in CURRENCIES
            and (wanted in {None, "money"})
            and not (
                at + 1 < len(self.line.tokens) and self.line.tokens[at + 1].kind == "n" and self.line.glued(at + 1)
            )
        ):
            return "money", CURRENCIES[self.line.text(at)], at + 1
        if self.line.text(at) in DASHES and self.line.glued(at) and self.line.glued(at + 1):
            at += 1  # a 20-mile march
        elif self.line.text(at) == grammar.of and self.line.text(at - 1) in grammar.multipliers:
            at += 1  # tres millones de dólares
        if length := self.line.phrase_at(at, grammar.percent):
            return ("percentage", "%", at + length) if wanted in {None, "percentage"} else (None, None, start)
        if length := self.line.phrase_at(at, grammar.units):
            kind, unit = grammar.units[self.line.phrase(at, length)]
            if wanted in {None, kind}:
                return kind, unit, at + length
        return None, None, start
