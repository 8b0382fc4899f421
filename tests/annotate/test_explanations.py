"""Every figure has its words, and no published value comes from memory."""

import pytest

from agreement import metric_names
from agreement.metrics import ON_REQUEST
from agreement.schema import KINDS, Field, Schema
from annotate.dashboard.explanations import EXPLANATIONS, explanation_of
from annotate.dashboard.published import BY_LABEL, READ, RECOMPUTED
from annotate.scoring.figures import FAMILIES

FIELDS = {kind: Field(kind, ("one", "two")) for kind in KINDS}
SCHEMA = Schema(
    questions=FIELDS,
    attributes={f"FRAME.{name}": field for name, field in FIELDS.items()},
    relations=("ATTRIBUTED_TO",),
)
METRICS = [*metric_names(["FRAME"], tokens=True, ratings=True, values=True, schema=SCHEMA), *ON_REQUEST]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_explained(metric):
    found = explanation_of(metric)

    assert all((found.title, found.definition, found.rests_on, found.reading))


def test_every_metric_has_one_family():
    assert [sum(metric.startswith(prefix) for prefix, _, _ in FAMILIES) for metric in METRICS[: -len(ON_REQUEST)]] == [
        1
    ] * (len(METRICS) - len(ON_REQUEST))


def test_a_figure_that_nobody_explained_is_an_error():
    with pytest.raises(KeyError):
        explanation_of("happiness")


def test_no_two_figures_have_one_title():
    titles = [one.title for one in EXPLANATIONS.values()]

    assert len(titles) == len(set(titles))


def test_what_is_published_was_read_or_computed_again():
    shown = {figure for one in EXPLANATIONS.values() for figure in one.published}
    shown |= {figure for some in BY_LABEL.values() for figure in some}

    assert {figure.known for figure in shown} == {READ, RECOMPUTED}
    assert all(0 < figure.value < 1 for figure in shown)
