"""What may be put into an attribute, and what must be there at submission."""

from typing import Any

import pytest

from annotate.attributes import check_attributes, check_value, what_is_missing
from annotate.codebook import enabled_content, parse_codebook
from annotate.errors import Refusal
from annotate.rows import RelationRow, Rows, SpanRow


def field(kind: str, name: str = "field", **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name.capitalize(), "type": kind, **more}


def codebook(**changes: Any) -> dict[str, Any]:
    quantity = {
        "code": "QUANTITY",
        "name": "Quantity",
        "definition": "A count.",
        "attributes": [
            field("number", "value"),
            field("number", "low"),
            field("choice", "kind", required=True, values=[{"code": c, "title": c} for c in ("count", "money")]),
            field("text", "currency", required=True, when={"attribute": "kind", "equals": "money"}),
            field("boolean", "unattributed"),
        ],
    }
    source = {"code": "SOURCE", "name": "Source", "definition": "Who said it."}
    relation = {"type": "ATTRIBUTED_TO", "title": "attributed to", "from": ["QUANTITY"], "to": ["SOURCE"], "min": 1,
                "max": 1, "unless": {"attribute": "unattributed", "equals": True}}  # fmt: skip
    data = {
        "name": "book",
        "version": "1",
        "layers": [{"code": "numeric", "name": "Numeric", "labels": [quantity, source]}],
        "relations": [relation],
        "rules": [{"label": "QUANTITY", "one_of": ["value", "low"]}],
        **changes,
    }
    return enabled_content(parse_codebook(data), {})


def span(id_: str, label: str = "QUANTITY", start: int = 0, **attributes: Any) -> SpanRow:
    return {
        "id": id_,
        "label": label,
        "start": start,
        "end": start + 5,
        "fragments": [[start, start + 5]],
        "quote": "about",
        "attributes": attributes,
        "unsure": False,
        "confidence": None,
        "comment": "",
    }


def rows(*spans: SpanRow, relations: list[tuple[str, str]] = (), answers: dict[str, Any] | None = None) -> Rows:
    links: dict[str, RelationRow] = {
        f"{a}-{b}": {"id": f"{a}-{b}", "type": "ATTRIBUTED_TO", "from_span": a, "to_span": b} for a, b in relations
    }
    return Rows({s["id"]: s for s in spans}, links, answers or {})


def codes(found: list[Any]) -> list[tuple[str | None, str]]:
    return [(entry["span"], entry["code"]) for entry in found]


GOOD = {"kind": "count", "value": 3, "unattributed": True}

CASES: list[tuple[str, Rows, list[tuple[str | None, str]]]] = [
    ("nothing marked", rows(), []),
    ("complete", rows(span("q", **GOOD)), []),
    ("required", rows(span("q", value=3, unattributed=True)), [("q", "attribute_missing")]),
    (
        "condition met",
        rows(span("q", value=3, kind="money", unattributed=True)),
        [("q", "attribute_missing")],
    ),
    ("blank is missing", rows(span("q", **GOOD | {"kind": "money", "currency": " "})), [("q", "attribute_missing")]),
    ("zero is a value", rows(span("q", kind="count", value=0, unattributed=True)), []),
    ("one of two", rows(span("q", kind="count", unattributed=True)), [("q", "one_of_missing")]),
    ("other of two", rows(span("q", kind="count", low=1, unattributed=True)), []),
    ("relation missing", rows(span("q", kind="count", value=3)), [("q", "relation_missing")]),
    ("relation there", rows(span("q", kind="count", value=3), span("s", "SOURCE"), relations=[("q", "s")]), []),
    (
        "too many",
        rows(
            span("q", kind="count", value=3), span("s", "SOURCE"), span("t", "SOURCE"), relations=[("q", "s"), ("q", "t")]
        ),
        [("q", "too_many_relations")],
    ),
    (
        "relabelled end",
        rows(span("q", **GOOD), span("r", **GOOD), relations=[("q", "r")]),
        [("q", "relation_misfit")],
    ),
    ("label switched off", rows(span("x", "FRAME")), [("x", "label_off")]),
    (
        "in the order of the text",
        rows(span("b", start=20, **GOOD | {"kind": None}), span("a", start=3, kind="count", unattributed=True)),
        [("a", "one_of_missing"), ("b", "attribute_missing")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("marks", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_missing_at_submission(marks: Rows, expected: list[tuple[str | None, str]]):
    assert codes(what_is_missing(marks, codebook())) == expected


def test_a_required_question_must_be_answered():
    question = {"code": "tone", "title": "Tone", "type": "text", "required": True}
    book = codebook(questions=[question])
    assert codes(what_is_missing(rows(), book)) == [(None, "answer_missing")]
    assert what_is_missing(rows(answers={"tone": "neutral"}), book) == []


CHOICE = field("choice", values=[{"code": "a"}, {"code": "b"}])
VALUES: list[tuple[dict[str, Any], Any, str | None]] = [
    (CHOICE, "a", None),
    (CHOICE, "c", "not_an_option"),
    (CHOICE, ["a"], "not_an_option"),
    ({**CHOICE, "many": True}, ["a", "b"], None),
    ({**CHOICE, "many": True}, "a", "wrong_type"),
    ({**CHOICE, "many": True}, ["a", "a"], "repeated_value"),
    ({**CHOICE, "many": True}, ["a"] * 101, "too_many_values"),
    (field("number"), 7500, None),
    (field("number"), -0.5, None),
    (field("number"), 2**53, None),
    (field("number"), 2**53 + 1, "number_out_of_range"),
    (field("number"), float("nan"), "number_out_of_range"),
    (field("number"), float("-inf"), "number_out_of_range"),
    (field("number"), 10**400, "number_out_of_range"),
    (field("number"), True, "wrong_type"),
    (field("boolean"), False, None),
    (field("boolean"), 0, "wrong_type"),
    (field("date"), "2018-10-21", None),
    (field("date"), "2018-02-30", "no_such_date"),
    (field("date"), "21.10.2018", "wrong_type"),
    (field("date"), "２０１８-10-21", "wrong_type"),
    (field("text"), "José 😀", None),
    (field("text"), "x" * 2001, "too_long"),
    (field("text"), "a\0b", "bad_text"),
    (field("entity"), "\udc00", "bad_text"),
    (field("entity"), 7, "wrong_type"),
]


@pytest.mark.parametrize(("definition", "value", "code"), VALUES, ids=range(len(VALUES)))
def test_a_value_is_admissible_or_refused_with_a_code(definition: dict[str, Any], value: Any, code: str | None):
    if code is None:
        check_value(value, definition, "field")
        return
    with pytest.raises(Refusal) as caught:
        check_value(value, definition, "field")
    assert caught.value.code == code
    caught.value.message.encode()


def test_attributes_lose_their_nulls_and_unknown_names_are_refused():
    label = {"code": "QUANTITY", "attributes": [field("number", "value")]}
    assert check_attributes({"value": None}, label) == {}
    with pytest.raises(Refusal, match="has no attribute “colour”; it has value"):
        check_attributes({"colour": "red"}, label)
