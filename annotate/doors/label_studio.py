"""Label Studio's JSON export: a list of tasks, each with the annotations of several people.

Offsets of ``Text`` regions are code points (its editor's own test "Should calculate offsets by code points in text") and
were UTF-16 units in older versions (label-studio#1347, label-studio-frontend#308): the regions' own ``text`` tells which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from annotate.doors.files import InputFile
from annotate.doors.records import BY_QUOTES, BadFileError, GivenReading, GivenRelation, GivenSpan, Refused
from annotate.doors.strict_json import decoded, parse

# Kinds of result that say something of a region or of the whole task, and the key of their value.
_SAYINGS = {
    "choices": "choices",
    "textarea": "text",
    "number": "number",
    "rating": "rating",
    "datetime": "datetime",
    "taxonomy": "taxonomy",
}
# Fields of a task's data that may hold the article's text, in this order; else the only one long enough to be cut.
_TEXT_FIELDS = ("text", "article", "body", "content")
_HINTS = ("article_id", "article", "external_id", "id", "uuid")
UNLABELLED = "relation"


def read_label_studio(file: InputFile, annotator: str = "") -> Iterator[GivenReading | Refused]:
    """A reading for each annotation of each task; predictions are not read."""
    try:
        tasks = parse(decoded(file.content))
        tasks = tasks if isinstance(tasks, list) else [tasks]
        if not all(isinstance(task, dict) for task in tasks):
            raise BadFileError("", "not_tasks", "This is no list of tasks. Export as JSON from Label Studio.")
    except BadFileError as bad:
        yield Refused(file.name, bad.line, "", bad.field, bad.code, bad.message)
        return
    for number, task in enumerate(tasks, 1):
        entry = f"task {task.get('id', number)}"
        try:
            yield from _readings(task, file.name, entry, annotator)
        except BadFileError as bad:
            yield Refused(file.name, None, entry, bad.field, bad.code, bad.message)


def _readings(task: Mapping[str, Any], source: str, entry: str, annotator: str) -> Iterator[GivenReading | Refused]:
    data = task.get("data")
    annotations = task.get("annotations")
    if not isinstance(data, dict) or not isinstance(annotations, list):
        raise BadFileError(
            "annotations",
            "not_tasks",
            'The task has no "data" and "annotations". Export as JSON; JSON-MIN and CSV leave out who said what.',
        )
    hints = tuple(str(data[name]) for name in _HINTS if isinstance(data.get(name), str | int))
    for number, annotation in enumerate(annotations, 1):
        if not isinstance(annotation, dict):
            raise BadFileError("annotations", "wrong_type", "An annotation must be an object.")
        where = f"{entry}, annotation {annotation.get('id', number)}"
        reading = GivenReading(
            source,
            None,
            where,
            annotator=_person(annotation) or annotator,
            hints=hints,
            title=data["title"] if isinstance(data.get("title"), str) else "",
            unit=BY_QUOTES,
            status="skipped" if annotation.get("was_cancelled") else "complete",
            reason="Cancelled in Label Studio." if annotation.get("was_cancelled") else "",
            submitted=_moment(annotation.get("updated_at") or annotation.get("created_at")),
            seconds=_seconds(annotation.get("lead_time")),
        )
        try:
            results = annotation.get("result") or []
            if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
                raise BadFileError("result", "wrong_type", '"result" must be a list of objects.')
            _take(results, reading)
            reading.text = _text_of(data, results)
        except BadFileError as bad:
            yield reading.refusal(bad.field, bad.code, bad.message)
        else:
            yield reading


def _take(results: list[dict[str, Any]], reading: GivenReading) -> None:
    """Regions first, then what is said of them, then links between them."""
    spans: dict[str, list[GivenSpan]] = {}
    for result in results:
        if result.get("type") == "labels" and isinstance(result.get("value"), dict):
            found = _spans(result, reading)
            if found:
                spans[str(result.get("id"))] = found
    for result in results:
        kind = str(result.get("type"))
        if kind in _SAYINGS:
            _say(result, spans, reading)
        elif kind not in {"labels", "relation"}:
            reading.refuse(
                "result.type",
                "unsupported_region",
                f"A result of type {kind!r} cannot be taken: only regions of Text and what is said of them.",
            )
    reading.spans = [span for several in spans.values() for span in several]
    for result in results:
        if result.get("type") == "relation":
            _relate(result, spans, reading)


def _spans(result: Mapping[str, Any], reading: GivenReading) -> list[GivenSpan]:
    """A span for each label of the region."""
    value = result["value"]
    key = str(result.get("id"))
    start, end = value.get("start"), value.get("end")
    if not all(isinstance(offset, int) and not isinstance(offset, bool) for offset in (start, end)):
        reading.refuse(
            "value.start",
            "unsupported_region",
            f"Region {key} counts in HTML or in dialogue; only regions of a Text tag have offsets into the text.",
        )
        return []
    labels = value.get("labels")
    labels = [label for label in labels if isinstance(label, str)] if isinstance(labels, list) else []
    if not labels:
        reading.refuse("value.labels", "missing_label", f"Region {key} has no label. Label it, or delete it.")
    quote = value.get("text")
    meta = result.get("meta")
    notes = meta.get("text") if isinstance(meta, dict) else None
    comment = "\n".join(map(str, notes)) if isinstance(notes, list) else str(notes or "")
    return [
        GivenSpan(
            f"{key}/{label}",
            str(label),
            ((start, end),),
            (quote,) if isinstance(quote, str) and quote else (),
            comment=comment,
        )
        for label in labels
    ]


def _say(result: Mapping[str, Any], spans: dict[str, list[GivenSpan]], reading: GivenReading) -> None:
    name = str(result.get("from_name"))
    value = result.get("value")
    said = value.get(_SAYINGS[result["type"]]) if isinstance(value, dict) else None
    if result["type"] == "taxonomy" and isinstance(said, list):
        # A path through the tree: its last part is the value.
        said = [path[-1] for path in said if isinstance(path, list) and path]
    if said is None or said == []:
        return
    region = str(result.get("id"))
    if region in spans:
        spans[region] = [replace(span, attributes={**span.attributes, name: said}) for span in spans[region]]
    elif isinstance(value, dict) and "start" in value:
        reading.refuse(name, "missing_label", f"{name} is said of region {region}, which has no label.")
    else:
        reading.answers[name] = said


def _relate(result: Mapping[str, Any], spans: dict[str, list[GivenSpan]], reading: GivenReading) -> None:
    ends = [spans.get(str(result.get(name)), []) for name in ("from_id", "to_id")]
    if result.get("direction") == "left":
        ends.reverse()
    elif result.get("direction") == "bi":
        reading.refuse("direction", "unsupported_relation", "A link both ways cannot be taken. Draw it one way.")
        return
    if not all(len(end) == 1 for end in ends):
        reading.refuse(
            "from_id", "unknown_span", "The link does not join two regions that have one label each; it is left out."
        )
        return
    labels = result.get("labels")
    for label in (labels if isinstance(labels, list) else None) or [UNLABELLED]:
        reading.relations.append(GivenRelation(str(label), ends[0][0].key, ends[1][0].key))


def _text_of(data: Mapping[str, Any], results: list[dict[str, Any]]) -> str | None:
    """The text the regions count in: one of the well-known fields, else the only field that is long."""
    for name in _TEXT_FIELDS:
        if isinstance(data.get(name), str):
            return str(data[name])
    texts = [value for value in data.values() if isinstance(value, str) and "\n" in value]
    if len(texts) == 1:
        return texts[0]
    if any(result.get("type") == "labels" for result in results):
        raise BadFileError(
            "data", "missing_text", f"The task's data has no field {' or '.join(_TEXT_FIELDS)} with the text."
        )
    return None


def _person(annotation: Mapping[str, Any]) -> str:
    """Who completed it: the e-mail address where the export tells it, else the number of the account."""
    person = annotation.get("completed_by")
    if isinstance(person, dict):
        return str(person.get("email") or person.get("username") or person.get("id") or "")
    return "" if person is None else str(person)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        return None
    return round(value)
