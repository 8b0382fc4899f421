"""Which plots the agreement pages have: from figures to something a template draws, on the page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from annotate.dashboard.page import AgreementPage
from annotate.dashboard.plots import Bars, Estimate, Plot, Point, Trend, dot_plot, stacked_bars, trend_plot
from annotate.dashboard.published import BY_LABEL, Published
from annotate.scoring.figures import Figure

KINDS = ("found by one alone", "other borders", "another label", "another attribute")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot in both widths; ``name`` is that of its file and of its elements."""

    name: str
    template: str
    title: str
    desc: str
    wide: Plot | Bars | Trend
    narrow: Plot | Bars | Trend


def _dots(
    name: str, title: str, desc: str, estimates: Sequence[Estimate], *, head: str = "", near: bool = False
) -> Drawing:
    wide, narrow = (dot_plot(estimates, narrow=narrow, head=head, near=near) for narrow in (False, True))
    return Drawing(name, "annotate/plots/dots.svg", title, desc, wide, narrow)


def estimate_of(
    figure: Figure, tone: int | None, *, name: str = "", published: Sequence[Published] = (), head: bool = False
) -> Estimate:
    """``figure`` as a row of dots."""
    return Estimate(
        name=name or figure.name,
        tone=tone,
        value=figure.value,
        interval=figure.interval,
        unreliable=figure.unreliable and figure.interval is not None,
        why="" if figure.value is not None else figure.short_why,
        published=tuple((one.value, one.words) for one in published),
        head=head,
    )


def labels(page: AgreementPage) -> Drawing:
    """Alpha of every layer and of its labels."""
    estimates = []
    for layer in page.layers:
        estimates.append(estimate_of(layer.alpha, layer.tone, head=True))
        estimates += [
            estimate_of(
                row.figures.alpha,
                layer.tone,
                published=BY_LABEL.get(row.figures.code, ()),
            )
            for row in layer.labels
        ]
    return _dots(
        "labels",
        "Agreement per label and layer",
        "Krippendorff’s alpha over characters with its 95% interval, for each layer and label. The table has every value.",
        estimates,
        head="all labels of a layer",
    )


def without(page: AgreementPage) -> Drawing:
    """Alpha of everybody, and of all but one."""
    everybody = [estimate_of(page.overall[1], None, name="Everybody", head=True)]
    rows = [estimate_of(person.without, None, name=f"Without {person.name}") for person in page.people]
    return _dots(
        "without-one",
        "Agreement without one annotator",
        "Krippendorff’s alpha over characters, anything marked, of everybody and of all but one annotator.",
        everybody + rows,
        head="everybody",
        near=True,
    )


def groups(page: AgreementPage) -> Drawing:
    """Alpha within groups of annotators, and between them."""
    return _dots(
        "groups",
        "Agreement within and between groups of annotators",
        "Krippendorff’s alpha over characters, anything marked, among the members of each group, and kappa between groups.",
        [
            estimate_of(row.alpha, None, name=f"{row.name} – {row.other}" if row.other else row.name)
            for row in page.groups
        ],
    )


def split(page: AgreementPage) -> Drawing:
    """Of what the disagreement on each label consists."""
    rows = [
        (row.figures.name, row.figures.tone, [float(part[2]) for part in row.split.parts] if row.split else [0.0])
        for row in page.labels
    ]
    return Drawing(
        "disagreement",
        "annotate/plots/bars.svg",
        "What the disagreement consists of, per label",
        "Of the marks of two readers that are not equal: found by one alone, other borders, another label, another "
        "attribute. The table has every value.",
        stacked_bars(rows, KINDS),
        stacked_bars(rows, KINDS, narrow=True),
    )


def trend(page: AgreementPage) -> Drawing:
    """Alpha of the articles completed in each week."""
    points = [
        Point(
            start=point.week,
            end=point.week + timedelta(days=6),
            value=point.alpha.value,
            interval=point.alpha.interval,
            n_documents=point.alpha.n_documents,
            unreliable=point.alpha.n_documents < 20,
            why=point.alpha.why,
        )
        for point in page.trend
    ]
    return Drawing(
        "weeks",
        "annotate/plots/trend.svg",
        "Agreement week by week",
        "Krippendorff’s alpha over characters, all labels together, of the articles completed in each week. The table "
        "has every value.",
        trend_plot(points),
        trend_plot(points, narrow=True),
    )


DRAWINGS: Mapping[str, Callable[[AgreementPage], Drawing]] = MappingProxyType(
    {"labels": labels, "without-one": without, "groups": groups, "disagreement": split, "weeks": trend}
)


def drawn(page: AgreementPage, names: Iterable[str]) -> dict[str, Any]:
    """What templates need beside the figures: plots by name, published values by label, and ``whats``, where the
    buttons "what is this?" note the texts that the page has to hold."""
    return {
        "drawings": {name.replace("-", "_"): DRAWINGS[name](page) for name in names},
        "elsewhere": BY_LABEL,
        "whats": {},
    }
