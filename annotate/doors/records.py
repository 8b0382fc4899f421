"""What every door yields: a person's reading of an article as the file gives it, or why an entry was not taken.

Offsets are still in the file's own unit and into the file's own text; ``annotate.doors.alignment`` brings them home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

from annotate.doors.remedies import Remedy, Words

type Unit = Literal["code-points", "utf-16", "graphemes", "by-quotes"]
type Status = Literal["complete", "skipped", "in_progress"]

CODE_POINTS: Unit = "code-points"
UTF_16: Unit = "utf-16"
GRAPHEMES: Unit = "graphemes"
# Code points or UTF-16 units, whichever all quotes of the text bear out.
BY_QUOTES: Unit = "by-quotes"


class RefusedDict(TypedDict):
    """A refusal as the command's JSON prints it."""

    source: str
    line: int | None
    entry: str
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something of a file that was not taken. ``entry`` says where in the file, e.g. "task 3, annotation 7".

    ``message`` says what is wrong and, where that is the same whoever asks, what to do; else ``remedy`` does.
    """

    source: str
    line: int | None
    entry: str
    field: str
    code: str
    message: str
    remedy: Remedy | None = None

    def said(self, words: Words) -> str:
        """Message and remedy, in the words of one door."""
        return self.message if self.remedy is None else f"{self.message} {self.remedy.in_words(words)}"

    def as_dict(self, words: Words) -> RefusedDict:
        return {
            "source": self.source,
            "line": self.line,
            "entry": self.entry,
            "field": self.field,
            "code": self.code,
            "message": self.said(words),
        }


@dataclass(frozen=True, slots=True)
class GivenSpan:
    """A labelled span as given. ``key`` names it within its reading; ``quotes`` are its text, where the file has it.

    ``quotes`` holds the hull's text alone, or that of each fragment.
    """

    key: str
    label: str
    fragments: tuple[tuple[int, int], ...]
    quotes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unsure: bool = False
    confidence: float | None = None
    comment: str = ""
    id: str = ""
    """A uuid that the file gives it, or nothing."""


@dataclass(frozen=True, slots=True)
class GivenRelation:
    """A link between two spans of the same reading, by their keys."""

    type: str
    from_key: str
    to_key: str
    id: str = ""


@dataclass(slots=True)
class GivenReading:
    """One person's work on one article.

    ``article`` names the article (uuid, external id or SHA-256 of its text) and must be met; ``hints`` may be.
    ``text`` is the text the offsets count in, None where they count in ours; in ``gaps`` of it only the length is
    known, and that it is white space. ``answers`` holds values by the name of their question.
    """

    source: str
    line: int | None
    entry: str
    annotator: str
    article: str = ""
    hints: tuple[str, ...] = ()
    text: str | None = None
    title: str = ""
    gaps: tuple[tuple[int, int], ...] = ()
    unit: Unit = CODE_POINTS
    status: Status = "complete"
    spans: list[GivenSpan] = field(default_factory=list)
    relations: list[GivenRelation] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    round: int = 1
    seconds: int | None = None
    submitted: datetime | None = None
    reason: str = ""
    id: str = ""
    """A uuid that the file gives the reading, or nothing."""
    refused: list[Refused] = field(default_factory=list)
    """What the reader could not take of it."""

    def refuse(
        self, field: str, code: str, message: str, *, line: int | None = None, remedy: Remedy | None = None
    ) -> None:
        """Put down that something of this reading cannot be taken."""
        self.refused.append(self.refusal(field, code, message, line=line, remedy=remedy))

    def refusal(
        self, field: str, code: str, message: str, *, line: int | None = None, remedy: Remedy | None = None
    ) -> Refused:
        return Refused(self.source, self.line if line is None else line, self.entry, field, code, message, remedy)


class BadFileError(ValueError):
    """A file, or an entry of it, that a reader cannot take: what is wrong, where, and what to do."""

    def __init__(self, field: str, code: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message
        self.line = line
