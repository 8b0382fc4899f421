"""Our own JSON Lines: a line is a reading, as docs/howto/import-annotations.md says; or one of a release's annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from annotate.doors.files import InputFile
from annotate.doors.records import BadFileError, GivenReading, GivenRelation, GivenSpan, Refused, Status
from annotate.doors.strict_json import lines, parse

STATUSES = ("complete", "skipped", "in_progress")
_READING = {
    "id", "article", "annotator", "status", "round", "seconds", "submitted", "reason", "spans", "relations", "answers",
}  # fmt: skip
_SPAN = {
    "id", "label", "start", "end", "text", "quote", "fragments", "attributes", "unsure", "confidence", "comment",
    # Said by the codebook or by the text, so not read: what our own files carry for others.
    "layer", "prefix", "suffix",
}  # fmt: skip
_RELATION = {"id", "type", "from_span", "to_span", "from", "to"}


def read_slantwise(file: InputFile, annotator: str = "") -> Iterator[GivenReading | Refused]:
    """A reading or a refusal for each line that is not blank."""
    for number, line in lines(file.content):
        try:
            if isinstance(line, BadFileError):
                raise line
            record = parse(line, number)
            if not isinstance(record, dict):
                raise BadFileError("", "not_an_object", 'The line is JSON but no object. Write {"article": …}.')
            if "annotation_id" in record:
                record = _from_release(record)
            yield _reading(record, file.name, number, annotator)
        except BadFileError as bad:
            yield Refused(file.name, number, "", bad.field, bad.code, bad.message)


def _from_release(record: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a release's annotations.jsonl under the names of our own lines."""
    spans = [
        {
            **{name: value for name, value in span.items() if name in _SPAN},
            "id": span.get("span_id"),
            "attributes": _values(span, "attributes"),
            "fragments": [[piece.get("start"), piece.get("end")] for piece in _objects(span, "fragments")],
        }
        for span in _objects(record, "spans")
    ]
    relations = [
        {"id": r.get("relation_id"), **{name: r.get(name) for name in ("type", "from_span", "to_span")}}
        for r in _objects(record, "relations")
    ]
    return {
        "id": record["annotation_id"],
        "article": record.get("article_id"),
        "annotator": record.get("annotator_id"),
        **{name: record.get(name) for name in ("status", "round", "seconds", "submitted")},
        "spans": spans,
        "relations": relations,
        "answers": _values(record, "article_labels"),
    }


