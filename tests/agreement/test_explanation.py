"""The numbers that docs/explanation/choosing-agreement.md shows."""

import re
from pathlib import Path

import pytest

from agreement import Document, Mark, document_metrics, metric_names
from agreement.metrics import ON_REQUEST

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "choosing-agreement.md"
TEN = range(10)
CASES = {
    "one mark of 40 characters each, half of it shared": [Mark("a", 100, 140, "x"), Mark("b", 120, 160, "x")],
    "one mark of 40 characters each, in different places": [Mark("a", 100, 140, "x"), Mark("b", 300, 340, "x")],
    "ten short marks agreed; one of 300 characters by one reader only": [
        Mark("a", 2000, 2300, "x"),
        *(Mark(name, 100 * i, 100 * i + 10, "x") for i in TEN for name in "ab"),
    ],
    "ten places, marked by one to 20 characters and by the other to 60": [
        *(Mark("a", 100 * i, 100 * i + 20, "x") for i in TEN),
        *(Mark("b", 100 * i, 100 * i + 60, "x") for i in TEN),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_the_small_cases_are_what_the_page_says(case):
    found = re.search(rf"^\| {re.escape(case)} \| (\S+) \| (\S+) \| (\S+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    names = ["char_alpha_any", "span_f1_exact", "span_f1_overlap"]
    figures = document_metrics([Document("d", 4000, ("a", "b"), tuple(CASES[case]))], ["x"], names=names)
    assert [round(figures[name].value, 3) for name in names] == [float(number) for number in found.groups()]


def test_every_figure_the_page_names_exists():
    figures = [*metric_names(["X"], tokens=True, ratings=True, values=True), *ON_REQUEST]
    named = re.findall(r"`((?:char|token|span|u|cu|ku|doc|value|gamma)_[A-Za-z0-9_:.]+)`", PAGE.read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if not any(figure.startswith(name.rstrip(".")) for figure in figures)] == []
