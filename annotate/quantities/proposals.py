"""What a figure means where it stands: a quantity with its bounds, or a date, an age, a name and so nothing."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from annotate.quantities.figures import Amount, Figures
from annotate.quantities.tokens import DASHES, Line
from annotate.quantities.words import CURRENCIES, SPANISH, Grammar

type Quantity = dict[str, Any]

LARGEST = 2**53
YEARS = range(1500, 2101)


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


class Proposals:
    """The quantities of one paragraph that begins at ``base`` in the article."""

    def __init__(self, line: Line, base: int, grammar: Grammar, thousands: set[str]) -> None:
        self.line = line
        self.base = base
        self.grammar = grammar
        self.figures = Figures(line, grammar, thousands)

    def quantities(self) -> Iterator[Quantity]:
        at = 0
        while at < len(self.line.tokens):
            token = self.line.tokens[at]
            may_begin = (
                token.text in self.grammar.first_words
                if token.kind == "w"
                else token.kind == "n" or token.text in CURRENCIES
            )
            amount = self.figures.amount(at) if may_begin else None
            if amount is None:
                at += 1
                continue
            quantity, at = self._quantity(amount)
            if quantity is not None:
                yield quantity

    def _quantity(self, amount: Amount) -> tuple[Quantity | None, int]:
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
        found: Quantity = {"start": self.base + self.line.tokens[first].start, "end": 0, "comparator": comparator}
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
        found["end"] = self.base + self.line.tokens[last - 1].end
        return found, last

    def _second(self, amount: Amount) -> tuple[Amount | None, str]:
        """The other end of a range; "unclear" where two figures stand together and mean something else."""
        grammar, at = self.grammar, amount.last
        joint = self.line.text(at)
        if amount.vague is not None or amount.open or at + 1 >= len(self.line.tokens):
            return None, ""
        dash = joint in DASHES and (self.line.tokens[at + 1].kind == "n" or self.line.text(at + 1) in CURRENCIES)
        between = joint in grammar.between_joins and self.line.text(amount.first - 1) == grammar.between
        few = amount.value is not None and amount.value < 1000
        if joint in grammar.ratio and (few or amount.spelled) and amount.last - amount.first == 1:
            if self.line.text(at + 1) in {"every", "each", "cada"}:
                return self.figures.amount(at + 2), "unclear"
            other = self.figures.amount(at + 1)
            if other is not None and other.vague is None and other.first == at + 1 and not self._is_year(other):
                return other, "unclear"  # one in five, dos de cada tres
            return None, ""
        if joint == "out" and self.line.text(at + 1) == "of":
            other = self.figures.amount(at + 2)
            return other, "unclear" if other else ""
        if not (dash or between or joint in grammar.to):
            return None, ""
        other = self.figures.amount(at + 1)
        if other is None or other.vague is not None:
            return None, ""
        if joint in grammar.to and self.line.text(amount.first - 1) in grammar.from_ and self._changes(amount.first):
            return None, ""  # rose from 3,000 to 5,000: two figures
        if amount.value is None or other.value is None:
            return other, "unclear"
        if amount.scale == 1 and other.scale > 1 and amount.value * other.scale < other.value:
            amount.value *= other.scale  # 2 to 3 million
        small = dash and amount.bare and other.bare and other.kind is None and other.value <= 31
        year = amount.bare and (self._is_year(amount) or self._is_year(other))
        counted = self.line.text(other.last) in grammar.people
        phone = dash and [len(self.line.tokens[one.first].text) for one in (amount, other) if one.bare] == [3, 4]
        if phone or amount.value >= other.value or (small and not counted) or (year and not counted):
            return other, "unclear"  # a score, a date, years
        return other, "range"

    def _changes(self, at: int) -> bool:
        return any(self.line.text(n) in self.grammar.changes for n in range(max(0, at - 6), at))

    def _is_year(self, amount: Amount) -> bool:
        return (
            amount.bare
            and len(self.line.tokens[amount.first].text) == 4
            and amount.value is not None
            and int(amount.value) in YEARS
        )

    def _is_no_quantity(self, amount: Amount, second: Amount | None) -> bool:
        """Dates, times, ages, names, ordinals."""
        grammar, first, last = self.grammar, amount.first, (second or amount).last
        before, after = self.line.text(first - 1), self.line.text(last)
        if self.line.glued(first) and self.line.tokens[first - 1].kind == "w":
            return True
        if self.line.glued(first) and before in {"#", ".", ":", "/", "№", "-", "–", "‑", "@", "_", "&"}:
            return True
        if self.line.glued(last) and last < len(self.line.tokens):
            then = (
                self.line.tokens[last + 1] if self.line.glued(last + 1) and last + 1 < len(self.line.tokens) else None
            )
            if after in {":", "/", "_", "@", "º", "ª", "°"} or (after == "." and then is not None and then.kind != "s"):
                return True
            if after in DASHES and then is not None and then.kind == "n":
                return True
        if amount.spelled and self.grammar.fractions & {after, self.line.text(last + 1) if after in DASHES else after}:
            return True
        if after in DASHES and self.line.text(last + 1) in {"old", "olds"}:
            return True
        if grammar is SPANISH and before == "de" and amount.unit == "year":
            return True  # una mujer de 45 años
        if amount.kind == "duration" and (after == "old" or (after in DASHES and self.line.text(last + 1) == "old")):
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

    def _is_bare_number_no_quantity(self, amount: Amount, before: str, after: str, last: int) -> bool:
        grammar, first = self.grammar, amount.first
        counted = after in grammar.people
        dotted = self.line.text(first - 2) if before == "." and self.line.glued(first - 1) else before
        if dotted in grammar.numbered and not counted:
            return True
        if after in grammar.times or before in grammar.at_the:
            return True
        if after in {"a", "p"} and self.line.text(last + 1) == "." and self.line.text(last + 2) == "m":
            return True
        value = int(amount.value or 0)
        if value <= 31 and (
            dotted in grammar.months
            or after in grammar.months
            or (after in grammar.month_join and self.line.text(last + 1) in grammar.months)
        ):
            return True
        if self._is_year(amount) and not counted:
            return True
        spaced = self.line.tokens[last] if last < len(self.line.tokens) else None
        if spaced and spaced.kind == "n" and len(spaced.text) == 3 and value < 1000:
            return True  # 7 000 with a plain space
        if first and self.line.tokens[first - 1].kind == "n" and len(self.line.tokens[first].text) == 3:
            return True
        if (
            before == ","
            and after in {",", ".", ""}
            and value < 120
            and first > 1
            and self.line.tokens[first - 2].capital
        ):
            return True  # Jo Bloggs, 45, …
        name = first > 1 and self.line.tokens[first - 1].capital and before not in grammar.function_words
        starts = first > 1 and self.line.text(first - 2) in {".", "?", "!", "“", '"', ":"}
        return bool(name and not starts and not counted and not after.endswith("s") and before not in grammar.months)

    def _bounds(self, amount: Amount, second: Amount | None, last: int) -> tuple[str | None, int, bool, int]:
        """(comparator, first token, whether it is called an estimate, last token); None: cannot be told."""
        grammar, first = self.grammar, amount.first
        comparator, estimated = "eq", False
        if second is not None and self.line.text(first - 1) in {grammar.between, *grammar.from_}:
            first -= 1
        while True:
            kinds = (("gt", grammar.over), ("lt", grammar.under), ("approx", grammar.approx))
            length, name = max((self.line.phrase_before(first, phrases), name) for name, phrases in kinds)
            if not length:
                break
            words = self.line.phrase(first - length, length)
            if amount.kind == "duration" and words in grammar.during:
                return None, first, estimated, last  # "over three days" may say when
            estimated = estimated or any(word in grammar.estimated for word in words.split())
            if comparator in {"eq", "approx"}:
                comparator = name
            first -= length
            if self.line.text(first - 1) in grammar.intensifiers:
                first -= 1
        if length := self.line.phrase_at(last, grammar.after):
            comparator = grammar.after[self.line.phrase(last, length)]
            last += length
        elif self.line.text(last) in DASHES and self.line.text(last + 1) == "plus":
            comparator, last = "gt", last + 2
        if amount.open:
            comparator = "gt"
        return comparator, first, estimated, last

    def _modality(self, first: int, *, estimated: bool) -> str | None:
        for at in range(first - 1, max(-1, first - 6), -1):
            token = self.line.tokens[at]
            if token.kind == "s":
                break
            if token.kind == "n":
                break
            if token.text in self.grammar.projected:
                return "projected"
        return "estimated" if estimated else None
