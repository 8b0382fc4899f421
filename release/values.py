"""Attribute values and answers as rows whose keys do not depend on the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from release.records import Value


def number_as_text(number: float) -> str:
    """Shortest decimal form: 7500 and 7500.0 are both 7500."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


@lru_cache(maxsize=4096, typed=True)  # codes come again and again; true, 1 and 1.0 are three
def value_of(name: str, value: object) -> Value:
    """One value. A number, and only a number, has ``number`` too."""
    if isinstance(value, bool):
        return Value(name, "true" if value else "false", None)
    if isinstance(value, (int, float)):
        return Value(name, number_as_text(value), float(value))
    return Value(name, str(value), None)


def values_of(given: Mapping[str, Any], order: Sequence[str]) -> list[Value]:
    """An entry for each value set, in codebook order, then by value. Null and names without a value give none."""
    if not given:
        return []
    known = [name for name in order if name in given]
    found = []
    for name in [*known, *sorted(set(given) - set(known))]:
        value = given[name]
        if value is None:
            continue
        if isinstance(value, list):
            found.extend(sorted([value_of(name, one) for one in value], key=lambda entry: entry.value))
        else:
            found.append(value_of(name, value))
    return found
