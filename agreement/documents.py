"""What agreement is measured on: a text's length, who read it to the end, and what they marked or answered."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from agreement.values import Value
from spans.span import Fragments, union_of

type Rating = str | bool | int | float
type LabelIndexes = Mapping[str, int]

# A set of labels is one bit per label in a signed 64-bit integer, which is also what the database column holds.
MOST_LABELS = 63

TOKEN = re.compile(r"\w+|[^\w\s]")

NO_VALUES: Mapping[str, Value] = MappingProxyType({})


class Mark(NamedTuple):
    """One annotator's labelled characters ``[start, end)``; ``fragments`` where they are not in one piece.

    ``id`` is what relations of the document name the mark by. A tuple, as a corpus has millions.
    """

    annotator: str
    start: int
    end: int
    label: str
    fragments: Fragments = ()
    id: str = ""
    attributes: Mapping[str, Value] = NO_VALUES

    @property
    def pieces(self) -> Fragments:
        """The characters covered, as sorted ranges that neither overlap nor touch."""
        return union_of(self.fragments) if self.fragments else ((self.start, self.end),)


@dataclass(frozen=True, slots=True)
class Relation:
    """One annotator's typed link from the mark with the id ``start`` to the one with the id ``end``."""

    annotator: str
    type: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Document:
    """One text as it was annotated.

    ``annotators`` are those who *completed* it: one of them without a mark says "nothing here", someone not listed
    says nothing at all, and marks of someone not listed are left out. ``length`` in code points. ``ratings`` and
    ``values`` hold answers about the whole document (or unit): a category or number, and a normalised number.
    ``answers`` hold those to named questions, by question and then annotator. ``relations`` between marks that are not
    here (of a label that is left out, say) do not count.
    """

    id: str
    length: int
    annotators: tuple[str, ...]
    marks: tuple[Mark, ...] = ()
    text: str | None = None
    tokens: tuple[tuple[int, int], ...] | None = None
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()


def is_read_twice(document: Document) -> bool:
    """Whether characters of the document can be compared."""
    return len(document.annotators) >= 2 and document.length > 0


def label_indexes(labels: Sequence[str] | LabelIndexes) -> dict[str, int]:
    """Label to bit: the position in a sequence, or the given permanent index.

    Raises ValueError for an index that occurs twice or is not in 0..62.
    """
    indexes = dict(labels) if isinstance(labels, Mapping) else {label: i for i, label in enumerate(labels)}
    if len(set(indexes.values())) != len(labels):
        raise ValueError("two labels share a name or an index")
    for label, index in indexes.items():
        if not 0 <= index < MOST_LABELS:
            raise ValueError(f"the index of label {label!r} is {index}; indexes run from 0 to {MOST_LABELS - 1}")
    return indexes


def tokens_of(document: Document) -> tuple[tuple[int, int], ...] | None:
    """The given tokens, else words and single marks of punctuation of the text; None where there is neither."""
    if document.tokens is not None:
        return document.tokens
    if document.text is None:
        return None
    return tuple(found.span() for found in TOKEN.finditer(document.text))


def counted_in_tokens(document: Document) -> Document | None:
    """The same readings with tokens for characters: a token carries a label if a span covers any of its characters.

    None where the document has no tokens and no text. Tokens must be sorted and disjoint.
    """
    tokens = tokens_of(document)
    if tokens is None:
        return None
    starts = [start for start, _ in tokens]
    ends = [end for _, end in tokens]
    marks = []
    for mark in document.marks:
        for start, end in mark.pieces:
            first, last = bisect_right(ends, start), bisect_left(starts, end)
            if first < last:
                marks.append(Mark(mark.annotator, first, last, mark.label))
    return Document(document.id, len(tokens), document.annotators, tuple(marks))
