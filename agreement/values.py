"""Values of attributes and answers: which are equal, and how one becomes the whole number that a row keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

type Single = str | bool | int | float
type Value = Single | Sequence[Single]


def canonical(value: Value) -> str:
    """A value as a JSON text that is equal exactly where the values are.

    1 and 1.0 are, 1 and true are not; a list is the set of its members.
    """
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float) and value.is_integer():
        return json.dumps(int(value))
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return f"[{','.join(sorted({canonical(one) for one in value}))}]"


def same_attributes(a: Mapping[str, Value], b: Mapping[str, Value]) -> bool:
    """Whether the same attributes are given with equal values; one that is null or an empty list is not given."""
    if not a and not b:
        return True
    return _given(a) == _given(b)


def _given(attributes: Mapping[str, Value]) -> dict[str, str]:
    return {name: canonical(value) for name, value in attributes.items() if value is not None and value != []}
