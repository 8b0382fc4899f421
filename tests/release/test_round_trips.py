"""Ours → a format → ours keeps what the format can hold, whatever the text and the marks. No database."""

import json
import string
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.codebook import enabled_content, parse_codebook
from annotate.doors.alignment import ArticleText, align, own_text
from annotate.doors.files import InputFile
from annotate.doors.formats import BY_NAME
from annotate.doors.labels import Names
from annotate.doors.records import GivenReading
from annotate.operations.doors import DoorResult, DoorSettings
from annotate.operations.doors.contents import Contents
from annotate.rows import Rows
from release.formats.brat import ann_of
from release.records import Annotation, Fragment, Relation, Span
from release.values import values_of
from tests.factories import codebook_content

FIELDS: dict[str, dict[str, Any]] = {
    "kind": {"type": "choice", "values": [{"code": c, "title": c} for c in ("a", "b.2", "c-3")]},
    "kinds": {"type": "choice", "many": True, "values": [{"code": c, "title": c} for c in ("x", "y", "z")]},
    "who": {"type": "entity"},
    "note": {"type": "text"},
    "value": {"type": "number"},
    "sure": {"type": "boolean"},
    "day": {"type": "date"},
}
LABEL = {"definition": "d", "example": "e", "colour": "#0f766e", "shortcut": "s", "enabled": True}


def book() -> dict[str, Any]:
    fields = [{"name": name, "title": name, "required": False, **field} for name, field in FIELDS.items()]
    labels = [
        {**LABEL, "code": code, "name": code, "attributes": fields if code == "RICH" else []}
        for code in ("RICH", "PLAIN")
    ]
    relation = {"type": "LINK", "title": "link", "from": ["RICH", "PLAIN"], "to": ["RICH", "PLAIN"]}
    question = {"code": "tone", "title": "Tone", "type": "number", "required": False}
    return parse_codebook(
        codebook_content(
            layers=[{"code": "L", "name": "L", "labels": labels}], relations=[relation], questions=[question]
        )
    )


CONTENT = book()
ENABLED = enabled_content(CONTENT, {})
TEXT = st.text(
    st.one_of(st.sampled_from("ab e\u0301é😀👨‍👩‍👧\n\u200d\\\"|;_[]\u2028\u0085٣中"), st.characters(exclude_categories=["Cs", "Cc"])),
    min_size=4,
    max_size=60,
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["a", "b.2", "c-3"]),
    "kinds": st.lists(st.sampled_from("xyz"), min_size=1, unique=True).map(sorted),
    "who": WORDS,
    "note": st.one_of(WORDS, st.text(string.printable, max_size=20)),
    "value": st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e15, 1e15)),
    "sure": st.booleans(),
    "day": st.dates().map(str),
}


@dataclass(frozen=True)
class Made:
    text: str
    rows: Rows


@st.composite
def readings(draw: st.DrawFn) -> Made:
    """A text and marks on it: in pieces, on top of each other, with values of every type, linked."""
    text = draw(TEXT)
    rows = Rows()
    for number in range(draw(st.integers(0, 4))):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
        pieces = [[a, b] for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        label = draw(st.sampled_from(["RICH", "PLAIN"]))
        names = draw(st.sets(st.sampled_from(sorted(VALUES)))) if label == "RICH" else set()
        key = str(uuid.UUID(int=number + 1))
        rows.spans[key] = {
            "id": key,
            "label": label,
            "start": pieces[0][0],
            "end": pieces[-1][1],
            "fragments": pieces,
            "quote": text[pieces[0][0] : pieces[-1][1]],
            "attributes": {name: draw(VALUES[name]) for name in sorted(names)},
            "unsure": draw(st.booleans()),
            "confidence": draw(st.one_of(st.none(), st.floats(0, 1))),
            "comment": draw(WORDS),
        }
    keys = list(rows.spans)
    if len(keys) > 1:
        for number, (source, goal) in enumerate(
            sorted(draw(st.sets(st.permutations(keys).map(lambda k: tuple(k[:2])), max_size=2)))
        ):
            key = str(uuid.UUID(int=100 + number))
            rows.relations[key] = {"id": key, "type": "LINK", "from_span": source, "to_span": goal}
    if draw(st.booleans()):
        rows.answers["tone"] = draw(VALUES["value"])
    return Made(text, rows)


def record(made: Made) -> Annotation:
    """The reading as a release has it."""
    spans = [
        Span(
            span_id=row["id"],
            layer="L",
            label=row["label"],
            fragments=[Fragment(s, e, made.text[s:e]) for s, e in row["fragments"]],
            start=row["start"],
            end=row["end"],
            text=row["quote"],
            prefix=None,
            suffix=None,
            confidence=row["confidence"],
            comment=row["comment"] or None,
            unsure=row["unsure"],
            attributes=values_of(row["attributes"], list(FIELDS)),
        )
        for row in made.rows.spans.values()
    ]
    return Annotation(
        annotation_id=str(uuid.UUID(int=7)),
        article_id="article",
        annotator_id="mara",
        round=1,
        status="complete",
        codebook_version="small@1.0",
        guideline_version=None,
        seconds=3,
        submitted=None,
        spans=spans,
        relations=[Relation(r["id"], r["type"], r["from_span"], r["to_span"]) for r in made.rows.relations.values()],
        article_labels=values_of(made.rows.answers, ["tone"]),
    )


def as_json(value: Any) -> Any:
    """Named tuples as objects, as the release writes them."""
    if hasattr(value, "_asdict"):
        return {name: as_json(entry) for name, entry in value._asdict().items()}
    return [as_json(entry) for entry in value] if isinstance(value, list) else value


def come_in(name: str, made: Made, *files: tuple[str, str]) -> tuple[Rows, GivenReading]:
    given_files = [InputFile(path, PurePosixPath(path), content.encode()) for path, content in files]
    [reading] = BY_NAME[name].read(given_files)
    assert isinstance(reading, GivenReading)
    article = ArticleText(made.text, made.text, [], [])
    alignment = own_text(article) if reading.text is None else align(reading.text, article)
    assert alignment is not None
    contents = Contents(ENABLED, Names.of(ENABLED, CONTENT), DoorSettings(), DoorResult())
    return contents.rows(reading, alignment, made.text, "scope"), reading


@settings(max_examples=60)
@given(readings())
def test_our_own_lines_keep_everything(made: Made):
    line = json.dumps(as_json(record(made)), ensure_ascii=False)
    rows, reading = come_in("slantwise", made, ("a.jsonl", line))
    assert (rows, reading.refused) == (made.rows, [])


@settings(max_examples=60)
@given(readings())
def test_brat_keeps_marks_relations_values_and_comments(made: Made):
    """All but ids and answers. Line breaks in a quote become spaces, which the door allows for."""
    files = [("mara/a.txt", made.text), ("mara/a.ann", ann_of(record(made), made.text))]
    rows, reading = come_in("brat", made, *files)
    assert reading.refused == []
    ids = dict(zip(rows.spans, made.rows.spans, strict=True))
    assert [{**row, "id": ids[key]} for key, row in rows.spans.items()] == list(made.rows.spans.values())
    assert [(r["type"], ids[r["from_span"]], ids[r["to_span"]]) for r in rows.relations.values()] == [
        (r["type"], r["from_span"], r["to_span"]) for r in made.rows.relations.values()
    ]
    assert rows.answers == {}
