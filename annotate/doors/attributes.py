"""Values as a file writes them, as the codebook's fields hold them: a change of type where it is exact, else as given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_BOOLEAN = {"true": True, "false": False}
_MAX_DIGITS = 60


def fitted(value: Any, field: Mapping[str, Any]) -> Any:
    """``value`` for this field (an attribute or a question); whether it is admissible is judged later.

    Text becomes a number or a boolean where the field is one and the text says exactly that; a field of several values
    gets a list, and a list of one gives its value to a field of one.
    """
    if field.get("many"):
        values = value if isinstance(value, list) else [value]
        return [_one(entry, field) for entry in values]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _one(value, field)


def _one(value: Any, field: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    kind = field["type"]
    if kind == "number" and len(value) <= _MAX_DIGITS and _NUMBER.fullmatch(value):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) <= 2**53 else number
    if kind == "boolean":
        return _BOOLEAN.get(value, value)
    return value
