"""What an operation does to the rows of a task: shapes, rules, images. No database.

``read_operations`` refuses a body of the wrong shape as a whole; ``Marking.apply`` judges one operation by its content.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from annotate.attributes import check_attributes, check_value, relation_fits
from annotate.errors import Refusal
from annotate.rows import Image, RelationRow, Rows, SpanRow, image
from annotate.values import LONGEST_COMMENT, check_number, check_text, shown

MOST_OPERATIONS = 200
MOST_FRAGMENTS = 100
KINDS = ("add", "change", "delete", "relate", "unrelate", "answer", "undo", "redo")
# Kinds whose target need not be named: an answer is found by its question, an undone operation by its op_id.
_WITHOUT_TARGET = ("answer", "undo", "redo")
_OPERATION_KEYS = {"op_id", "kind", "target", "before", "after", "undoes"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SPAN_FIELDS = ("label", "start", "end", "fragments", "quote", "attributes", "unsure", "confidence", "comment")
_NEW_SPAN: dict[str, Any] = {"attributes": {}, "unsure": False, "confidence": None, "comment": ""}


class WrongShape(ValueError):  # noqa: N818 - an answer in the domain's words
    """The body is not what the endpoint takes; the message says where and what is expected."""


class Stale(Exception):  # noqa: N818 - a state of the sender's knowledge, not an error of ours
    """What the operation says stood before is not what stands now."""


@dataclass(frozen=True, slots=True)
class Op:
    """One operation as sent, its shape checked; ids in small letters. ``sent_id`` is the op_id as the client wrote it."""

    op_id: str
    sent_id: str
    kind: str
    target: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undoes: str | None


@dataclass(frozen=True, slots=True)
class Logged:
    """What is remembered of an applied operation."""

    kind: str
    before: Image
    after: Image


def read_operations(data: object) -> list[Op]:
    """The operations of a request body; WrongShape unless every one of them has the shape of the contract."""
    if not isinstance(data, list):
        raise WrongShape("operations must be a list.")
    if len(data) > MOST_OPERATIONS:
        raise WrongShape(f"Send at most {MOST_OPERATIONS} operations at once, not {len(data)}.")
    return [_read_operation(entry, f"operations[{index}]") for index, entry in enumerate(data)]


def read_revision(data: object, name: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or data < 0:
        raise WrongShape(f"{name} must be a whole number, 0 or more.")
    return data


def _read_operation(data: object, path: str) -> Op:
    if not isinstance(data, dict):
        raise WrongShape(f"{path} must be an object.")
    if unknown := [key for key in data if key not in _OPERATION_KEYS]:
        raise WrongShape(f"{path} has an unknown key {shown(unknown[0])}; remove it.")
    op_id = _read_uuid(data.get("op_id"), f"{path}.op_id")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise WrongShape(f"{path}.kind must be one of {', '.join(KINDS)}.")
    target = data.get("target")
    if target is not None or kind not in _WITHOUT_TARGET:
        target = _read_uuid(target, f"{path}.target")
    undoes = data.get("undoes")
    if undoes is not None or kind in {"undo", "redo"}:
        undoes = _read_uuid(undoes, f"{path}.undoes")
    for side in ("before", "after"):
        if data.get(side) is not None and not isinstance(data[side], dict):
            raise WrongShape(f"{path}.{side} must be an object or null.")
    return Op(op_id, data["op_id"], kind, target, data.get("before"), data.get("after"), undoes)


def _place(op: Op) -> str | None:
    """What the operation changes: the id of a row, or an article question."""
    if op.kind == "answer":
        question = (op.after or op.before or {}).get("question")
        return question if isinstance(question, str) else None
    return op.target


def _read_uuid(data: object, path: str) -> str:
    if not isinstance(data, str) or not _UUID.fullmatch(data):
        raise WrongShape(f"{path} must be a UUID such as 0198c1f2-5a7e-4c3b-9d1e-2f6a8b7c9d0e.")
    return data.lower()


@dataclass(slots=True)
class Marking:
    """One task's rows while operations are applied to them.

    ``rows`` need only hold what the operations name and the relations of the spans they name. ``taken`` are ids in use
    in other tasks, ``gone`` those deleted in this one, ``log`` the operations that may be undone, ``refused`` the ids
    and op_ids of what was refused before in this batch, ``doubtful`` the rows and questions that it meant to change.
    """

    text: str
    content: Mapping[str, Any]
    rows: Rows
    taken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    log: dict[str, Logged] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    doubtful: set[str | None] = field(default_factory=set)

    def apply(self, op: Op) -> Logged:
        """Change ``rows``; the images say which and how.

        Raises Refusal (nothing changed, later operations that rest on it will be refused too) or Stale.
        """
        act = cast("Callable[[Op], tuple[Image, Image]]", getattr(self, f"_{op.kind}"))
        place = _place(op)
        try:
            before, after = act(op)
        except Stale:
            if place not in self.doubtful:
                raise
            # Not a change elsewhere: the sender took what we refused for done. A conflict would never end, as the
            # sender's picture fits all of its own operations.
            self.refused.add(op.op_id)
            raise Refusal(
                "depends_on_refused", "An earlier change of the same was refused, and this one rests on it."
            ) from None
        except Refusal:
            self.refused.add(op.op_id)
            self.doubtful.add(place)
            if op.kind in {"add", "relate"} and op.target and op.target not in self.rows.spans:
                self.refused.add(op.target)
            raise
        self.rows.put(after)
        self._remember_gone(before, after)
        logged = Logged(op.kind, before, after)
        self.log[op.op_id] = logged
        return logged

    def _remember_gone(self, before: Image, after: Image) -> None:
        """What is deleted is gone for the rest of the batch as it would be for the next one; undo brings it back."""
        for was, now in ((before["spans"], after["spans"]), (before["relations"], after["relations"])):
            self.gone |= {key for key, row in now.items() if row is None and was.get(key) is not None}
            self.gone -= {key for key, row in now.items() if row is not None}

    def _add(self, op: Op) -> tuple[Image, Image]:
        target = self._new_id(op)
        given = _fields(op.after, "after", target)
        if given.get("fragments") is None:
            given["fragments"] = [[given.get("start"), given.get("end")]]
        span = self._checked_span({"id": target, **_NEW_SPAN, **given})
        return image(spans={target: None}), image(spans={target: span})

    def _change(self, op: Op) -> tuple[Image, Image]:
        span = self._span(op.target)
        self._compare(op.before, span)
        given = _fields(op.after, "after", span["id"])
        if not given:
            raise Refusal("nothing_to_change", "after names no field to change.")
        changed = self._checked_span({**span, **given})
        return image(spans={span["id"]: span}), image(spans={span["id"]: changed})

    def _delete(self, op: Op) -> tuple[Image, Image]:
        span = self._span(op.target)
        self._compare(op.before, span)
        linked = [r for r in self.rows.relations.values() if span["id"] in (r["from_span"], r["to_span"])]
        return (
            image(spans={span["id"]: span}, relations={r["id"]: r for r in linked}),
            image(spans={span["id"]: None}, relations={r["id"]: None for r in linked}),
        )

    def _relate(self, op: Op) -> tuple[Image, Image]:
        target = self._new_id(op)
        given = op.after or {}
        if set(given) - {"id"} != {"type", "from_span", "to_span"}:
            raise Refusal("wrong_fields", "after must name type, from_span and to_span, and nothing else.")
        ends = [given["from_span"], given["to_span"]]
        if not all(isinstance(end, str) for end in ends):
            raise Refusal("wrong_type", "from_span and to_span must be ids of marks.")
        source, goal = (self._span(end.lower()) for end in ends)
        kinds = [entry for entry in self.content["relations"] if entry["type"] == given["type"]]
        if not kinds:
            raise Refusal("unknown_relation", f"There is no relation {shown(given['type'])} in this project.")
        if source["id"] == goal["id"] or not any(relation_fits(k, source["label"], goal["label"]) for k in kinds):
            raise Refusal("relation_ends", f"{given['type']} does not lead from {source['label']} to {goal['label']}.")
        row: RelationRow = {
            "id": target,
            "type": given["type"],
            "from_span": source["id"],
            "to_span": goal["id"],
        }
        if self._stands(row):
            raise Refusal("relation_exists", "These two marks are linked so already.")
        return image(relations={target: None}), image(relations={target: row})

    def _unrelate(self, op: Op) -> tuple[Image, Image]:
        row = self.rows.relations.get(op.target or "")
        if row is None:
            self._not_there(op.target, "relation")
        self._compare(op.before, row)
        return image(relations={row["id"]: row}), image(relations={row["id"]: None})

    def _answer(self, op: Op) -> tuple[Image, Image]:
        given = op.after or op.before
        if given is None or not all(set(side) <= {"question", "value"} for side in (op.before, op.after) if side):
            raise Refusal("wrong_fields", "An answer names its question and its value, and nothing else.")
        questions = {question["code"]: question for question in self.content["questions"]}
        code = given.get("question")
        if not isinstance(code, str) or code not in questions:
            raise Refusal("unknown_question", f"There is no question {shown(code)} in this project.")
        if op.before is not None and op.before.get("question") != code:
            raise Refusal("wrong_fields", "before and after must name the same question.")
        now = self.rows.answers.get(code)
        if now != (op.before or {}).get("value"):
            raise Stale
        value = (op.after or {}).get("value")
        if value is not None:
            check_value(value, questions[code], code)
        return image(answers={code: now}), image(answers={code: value})

    def _undo(self, op: Op) -> tuple[Image, Image]:
        return self._take_back(op, lambda kind: kind != "undo", "an operation other than an undo")

    def _redo(self, op: Op) -> tuple[Image, Image]:
        return self._take_back(op, lambda kind: kind == "undo", "an undo")

    def _take_back(self, op: Op, may_be: Callable[[str], bool], expected: str) -> tuple[Image, Image]:
        undone = self.log.get(op.undoes or "")
        if undone is None:
            if op.undoes in self.refused:
                raise Refusal("depends_on_refused", "The operation to take back was refused.")
            raise Refusal("unknown_operation", "The operation to take back is not in this task's log.")
        if not may_be(undone.kind):
            raise Refusal("cannot_undo", f"{op.kind} takes back {expected}, not a {undone.kind}.")
        if not self.rows.fit(undone.after):
            raise Refusal("cannot_undo", "What it did was changed since; take the later change back first.")
        outcome = self.rows.copy()
        outcome.put(undone.before)
        if self._hangs_loose(undone.before, outcome):
            raise Refusal("cannot_undo", "A link stands in the way; take that back first.")
        return undone.after, undone.before

    def _hangs_loose(self, change: Image, outcome: Rows) -> bool:
        """Whether putting ``change`` leaves a relation without an end, or one link twice."""
        removed = {key for key, span in change["spans"].items() if span is None}
        restored = [row for row in change["relations"].values() if row is not None]
        return (
            any(r["from_span"] in removed or r["to_span"] in removed for r in outcome.relations.values())
            or any(r["from_span"] not in outcome.spans or r["to_span"] not in outcome.spans for r in restored)
            or any(self._stands(row) for row in restored)
        )

    def _new_id(self, op: Op) -> str:
        target = op.target or ""
        if target in self.taken or target in self.gone or target in self.rows.spans or target in self.rows.relations:
            raise Refusal("id_taken", "This id is in use already; make a new UUID.")
        return target

    def _span(self, target: str | None) -> SpanRow:
        span = self.rows.spans.get(target or "")
        if span is None:
            self._not_there(target, "mark")
        return span

    def _not_there(self, target: str | None, noun: str) -> NoReturn:
        if target in self.refused:
            raise Refusal("depends_on_refused", f"The {noun} was refused, and so is what follows from it.")
        if target in self.gone:
            raise Stale
        raise Refusal(f"unknown_{noun}", f"There is no such {noun} in this task.")

    def _compare(self, before: dict[str, Any] | None, row: Mapping[str, Any]) -> None:
        """Stale where a field of ``before`` is not what the row has; attributes are compared without their nulls."""
        for name, value in (before or {}).items():
            if name not in row:
                raise Refusal("unknown_field", f"before has an unknown field {shown(name)}; remove it.")
            if _without_nulls(value) != row[name]:
                raise Stale

    def _stands(self, row: RelationRow) -> bool:
        key = (row["type"], row["from_span"], row["to_span"])
        return any((r["type"], r["from_span"], r["to_span"]) == key for r in self.rows.relations.values())

    def _checked_span(self, data: dict[str, Any]) -> SpanRow:
        """``data`` as a row; Refusal where the mark is not admissible."""
        for name in ("label", "start", "end", "quote"):
            if data.get(name) is None:
                raise Refusal("missing_field", f"The mark needs {name}.")
        labels = {label["code"]: label for layer in self.content["layers"] for label in layer["labels"]}
        if not isinstance(data["label"], str) or data["label"] not in labels:
            raise Refusal("unknown_label", f"There is no label {shown(data['label'])} in this project.")
        self._check_place(data)
        if not isinstance(data["unsure"], bool):
            raise Refusal("wrong_type", "unsure must be true or false.")
        if data["confidence"] is not None:
            check_number(data["confidence"], "confidence")
            if not 0 <= data["confidence"] <= 1:
                raise Refusal("number_out_of_range", "confidence must lie between 0 and 1.")
        check_text(data["comment"], "comment", LONGEST_COMMENT)
        attributes = check_attributes(data["attributes"], labels[data["label"]])
        return cast(
            "SpanRow", {"id": data["id"], **{name: data[name] for name in _SPAN_FIELDS}, "attributes": attributes}
        )

    def _check_place(self, data: dict[str, Any]) -> None:
        start, end = data["start"], data["end"]
        if not _is_offset(start) or not _is_offset(end):
            raise Refusal("wrong_type", "start and end must be whole numbers: code points from the start of the text.")
        if start < 0 or end <= start:
            raise Refusal(
                "empty_span", f"[{shown(start)}, {shown(end)}) covers no character; start must be before end."
            )
        if end > len(self.text):
            raise Refusal("beyond_text", f"The text has {len(self.text)} characters; the mark ends after {shown(end)}.")
        _check_fragments(data["fragments"], start, end)
        check_text(data["quote"], "quote", max(len(self.text), 1))
        there = self.text[start:end]
        if data["quote"] != there:
            raise Refusal(
                "quote_mismatch",
                f"The text at [{start}, {end}) is “{there}”, the quote sent is “{data['quote']}”: count in code points.",
            )


def _fields(data: dict[str, Any] | None, side: str, target: str) -> dict[str, Any]:
    """The fields of a span in ``data``; an id is allowed where it is the target's."""
    if data is None:
        raise Refusal("missing_field", f"{side} must say how the mark stands.")
    given = dict(data)
    if "id" in given and given.pop("id") != target:
        raise Refusal("unknown_field", f"{side}.id is not the target; leave it out.")
    if unknown := [name for name in given if name not in _SPAN_FIELDS]:
        raise Refusal("unknown_field", f"{side} has an unknown field {shown(unknown[0])}; remove it.")
    return given


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: entry for key, entry in value.items() if entry is not None}
    return value


def _is_offset(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_fragments(fragments: Any, start: int, end: int) -> None:
    expected = "fragments must be [[start, end], …] in order, apart from each other, from the mark's start to its end."
    if not isinstance(fragments, list) or not 1 <= len(fragments) <= MOST_FRAGMENTS:
        raise Refusal("bad_fragments", f"{expected} At most {MOST_FRAGMENTS}.")
    reached: int | None = None
    for part in fragments:
        if not isinstance(part, list) or len(part) != 2 or not all(_is_offset(offset) for offset in part):
            raise Refusal("bad_fragments", expected)
        if part[1] <= part[0] or (reached is not None and part[0] <= reached):
            raise Refusal("bad_fragments", expected)
        reached = part[1]
    if fragments[0][0] != start or reached != end:
        raise Refusal("bad_fragments", expected)


def ids_named(ops: Sequence[Op]) -> set[str]:
    """Ids of the spans and relations that ``ops`` name."""
    ids = {op.target for op in ops if op.target}
    for op in ops:
        if op.kind == "relate" and op.after:
            ends = (op.after.get("from_span"), op.after.get("to_span"))
            ids |= {end.lower() for end in ends if isinstance(end, str) and _UUID.fullmatch(end)}
    return ids
