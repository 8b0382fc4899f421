"""What is asked for beside labels: questions about a document, attributes of spans, relations; and the labels' layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from agreement.values import Single, Value

# nominal: equal or not. rank: one of options in their order. number. set: any number of options.
type Kind = Literal["nominal", "rank", "number", "set"]

KINDS: tuple[Kind, ...] = ("nominal", "rank", "number", "set")


@dataclass(frozen=True, slots=True)
class Field:
    """How values of one question or attribute are compared; ``options`` in their order, () where they are not known.

    A value that is no option of a rank is not compared.
    """

    kind: Kind
    options: tuple[Single, ...] = ()


def field_of_values(values: Iterable[Value]) -> Field:
    """The field that undeclared values are of: lists make a set, numbers throughout a number, else nominal."""
    values = list(values)
    if any(isinstance(value, (list, tuple)) for value in values):
        members = {one for value in values for one in (value if isinstance(value, (list, tuple)) else (value,))}
        return Field("set", tuple(sorted(members, key=lambda one: (str(type(one)), one))))
    if values and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return Field("number")
    return Field("nominal")


@dataclass(frozen=True, slots=True)
class Schema:
    """``layers`` by label; ``questions`` by code; ``attributes`` by "LABEL.name"; ``relations``: types of relations."""

    layers: Mapping[str, str] = field(default=MappingProxyType({}))
    questions: Mapping[str, Field] = field(default=MappingProxyType({}))
    attributes: Mapping[str, Field] = field(default=MappingProxyType({}))
    relations: tuple[str, ...] = ()

    def attributes_of(self, label: str) -> dict[str, Field]:
        """Fields by attribute name. A label may hold a dot, a name may not."""
        found = {}
        for path, of_path in self.attributes.items():
            owner, _, name = path.rpartition(".")
            if owner == label:
                found[name] = of_path
        return found


NOTHING = Schema()
