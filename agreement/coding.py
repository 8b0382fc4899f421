"""Fields' values as keys of rows, and rows of answers about whole documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from agreement.schema import Field
from agreement.stat import StatRow
from agreement.values import Value, bits_of, canonical, hashed, is_given


def key_of(value: Value | None, field: Field) -> int | None:
    """The whole number that stands for ``value``; None where none is given, or not one that fits the field.

    What does not fit (a text where numbers are due, a choice that is no option) cannot be compared, so it counts as
    not given. A single value in a field of sets is the set of itself.
    """
    if value is None or not is_given(value):
        return None
    if field.kind == "nominal":
        return hashed(value)
    if field.kind == "set":
        return hashed(members_of(value))
    if field.kind == "number":
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        return bits_of(value) if fits else None  # type: ignore[arg-type]
    return _places(field).get(canonical(value))


@cache
def _places(field: Field) -> dict[str, int]:
    return {canonical(option): place for place, option in enumerate(field.options)}


def members_of(value: Value) -> list[str | bool | int | float]:
    """A value as the list of its members."""
    return [value] if isinstance(value, (str, bool, int, float)) else list(value)


def member_rows(label: str, sets: Mapping[int, Value]) -> list[StatRow]:
    """What the keys of sets hold, so that two of them can be compared by their members."""
    pairs = {(key, hashed(one)) for key, value in sets.items() for one in members_of(value)}
    return [StatRow("set_member", label, 0, key, member, n=1) for key, member in sorted(pairs)]


def answer_rows(question: str, field: Field, answers: Mapping[str, Value]) -> list[StatRow]:
    """The coincidences of one document's answers to one question; none where fewer than two annotators answered."""
    found = {name: key for name, value in answers.items() if (key := key_of(value, field)) is not None}
    m = len(found)
    if m < 2:
        return []
    rows = [StatRow("answer_read", question, m, annotator_a=name, n=1) for name in sorted(found)]
    counts = sorted(Counter(found.values()).items())
    for place, (c, n_c) in enumerate(counts):
        if n_c > 1:
            rows.append(StatRow(f"answer_{field.kind}", question, m, c, c, n=n_c * (n_c - 1)))
        rows += [StatRow(f"answer_{field.kind}", question, m, c, k, n=n_c * n_k) for k, n_k in counts[place + 1 :]]
    if field.kind == "set":
        rows += member_rows(question, {found[name]: answers[name] for name in found})
    return rows
