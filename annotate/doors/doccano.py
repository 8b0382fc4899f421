"""doccano's JSONL export of sequence labelling: one file for each annotator, named after the account.

Spans are ``label: [[start, end, label]]``, or with relations ``entities`` and ``relations``. Offsets count code points,
or grapheme clusters where the project was made with "count grapheme clusters as one character"; the file does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from annotate.doors.files import InputFile
from annotate.doors.records import BadFileError, GivenReading, GivenRelation, GivenSpan, Refused
from annotate.doors.strict_json import lines, parse

# What doccano calls the file of a project whose people work on one shared set of annotations.
SHARED = "all"
_HINTS = ("article_id", "external_id", "article", "uuid")
_TEXTS = ("text", "data")
_SPANS = ("label", "labels", "entities")


def read_doccano(file: InputFile, annotator: str = "") -> Iterator[GivenReading | Refused]:
    """A reading or a refusal for each line."""
    stem = PurePosixPath(file.path).stem
    for number, line in lines(file.content):
        try:
            if isinstance(line, BadFileError):
                raise line
            record = parse(line, number)
            if not isinstance(record, dict):
                raise BadFileError("", "not_an_object", "The line is JSON but no object. Export as JSONL.")
            yield _reading(record, file.name, number, annotator or ("" if stem == SHARED else stem))
        except BadFileError as bad:
            yield Refused(file.name, number, "", bad.field, bad.code, bad.message)


def _reading(record: Mapping[str, Any], source: str, line: int, annotator: str) -> GivenReading:
    text = next((record[name] for name in _TEXTS if isinstance(record.get(name), str)), None)
    if text is None:
        raise BadFileError("text", "missing_text", 'The line has no "text". Export a project of text.')
    reading = GivenReading(
        source,
        line,
        f"example {record['id']}" if isinstance(record.get("id"), str | int) else "",
        annotator=annotator,
        hints=tuple(str(record[name]) for name in _HINTS if isinstance(record.get(name), str | int)),
        text=text,
        title=record["title"] if isinstance(record.get("title"), str) else "",
    )
    for name in _SPANS:
        entries = record.get(name) or []
        if not isinstance(entries, list):
            raise BadFileError(name, "wrong_type", f'"{name}" must be a list.')
        for place, entry in enumerate(entries):
            try:
                reading.spans.append(_span(entry, f"{name}[{place}]"))
            except BadFileError as bad:
                reading.refuse(bad.field, bad.code, bad.message)
    if record.get("cats"):
        reading.refuse("cats", "unsupported_category", "A category says no question it answers; it is left out.")
    if record.get("Comments"):
        reading.refuse("Comments", "unsupported_comment", "A comment on the whole text has no place here.")
    keys = {span.key for span in reading.spans}
    relations = record.get("relations") or []
    if not isinstance(relations, list):
        raise BadFileError("relations", "wrong_type", '"relations" must be a list.')
    for place, entry in enumerate(relations):
        if not isinstance(entry, dict):
            raise BadFileError(f"relations[{place}]", "wrong_type", "A relation must be an object.")
        ends = [f"entity {entry.get(name)}" for name in ("from_id", "to_id")]
        if not keys.issuperset(ends):
            reading.refuse(f"relations[{place}]", "unknown_span", "The relation joins a span that is not in the line.")
        else:
            reading.relations.append(GivenRelation(str(entry.get("type")), ends[0], ends[1]))
    return reading


def _span(entry: Any, field: str) -> GivenSpan:
    if isinstance(entry, list) and len(entry) == 3:
        start, end, label = entry
        key = field
    elif isinstance(entry, dict):
        start, end, label = entry.get("start_offset"), entry.get("end_offset"), entry.get("label")
        key = f"entity {entry.get('id')}"
    elif isinstance(entry, str):
        raise BadFileError(field, "unsupported_category", "A category says no question it answers; it is left out.")
    else:
        raise BadFileError(field, "wrong_type", "A span must be [start, end, label].")
    if not all(isinstance(offset, int) and not isinstance(offset, bool) for offset in (start, end)):
        raise BadFileError(field, "wrong_type", "start and end must be whole numbers.")
    return GivenSpan(key, str(label), ((start, end),))
