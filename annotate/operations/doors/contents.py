"""A given reading as rows of ours: labels, offsets, quotes, attributes and answers judged one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from annotate.attributes import check_attributes, check_value, relation_fits
from annotate.doors.alignment import Alignment
from annotate.doors.attributes import fitted
from annotate.doors.labels import Names, Unknown, nearest
from annotate.doors.records import GivenReading, GivenSpan
from annotate.doors.remedies import CHECK_UNIT, Remedy, map_label
from annotate.doors.units import Counter, quotes_fit, unit_of
from annotate.errors import Refusal
from annotate.marking import Marking, Op
from annotate.operations.doors.refusals import DoorRefusal, remedy_of
from annotate.operations.doors.results import DoorResult, DoorSettings
from annotate.rows import RelationRow, Rows, SpanRow
from annotate.values import shown
from spans.offsets import OffsetError
from spans.span import Span

# What made ids of marks and links start from where the file has none that can be kept.
NAMESPACE = UUID("6f1d7a52-9d0e-5b0c-8f52-5a1e0c7d3b11")


class Contents:
    """Turns readings into rows, for one project and one import."""

    def __init__(self, enabled: Mapping[str, Any], names: Names, settings: DoorSettings, result: DoorResult) -> None:
        self.enabled = enabled
        self._labels = {label["code"]: label for layer in enabled["layers"] for label in layer["labels"]}
        self._relations = enabled["relations"]
        self._questions = {question["code"]: question for question in enabled["questions"]}
        self._names = names
        self._settings = settings
        self._result = result

    def rows(self, reading: GivenReading, alignment: Alignment, text: str, scope: str) -> Rows:
        """What of the reading can be taken; the rest is put down in ``reading.refused``.

        Ids are made of ``scope``, which names project, article, person and round, and of what the mark says.
        """
        counter = Counter(alignment.given, self._settings.unit or unit_of(reading, alignment.given))
        rows = Rows()
        ids: dict[str, str] = {}
        unknown: dict[str, int] = {}
        seen: dict[str, int] = {}
        for span in reading.spans:
            label = self._settings.label_map.get(span.label, span.label)
            if not label:
                self._result.left_out += 1
                continue
            if label not in self._labels:
                unknown[span.label] = unknown.get(span.label, 0) + 1
                continue
            try:
                row = self._span(span, label, counter, alignment, text, reading)
            except Refusal as refusal:
                reading.refuse(_place(span), refusal.code, refusal.message, remedy=remedy_of(refusal))
                continue
            made = f"{label} {row['fragments']}"
            seen[made] = seen.get(made, 0) + 1
            key = _id_of(span.id) or str(uuid5(NAMESPACE, f"{scope} {made} {seen[made]}"))
            if key in rows.spans:
                reading.refuse(_place(span), "id_taken", f"The id {key} stands twice in the reading; it is left out.")
                continue
            try:
                # What the tables will refuse later is refused here, where the mark still has its name.
                self._judge(text).apply(_addition(key, row))
            except Refusal as refusal:
                reading.refuse(_place(span), refusal.code, refusal.message)
                continue
            ids[span.key] = key
            rows.spans[key] = {**row, "id": key}
        for name, count in unknown.items():
            self._say_unknown("label", name, count, reading)
        self._relate(reading, rows, ids, scope)
        self._answer(reading, rows)
        return rows

    def _span(
        self,
        span: GivenSpan,
        label: str,
        counter: Counter,
        alignment: Alignment,
        text: str,
        reading: GivenReading,
    ) -> SpanRow:
        try:
            given = counter.fragments(span)
            placed = alignment.fragments(given)
            whole = Span(placed[0][0], placed[-1][1], label, tuple(placed))
        except OffsetError as error:
            raise Refusal(error.code, f"{span.label} at {_range(span)}: {error}.") from None
        except ValueError as error:
            raise Refusal("bad_fragments", f"{span.label} at {_range(span)}: {error}.") from None
        pieces = [list(piece) for piece in whole.pieces]
        if not quotes_fit(span, given, alignment.given) and not quotes_fit(span, placed, text):
            there = alignment.given[given[0][0] : given[-1][1]]
            raise DoorRefusal(
                "quote_mismatch",
                f"{span.label} at {_range(span)}: the file quotes {shown(' '.join(span.quotes))}, the text there is "
                f"{shown(there)}.",
                Remedy(CHECK_UNIT),
            )
        return {
            "id": "",
            "label": label,
            "start": whole.start,
            "end": whole.end,
            "fragments": pieces,
            "quote": text[whole.start : whole.end],
            "attributes": self._attributes(span, label, reading),
            "unsure": span.unsure,
            "confidence": span.confidence,
            "comment": span.comment,
        }

    def _judge(self, text: str) -> Marking:
        return Marking(text=text, content=self.enabled, rows=Rows())

    def _attributes(self, span: GivenSpan, label: str, reading: GivenReading) -> dict[str, Any]:
        """Those that the label has, with values that are admissible."""
        fields = {field["name"]: field for field in self._labels[label]["attributes"]}
        kept: dict[str, Any] = {}
        for name, value in span.attributes.items():
            if value is None:
                continue
            mapped = fitted(value, fields[name]) if name in fields else value
            try:
                kept |= check_attributes({name: mapped}, self._labels[label])
            except Refusal as refusal:
                reading.refuse(f"{_place(span)}.{name}"[:80], refusal.code, f"{refusal.message} The mark is taken.")
        return kept

    def _relate(self, reading: GivenReading, rows: Rows, ids: Mapping[str, str], scope: str) -> None:
        unknown: dict[str, int] = {}
        stands: set[tuple[str, str, str]] = set()
        for number, relation in enumerate(reading.relations):
            place = f"relations[{number}]"
            kind = self._settings.label_map.get(relation.type, relation.type)
            if not kind:
                self._result.left_out += 1
                continue
            if kind not in self._names.relations:
                unknown[relation.type] = unknown.get(relation.type, 0) + 1
                continue
            source, goal = ids.get(relation.from_key), ids.get(relation.to_key)
            if source is None or goal is None:
                reading.refuse(place, "depends_on_refused", f"{kind} joins a mark that was not taken.")
                continue
            ends = rows.spans[source]["label"], rows.spans[goal]["label"]
            if source == goal or not any(relation_fits(k, *ends) for k in self._relations if k["type"] == kind):
                reading.refuse(place, "relation_ends", f"{kind} does not lead from {ends[0]} to {ends[1]}.")
                continue
            if (kind, source, goal) in stands:
                reading.refuse(place, "relation_exists", f"{kind} joins these two marks already.")
                continue
            stands.add((kind, source, goal))
            key = _id_of(relation.id) or str(uuid5(NAMESPACE, f"{scope} {kind} {source} {goal}"))
            row: RelationRow = {"id": key, "type": kind, "from_span": source, "to_span": goal}
            rows.relations[key] = row
        for name, count in unknown.items():
            self._say_unknown("relation", name, count, reading)

    def _answer(self, reading: GivenReading, rows: Rows) -> None:
        for name, value in reading.answers.items():
            code = self._settings.label_map.get(name, name)
            field = self._questions.get(code)
            if not code:
                self._result.left_out += 1
                continue
            if field is None:
                known = ", ".join(self._questions) or "none"
                reading.refuse(
                    name[:50],
                    "unknown_question",
                    f"There is no question {shown(name)} in this project; it has {known}.",
                )
                continue
            mapped = fitted(value, field)
            try:
                check_value(mapped, field, code)
            except Refusal as refusal:
                reading.refuse(code, refusal.code, refusal.message)
            else:
                rows.answers[code] = mapped

    def _say_unknown(self, kind: str, name: str, count: int, reading: GivenReading) -> None:
        known = self._names.labels if kind == "label" else self._names.relations
        entry = self._result.unknown.setdefault(name, Unknown(kind, nearest=nearest(name, known)))
        entry.count += count
        noun = "mark" if kind == "label" else "link"
        is_off = name in self._names.switched_off
        why = "which is in the codebook but switched off here" if is_off else "which this project does not have"
        reading.refuse(
            kind,
            f"unknown_{kind}",
            f"{count} {noun}{'s' if count > 1 else ''} with {shown(name)}, {why}.",
            remedy=map_label(name, entry.nearest, list(known), switched_off=is_off),
        )


def _addition(key: str, row: SpanRow) -> Op:
    after = {name: value for name, value in row.items() if name != "id"}
    return Op(key, key, "add", key, None, after, None)


def _place(span: GivenSpan) -> str:
    return f"spans[{span.key}]"[:50]


def _range(span: GivenSpan) -> str:
    return ";".join(f"[{start}, {end})" for start, end in span.fragments[:3])


def _id_of(text: str) -> str:
    """A uuid in its usual form, or nothing where the file's id is none."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""
