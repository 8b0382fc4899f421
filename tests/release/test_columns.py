"""Records as JSON: the characters that json.dumps would give."""

import json
import math

import pytest

from release.columns import as_json
from release.records import Fragment, SoftLabel, Span, Value
from release.writing import line_of

HARD = 'a "quoted" \\ back\tslash, é 😀 \u2028 \x00 end'


def dictionary(record: tuple) -> dict:
    """The record as ``json.dumps`` takes it."""
    return {
        name: [dictionary(one) for one in value] if isinstance(value, list) else value
        for name, value in record._asdict().items()  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize(
    "span",
    [
        Span("s", "L", "A", [Fragment(0, 3, HARD)], 0, 3, HARD, "", "", 0.25, None, True, [Value("n", "1", 1e-07)]),
        Span("s", "L", "A", [], 0, 3, None, None, None, None, HARD, False, []),
        Span("s", "L", "A", [Fragment(0, 1, None)], 0, 3, None, None, None, 1e22, "", False, [Value("", "", -5.0)]),
    ],
    ids=["all", "nothing", "numbers"],
)
def test_a_record_is_written_as_json_writes_it(span: Span) -> None:
    expected = json.dumps(dictionary(span), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert as_json(Span)(span) == expected


@pytest.mark.parametrize(
    ("p", "written"), [(1 / 3, "0.333333333"), (-0.0, "0.0"), (-1e-12, "0.0"), (1, "1.0")], ids=str
)
def test_floats_are_rounded_and_have_one_zero(p: float, written: str) -> None:
    assert as_json(SoftLabel)(SoftLabel("A", p)) == f'{{"label":"A","p":{written}}}'


@pytest.mark.parametrize("p", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_hold_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_json(SoftLabel)(SoftLabel("A", p))


def test_a_line_holds_no_other_line_end() -> None:
    line = line_of(json.dumps("a\u2028b\x85c", ensure_ascii=False))

    assert line == b'"a\\u2028b\\u0085c"\n'
    assert json.loads(line) == "a\u2028b\x85c"
