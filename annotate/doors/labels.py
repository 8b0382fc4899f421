"""Names of a file and those of the codebook: a map that somebody wrote, and what to offer where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotate.doors.records import BadFileError

_MOST_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Names:
    """What a project calls its labels and relation types, as codes with their titles."""

    labels: Mapping[str, str]
    relations: Mapping[str, str]
    switched_off: frozenset[str] = frozenset()

    @classmethod
    def of(cls, enabled: Mapping[str, Any], content: Mapping[str, Any]) -> Names:
        labels = {label["code"]: label["name"] for layer in enabled["layers"] for label in layer["labels"]}
        relations = {relation["type"]: relation["title"] for relation in enabled["relations"]}
        known = {label["code"] for layer in content["layers"] for label in layer["labels"]}
        known |= {relation["type"] for relation in content["relations"]}
        return cls(labels, relations, frozenset(known - set(labels) - set(relations)))


@dataclass(slots=True)
class Unknown:
    """A name that the project does not have: how often it was met and what may be meant."""

    kind: str
    count: int = 0
    nearest: list[str] = field(default_factory=list)


def checked_map(given: Mapping[str, str], names: Names) -> dict[str, str]:
    """``given`` if every goal is a label or relation type of the project, or "" for "leave out"."""
    for old, new in given.items():
        if new and new not in names.labels and new not in names.relations:
            raise BadFileError(
                "label-map",
                "unknown_label",
                f"The label map sends {old} to {new}, which this project does not have. It has "
                f"{', '.join((*names.labels, *names.relations))}.",
            )
    return dict(given)


def nearest(name: str, known: Mapping[str, str]) -> list[str]:
    """Codes that resemble ``name``, best first; their titles count too."""
    spellings: dict[str, str] = {}
    for code, title in known.items():
        spellings.setdefault(_plain(code), code)
        spellings.setdefault(_plain(title), code)
    found = difflib.get_close_matches(_plain(name), list(spellings), n=2 * _MOST_OFFERED, cutoff=0.5)
    return list(dict.fromkeys(spellings[spelling] for spelling in found))[:_MOST_OFFERED]


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
