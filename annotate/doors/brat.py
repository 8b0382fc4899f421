"""brat standoff: DOC.txt and DOC.ann, a folder for each annotator. Offsets are code points of the .txt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from annotate.doors.files import InputFile
from annotate.doors.records import BadFileError, GivenReading, GivenRelation, GivenSpan, Refused
from annotate.doors.strict_json import decoded, parse

_BOUND = re.compile(r"(?P<id>T\S*)\t(?P<label>\S+) (?P<places>[0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)(?:\t(?P<quote>.*))?")
_RELATION = re.compile(r"(?P<id>R\S*)\t(?P<type>\S+) [^\s:]+:(?P<from>\S+) [^\s:]+:(?P<to>\S+)\s*")
_ATTRIBUTE = re.compile(r"(?P<id>[AM]\S*)\t(?P<name>\S+) (?P<target>\S+)(?: (?P<value>.*))?")
_NOTE = re.compile(r"(?P<id>#\S*)\t(?P<kind>\S+) (?P<target>\S+)(?:\t(?P<note>.*))?")
NOTE = "AnnotatorNotes"
# Notes of these kinds hold JSON text: a value that is no single word, as brat's own attributes are, and a comment of
# several lines. No name of a codebook has a colon or a hyphen.
VALUE_NOTE, COMMENT_NOTE = "attribute:", "comment:json"
# Before the number of a later round, in the file's name.
ROUND = ".round-"
UNSURE, CONFIDENCE = "mark-unsure", "mark-confidence"
_LEFT_OUT = {"E": "an event", "N": "a normalisation", "*": "an equivalence"}


def read_brat(files: Mapping[PurePosixPath, InputFile], annotator: str = "") -> Iterator[GivenReading | Refused]:
    """A reading for each .ann file; an empty one is "read and marked nothing", a .txt without one was not read."""
    for path, file in files.items():
        if path.suffix != ".ann":
            continue
        beside = files.get(path.with_suffix(".txt"))
        stem, sign, number = path.stem.rpartition(ROUND)
        again = bool(sign) and number.isdecimal() and len(number) < 4
        reading = GivenReading(
            file.name,
            None,
            "",
            annotator=annotator or file.folder,
            hints=(stem, path.stem) if again else (path.stem,),
            round=int(number) if again else 1,
        )
        try:
            if beside is not None:
                reading.text = decoded(beside.content)
            _take(decoded(file.content), reading)
        except BadFileError as bad:
            yield Refused(file.name, bad.line, "", bad.field, bad.code, bad.message)
        else:
            yield reading


def _take(content: str, reading: GivenReading) -> None:
    spans: dict[str, GivenSpan] = {}
    said: dict[str, dict[str, list[str]]] = {}
    comments: dict[str, list[str]] = {}
    links: list[tuple[int, str, re.Match[str]]] = []
    # Only LF ends a line: a quote may hold other line separators.
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip():
            continue
        kind = line[0]
        if kind in _LEFT_OUT:
            reading.refuse("", "unsupported_line", f"{_LEFT_OUT[kind].capitalize()} cannot be taken.", line=number)
        elif found := _BOUND.fullmatch(line):
            span = _span(found)
            spans[span.key] = span
        elif found := _RELATION.fullmatch(line):
            links.append((number, found["id"], found))
        elif found := _ATTRIBUTE.fullmatch(line):
            value = "true" if found["value"] is None else found["value"]
            said.setdefault(found["target"], {}).setdefault(found["name"], []).append(value)
        elif found := _NOTE.fullmatch(line):
            note = found["note"] or ""
            if found["kind"].startswith(VALUE_NOTE):
                name = found["kind"].removeprefix(VALUE_NOTE)
                said.setdefault(found["target"], {}).setdefault(name, []).append(_text_in(note))
            elif found["kind"] == COMMENT_NOTE:
                comments.setdefault(found["target"], []).append(_text_in(note))
            elif note:
                comments.setdefault(found["target"], []).append(note)
        else:
            reading.refuse("", "bad_line", f"This is no line of brat's: {line[:60]!r}.", line=number)
    for target in dict.fromkeys((*said, *comments)):
        if target not in spans:
            reading.refuse(target[:50], "unknown_span", f"Something is said of {target[:50]}, which is no mark.")
    reading.spans = [_with(span, said.get(key, {}), comments.get(key, ())) for key, span in spans.items()]
    for number, _, found in links:
        if found["from"] in spans and found["to"] in spans:
            reading.relations.append(GivenRelation(found["type"], found["from"], found["to"]))
        else:
            reading.refuse(found["id"], "unknown_span", "The relation joins something that is no mark.", line=number)


def _text_in(note: str) -> str:
    """The text of a note in JSON; one that is none stands for itself."""
    try:
        text = parse(note)
    except BadFileError:
        return note
    return text if isinstance(text, str) else note


def _span(found: re.Match[str]) -> GivenSpan:
    places = [tuple(map(int, place.split(" "))) for place in found["places"].split(";")]
    return GivenSpan(
        found["id"],
        found["label"],
        tuple(sorted((start, end) for start, end in places)),
        (found["quote"],) if found["quote"] else (),
    )


def _with(span: GivenSpan, said: Mapping[str, list[str]], comments: list[str] | tuple[()]) -> GivenSpan:
    confidence = said.get(CONFIDENCE, [""])[0]
    number = re.fullmatch(r"[01](?:\.[0-9]+)?(?:e-[0-9]+)?|[0-9](?:\.[0-9]+)?e-[0-9]+", confidence)
    return GivenSpan(
        span.key,
        span.label,
        span.fragments,
        span.quotes,
        {
            name: values if len(values) > 1 else values[0]
            for name, values in said.items()
            if name != UNSURE and not (name == CONFIDENCE and number)
        },
        unsure=said.get(UNSURE) == ["true"],
        confidence=float(confidence) if number else None,
        comment="\n".join(comments),
    )
