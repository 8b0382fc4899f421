"""The agreement page's tables as CSV: names of columns that say what they hold, an undefined figure empty with its reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from annotate.dashboard.page import AgreementPage
from annotate.scoring.figures import Figure
from corpus.rejected_files import defused

type Cell = str | int | float | None
BYTE_ORDER_MARK = "\ufeff"  # With it, spreadsheets read UTF-8.
FIGURE = ("value", "reason", "interval_low", "interval_high", "interval_unreliable", "articles", "annotators")


def _figure(figure: Figure) -> list[Cell]:
    low, high = figure.interval or (None, None)
    unreliable = None if figure.interval is None else str(figure.unreliable).lower()
    return [figure.value, figure.why, low, high, unreliable, figure.n_documents, figure.n_annotators]


def _prefixed(name: str) -> list[str]:
    return [f"{name}_{column}" for column in FIGURE]


def labels(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Layers, then their labels; the last two rows are of all labels together and of anything marked."""
    yield [
        "layer", "label", "label_name", *_prefixed("alpha"), "percent_agreement", "prevalence", "marks",
        "f1_exact", "f1_iou50", "f1_overlap", "f1_overlap_reason",
    ]  # fmt: skip
    for layer in page.layers:
        yield [
            layer.code, "", layer.name, *_figure(layer.alpha), layer.percent, None, None,
            None, None, layer.overlap.value, layer.overlap.why,
        ]  # fmt: skip
        for row in layer.labels:
            own = row.figures
            yield [
                layer.code, own.code, own.name, *_figure(own.alpha), row.percent, own.prevalence, own.marks,
                row.exact.value, row.iou50.value, own.overlap.value, own.overlap.why,
            ]  # fmt: skip
    for figure in page.overall:
        yield ["", "", figure.name, *_figure(figure), None, None, None, None, None, None, ""]


def pairs(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Every two annotators once."""
    yield ["annotator_a", "annotator_b", *_prefixed("alpha"), "f1_overlap", "f1_overlap_reason"]
    for number, row in enumerate(page.matrix.rows):
        for cell in row[number + 1 :]:
            if cell is not None:
                yield [cell.a, cell.b, *_figure(cell.alpha), cell.overlap.value, cell.overlap.why]


def without(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Everybody but one; ``change`` is that agreement minus the agreement of all."""
    yield ["left_out", *_prefixed("alpha"), *_prefixed("change"), *_prefixed("f1_overlap_with_the_others")]
    for person in page.people:
        yield [person.name, *_figure(person.without), *_figure(person.change), *_figure(person.overlap)]


def groups(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Groups among themselves (``other`` empty) and against each other."""
    yield ["group", "other", "members", *_prefixed("alpha"), *_prefixed("f1_overlap")]
    for row in page.groups:
        yield [row.name, row.other, row.n_annotators, *_figure(row.alpha), *_figure(row.overlap)]


def competence(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Every annotator and label of which there is a model (Dawid and Skene)."""
    yield ["annotator", "label", "label_name", "sensitivity", "specificity", "characters"]
    for _, cells in page.competence.rows if page.competence else ():
        for cell in cells:
            if cell is not None:
                yield [cell.name, cell.label, cell.label_name, cell.sensitivity, cell.specificity, cell.n]


def split(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """How many marks differ in which way, per label; empty where that has not been counted."""
    yield ["label", "label_name", "found_by_one_alone", "other_borders", "another_label", "another_attribute"]
    for row in page.labels:
        parts = [part[2] for part in row.split.parts] if row.split else [None] * 4
        yield [row.figures.code, row.figures.name, *parts]
    if page.split:
        yield ["", "All labels together", *(part[2] for part in page.split.parts)]


def trend(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Weeks by their Monday."""
    yield ["week_from", *_prefixed("alpha"), "f1_overlap", "f1_overlap_reason"]
    for point in page.trend:
        yield [point.week.isoformat(), *_figure(point.alpha), point.overlap.value, point.overlap.why]


def articles(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Articles on which readers differ most."""
    yield ["article", "headline", "share_differing", "characters", "readers"]
    for row in page.articles:
        yield [str(row.uuid), row.title, row.share, row.characters, row.readers]


def passages(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Passages on which readers differ most."""
    yield ["article", "headline", "start", "end", "quote", "share_differing", "readers"]
    for row in page.passages:
        yield [str(row.uuid), row.title, row.start, row.end, row.quote, row.share, row.readers]


def figures(page: AgreementPage) -> Iterator[Sequence[Cell]]:
    """Every figure under its name in ``python -m agreement``."""
    yield ["metric", "label_name", *FIGURE]
    for family in page.families:
        for figure in family.figures:
            yield [figure.metric, figure.label, *_figure(figure)]


TABLES: Mapping[str, Callable[[AgreementPage], Iterable[Sequence[Cell]]]] = MappingProxyType(
    {
        "labels": labels,
        "pairs": pairs,
        "without-one": without,
        "groups": groups,
        "competence": competence,
        "disagreement": split,
        "weeks": trend,
        "articles": articles,
        "passages": passages,
        "figures": figures,
    }
)


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Comma-separated; None is an empty cell, and no words act as a formula in a spreadsheet."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    return defused(cell) if isinstance(cell, str) else cell
