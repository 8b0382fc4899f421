"""Records within records: their fields by dotted names, ``article.body``."""

from __future__ import annotations

from collections.abc import Mapping

_MOST_NAMES = 200


def at(record: Mapping[str, object], name: str) -> object:
    """The value under a name, or under a dotted one through objects; None where there is none.

    A field that is really called "a.b" goes before the field b of the object a.
    """
    if name in record:
        return record[name]
    for dot in (position for position, character in enumerate(name) if character == "."):
        inner = record.get(name[:dot])
        if isinstance(inner, Mapping) and (found := at(inner, name[dot + 1 :])) is not None:
            return found
    return None


def flattened(record: Mapping[str, object]) -> dict[str, object]:
    """The values that are no objects, by dotted names in the order they stand; lists are left whole."""
    found: dict[str, object] = {}
    waiting = [("", record)]
    while waiting and len(found) < _MOST_NAMES:
        prefix, outer = waiting.pop(0)
        for name, value in outer.items():
            if isinstance(value, Mapping):
                waiting.append((f"{prefix}{name}.", value))
            else:
                found[f"{prefix}{name}"] = value
    return found