def _values(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """[{name, value, number}] as name → value, a list where a name comes several times."""
    found: dict[str, Any] = {}
    for entry in _objects(record, name):
        key, value, number = entry.get("name"), entry.get("value"), entry.get("number")
        if not isinstance(key, str) or isinstance(number, bool) or not isinstance(number, int | float | None):
            raise BadFileError(name, "wrong_type", f'"{name}" must be a list of names, values and numbers.')
        if number is not None:
            value = int(number) if float(number).is_integer() else number
        if key not in found:
            found[key] = value
        else:
            found[key] = [*(found[key] if isinstance(found[key], list) else [found[key]]), value]
    return found


def _objects(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = record.get(name)
    entries = [] if entries is None else entries
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadFileError(name, "wrong_type", f'"{name}" must be a list of objects.')
    return entries


def _reading(record: Mapping[str, Any], source: str, line: int, annotator: str) -> GivenReading:
    status = record.get("status") or "complete"
    if status not in STATUSES:
        raise BadFileError("status", "unknown_status", f'"status" must be one of {", ".join(STATUSES)}.')
    article = record.get("article")
    reading = GivenReading(
        source,
        line,
        "",
        annotator=_text(record, "annotator") or annotator,
        article=str(article)
        if isinstance(article, int) and not isinstance(article, bool)
        else _text(record, "article"),
        status=cast("Status", status),
        round=_whole(record, "round") or 1,
        seconds=_whole(record, "seconds"),
        submitted=_moment(record),
        reason=_text(record, "reason"),
        id=_text(record, "id"),
    )
    if not reading.article:
        raise BadFileError("article", "missing_field", 'Name the "article": its id, uuid or the SHA-256 of its text.')
    if record.get("spans") is None:
        raise BadFileError("spans", "missing_field", 'The line has no "spans". Write [] for "read and marked nothing".')
    _list_unknown(reading, record, _READING, "")
    for number, span in enumerate(_objects(record, "spans")):
        try:
            reading.spans.append(_span(span, str(number)))
        except BadFileError as bad:
            reading.refuse(f"spans[{number}].{bad.field}".rstrip("."), bad.code, bad.message)
        else:
            _list_unknown(reading, span, _SPAN, f"spans[{number}].")
    keys = {span.id: span.key for span in reading.spans if span.id}
    for number, relation in enumerate(_objects(record, "relations")):
        try:
            reading.relations.append(_relation(relation, keys))
        except BadFileError as bad:
            reading.refuse(f"relations[{number}].{bad.field}".rstrip("."), bad.code, bad.message)
        else:
            _list_unknown(reading, relation, _RELATION, f"relations[{number}].")
    answers = record.get("answers") or {}
    if not isinstance(answers, dict):
        raise BadFileError("answers", "wrong_type", '"answers" must be an object of questions and values.')
    reading.answers = {code: value for code, value in answers.items() if value is not None}
    return reading


def _span(data: Mapping[str, Any], key: str) -> GivenSpan:
    attributes = data.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadFileError("attributes", "wrong_type", '"attributes" must be an object of names and values.')
    fragments = data.get("fragments")
    if fragments:
        pieces = _pieces(fragments)
        for name, edge in (("start", pieces[0][0]), ("end", pieces[-1][1])):
            if data.get(name) is not None and data[name] != edge:
                raise BadFileError(name, "bad_fragments", f'"{name}" is {data[name]}, the fragments say {edge}.')
    else:
        pieces = ((_offset(data, "start"), _offset(data, "end")),)
    quote = _text(data, "text") or _text(data, "quote")
    confidence = data.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float | None):
        raise BadFileError("confidence", "wrong_type", '"confidence" must be a number from 0 to 1.')
    unsure = data.get("unsure") or False
    if not isinstance(unsure, bool):
        raise BadFileError("unsure", "wrong_type", '"unsure" must be true or false.')
    label = _text(data, "label")
    if not label:
        raise BadFileError("label", "missing_field", 'The span needs a "label".')
    return GivenSpan(
        key,
        label,
        pieces,
        (quote,) if quote else (),
        attributes,
        unsure,
        None if confidence is None else float(confidence),
        _text(data, "comment"),
        _text(data, "id"),
    )


def _pieces(fragments: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(fragments, list):
        raise BadFileError("fragments", "wrong_type", '"fragments" must be a list of [start, end].')
    pieces = []
    for piece in fragments:
        if not isinstance(piece, list) or len(piece) != 2 or not all(_is_whole(offset) for offset in piece):
            raise BadFileError("fragments", "wrong_type", '"fragments" must be a list of [start, end].')
        pieces.append((piece[0], piece[1]))
    return tuple(sorted(pieces))


def _relation(data: Mapping[str, Any], keys: Mapping[str, str]) -> GivenRelation:
    """Ends are ids of spans of the same line, or their places in its list, from 0."""
    ends = []
    for name in ("from_span", "to_span"):
        end = data.get(name, data.get(name.removesuffix("_span")))
        if _is_whole(end):
            ends.append(str(end))
        elif isinstance(end, str) and end in keys:
            ends.append(keys[end])
        else:
            raise BadFileError(
                name, "unknown_span", f'"{name}" is no id of a span of this line, nor its place in the list.'
            )
    return GivenRelation(_text(data, "type"), ends[0], ends[1], _text(data, "id"))


def _list_unknown(reading: GivenReading, record: Mapping[str, Any], known: set[str], path: str) -> None:
    for name in record:
        if name not in known:
            reading.refuse(f"{path}{name}"[:50], "unknown_field", f"The field {name[:50]!r} is not read. Remove it.")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadFileError(name, "wrong_type", f'"{name}" must be a string.')
    return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _offset(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if not _is_whole(value):
        raise BadFileError(name, "missing_field", f'The span needs "{name}", a whole number of code points.')
    return cast("int", value)


def _whole(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if not _is_whole(value) or not 0 <= value < 2**31:
        raise BadFileError(name, "wrong_type", f'"{name}" must be a whole number.')
    return cast("int", value)


def _moment(data: Mapping[str, Any]) -> datetime | None:
    text = _text(data, "submitted")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadFileError("submitted", "bad_date", '"submitted" must be a time such as 2026-11-22T12:00:00Z.')
    return moment
