"""What may be chosen for an import of annotations, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from annotate.doors.labels import Unknown
from annotate.doors.records import Refused, Unit
from annotate.doors.remedies import Words


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """How readings come in.

    ``offsets`` is the text that offsets count in where the file brings none: the article's, or the received field
    ``text``. ``unit`` overrules what the format says of its offsets. ``label_map`` and ``annotator_map`` lead from the
    file's names to ours; "" leaves out. ``widen`` makes room for readings beyond the number that an article wants.
    """

    offsets: Literal["text", "raw"] = "text"
    unit: Unit | None = None
    label_map: Mapping[str, str] = field(default_factory=dict)
    annotator_map: Mapping[str, str] = field(default_factory=dict)
    create_annotators: bool = False
    widen: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class DoorResult:
    """Entries looked at; readings made, changed and found as they were; marks, links and answers written; what was not taken.

    ``incomplete`` lists readings that were taken although the codebook asks for more: {source, line, entry, missing}.
    ``unknown`` names labels and relation types that the project does not have, ``unknown_annotators`` counts the readings
    of people who are none of its annotators, ``left_out`` what the maps say to leave out.
    """

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    spans: int = 0
    relations: int = 0
    answers: int = 0
    left_out: int = 0
    tasks: list[UUID] = field(default_factory=list)
    annotators: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    rejected: list[Refused] = field(default_factory=list)
    incomplete: list[dict[str, Any]] = field(default_factory=list)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    unknown_annotators: dict[str, int] = field(default_factory=dict)

    def as_json(self, words: Words) -> dict[str, Any]:
        """What the command prints, remedies in its words."""
        return self.as_summary() | {"rejected": [refused.as_dict(words) for refused in self.rejected]}

    def as_summary(self) -> dict[str, Any]:
        """All but what was rejected, which an upload keeps as rows."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "spans": self.spans,
            "relations": self.relations,
            "answers": self.answers,
            "left_out": self.left_out,
            "tasks": [str(uuid) for uuid in self.tasks],
            "annotators_created": self.annotators,
            "members_added": self.members,
            "unknown": {
                name: {"kind": entry.kind, "count": entry.count, "nearest": entry.nearest}
                for name, entry in self.unknown.items()
            },
            "unknown_annotators": self.unknown_annotators,
            "incomplete": self.incomplete,
        }

    @property
    def readings(self) -> int:
        return self.created + self.updated + self.unchanged
