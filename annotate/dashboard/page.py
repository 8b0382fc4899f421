"""What the agreement pages are handed: every figure with what it rests on, as plain dataclasses for templates and plots.

``AgreementPage`` is the whole; a view builds it with :func:`agreement_page` from the row that the worker wrote
(``ProjectAgreement`` of the project, or ``AgreementSlice`` of a part of it), without reading a mark or a count. People
are named as the viewer may know them. Whatever has not been computed is an undefined :class:`Figure` that says why, or
an empty tuple; nothing is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from annotate.codebook import enabled_content
from annotate.models import KeptFigures, Project
from annotate.rendering import layers_of
from annotate.scoring.figures import (
    NOT_COMPUTED,
    SHORT_REASONS,
    Family,
    Figure,
    LabelFigures,
    families,
    figure_of,
    figures_by_label,
)


@dataclass(frozen=True, slots=True)
class AsOf:
    """How new the figures are. Values and intervals are computed apart: values at once, intervals when there is time.

    ``revision`` is raised whenever the counts of an article change. ``resampled`` says what was drawn for the
    intervals: "articles", or "groups of articles" in a large project.
    """

    revision: int
    computed_revision: int
    computed_at: datetime | None
    intervals_revision: int
    intervals_at: datetime | None
    resampled: str
    n_documents: int

    @property
    def stale(self) -> bool:
        """Whether readings came in after the values were computed."""
        return self.revision != self.computed_revision or (self.revision > 0 and self.computed_at is None)

    @property
    def intervals_stale(self) -> bool:
        """Whether readings came in after the intervals were computed."""
        return self.computed_at is not None and self.intervals_revision != self.revision


@dataclass(frozen=True, slots=True)
class Split:
    """Why two readers differ: every mark of either, by what answers it (agreement.split); over all pairs of readers.

    ``missed``: nothing of the other's; ``border``: the same label with other borders; ``label``: another label of the
    layer; ``attribute``: the same label and borders, another attribute; ``agreed``: an equal mark. ``total`` is
    without the last.
    """

    missed: int
    border: int
    label: int
    attribute: int
    agreed: int

    @property
    def total(self) -> int:
        return self.missed + self.border + self.label + self.attribute

    @property
    def parts(self) -> tuple[tuple[str, str, int, float], ...]:
        """(key, words, count, share of the total), in the order in which they are drawn; shares 0 where total is 0."""
        named = (
            ("missed", "found by one alone", self.missed),
            ("border", "other borders", self.border),
            ("label", "another label", self.label),
            ("attribute", "another attribute", self.attribute),
        )
        return tuple((key, words, n, n / self.total if self.total else 0.0) for key, words, n in named)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label: its head figures, the share of characters on which two readers say the same, and its split."""

    figures: LabelFigures
    exact: Figure
    iou50: Figure
    percent: float | None
    split: Split | None


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer of the codebook: agreement as if only its labels had been offered, and its labels."""

    code: str
    name: str
    tone: int
    alpha: Figure
    overlap: Figure
    percent: float | None
    labels: tuple[LabelRow, ...]


@dataclass(frozen=True, slots=True)
class PairCell:
    """Two readers, over the articles that both read: alpha of anything marked, overlap F1."""

    a: str
    b: str
    alpha: Figure
    overlap: Figure

    @property
    def n_documents(self) -> int:
        return self.alpha.n_documents or self.overlap.n_documents

    @property
    def heat(self) -> int:
        """Tenths of alpha, from 0 (also below it) to 9: how dark the cell is."""
        return max(0, min(9, int(10 * (self.alpha.value or 0.0))))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Annotator by annotator, symmetric; None on the diagonal and where two never read the same article."""

    names: tuple[str, ...]
    rows: tuple[tuple[PairCell | None, ...], ...]

    @property
    def named_rows(self) -> tuple[tuple[str, tuple[PairCell | None, ...]], ...]:
        return tuple(zip(self.names, self.rows, strict=True))


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One annotator: alpha (anything marked) as if they had read nothing, that minus the alpha with all (above 0: the
    others agree better among themselves), and overlap F1 of them against the others."""

    name: str
    without: Figure
    change: Figure
    overlap: Figure


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of annotators among themselves (``other`` empty), or two against each other.

    ``alpha`` of anything marked; between two groups it is kappa. A group of too few has reasons in place of values.
    """

    name: str
    other: str
    n_annotators: int
    alpha: Figure
    overlap: Figure


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The articles whose last reading was submitted in the week that begins on ``week`` (a Monday)."""

    week: date
    alpha: Figure
    overlap: Figure


@dataclass(frozen=True, slots=True)
class WorstArticle:
    """An article on which readers differ: ``share`` of its characters on which two of them differ, on average."""

    uuid: UUID
    title: str
    share: float
    characters: int
    readers: int


@dataclass(frozen=True, slots=True)
class WorstPassage:
    """A sentence on which readers differ; ``quote`` is text[start:end] of the article."""

    uuid: UUID
    title: str
    start: int
    end: int
    quote: str
    share: float
    readers: int


@dataclass(frozen=True, slots=True)
class Competence:
    """How reliably ``name`` finds the label by the model of Dawid and Skene, over ``n`` characters; None: nothing to find,
    or nothing to leave."""

    name: str
    label: str
    label_name: str
    tone: int
    sensitivity: float | None
    specificity: float | None
    n: int


@dataclass(frozen=True, slots=True)
class CompetenceTable:
    """``rows`` of one cell for each of ``labels``, by annotator; ``left_out``: labels without a model, and why.

    ``n_documents``: the articles that it rests on, a sample in a large project.
    """

    labels: tuple[LabelFigures, ...]
    rows: tuple[tuple[str, tuple[Competence | None, ...]], ...]
    left_out: tuple[tuple[LabelFigures, str], ...]
    n_documents: int


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """Everything; see the module. ``overall``: all labels together, anything marked. ``people_of``: how many articles
    matrix, people and groups rest on where that is a sample, else None. ``not_in_matrix``: people left out of it."""

    as_of: AsOf
    overall: tuple[Figure, ...]
    percent: float | None
    split: Split | None
    layers: tuple[LayerRow, ...]
    families: tuple[Family, ...]
    matrix: Matrix
    people: tuple[PersonRow, ...]
    groups: tuple[GroupRow, ...]
    people_of: int | None
    not_in_matrix: int
    trend: tuple[TrendPoint, ...]
    articles: tuple[WorstArticle, ...]
    passages: tuple[WorstPassage, ...]
    competence: CompetenceTable | None

    @property
    def labels(self) -> tuple[LabelRow, ...]:
        return tuple(label for layer in self.layers for label in layer.labels)

    @property
    def undefined(self) -> tuple[LabelFigures, ...]:
        """The labels without an alpha."""
        return tuple(row.figures for row in self.labels if row.figures.alpha.value is None)

    @property
    def unreliable(self) -> bool:
        """Whether an interval rests on fewer than 20 articles."""
        return any(row.figures.alpha.unreliable for row in self.labels)


def agreement_page(project: Project, kept: KeptFigures, names: Mapping[str, str], *, revision: int) -> AgreementPage:
    """The page from what the worker ``kept`` and the project's present ``revision``; ``names`` by account key as text."""
    metrics, details = kept.metrics, kept.details
    return AgreementPage(
        as_of=as_of(kept, revision),
        overall=(
            figure_of("All labels together", metrics.get("char_alpha_set_nominal")),
            figure_of("Anything marked", metrics.get("char_alpha_any")),
        ),
        percent=details.get("percent", {}).get(""),
        split=_split(details.get("splits", {}).get("")),
        layers=_layers(project, metrics, kept.summary, details),
        families=tuple(families(project, metrics)),
        matrix=_matrix(details.get("pairs", ()), names),
        people=_people(details.get("people", ()), names),
        groups=tuple(
            GroupRow(
                row["name"],
                row["other"],
                row["n_annotators"],
                figure_of("alpha", row["alpha"]),
                figure_of("overlap", row["overlap"]),
            )
            for row in details.get("groups", ())
        ),
        people_of=details.get("people_of"),
        not_in_matrix=details.get("not_in_matrix", 0),
        trend=tuple(
            TrendPoint(
                date.fromisoformat(row["week"]), figure_of("alpha", row["alpha"]), figure_of("overlap", row["overlap"])
            )
            for row in details.get("trend", ())
        ),
        articles=tuple(
            WorstArticle(UUID(row["uuid"]), row["title"], row["share"], row["characters"], row["readers"])
            for row in details.get("articles", ())
        ),
        passages=tuple(
            WorstPassage(
                UUID(row["uuid"]), row["title"], row["start"], row["end"], row["quote"], row["share"], row["readers"]
            )
            for row in details.get("passages", ())
        ),
        competence=_competence(details.get("competence"), figures_by_label(project, metrics, kept.summary), names),
    )


def _competence(
    kept: Mapping[str, Any] | None, labels: Sequence[LabelFigures], names: Mapping[str, str]
) -> CompetenceTable | None:
    if kept is None:
        return None
    models = kept["labels"]
    shown = [label for label in labels if label.code in models and "reason" not in models[label.code]]
    cells = {
        (one["annotator"], label.code): Competence(
            name=_name(names, one["annotator"]),
            label=label.code,
            label_name=label.name,
            tone=label.tone,
            sensitivity=one["sensitivity"],
            specificity=one["specificity"],
            n=one["n"],
        )
        for label in shown
        for one in models[label.code]["annotators"]
    }
    people = sorted({key for key, _ in cells}, key=lambda key: (_name(names, key).casefold(), key))
    return CompetenceTable(
        labels=tuple(shown),
        rows=tuple((_name(names, key), tuple(cells.get((key, label.code)) for label in shown)) for key in people),
        left_out=tuple(
            (label, SHORT_REASONS.get(models[label.code]["reason"], "undefined"))
            for label in labels
            if label.code in models and "reason" in models[label.code]
        ),
        n_documents=kept["of"],
    )


def as_of(kept: KeptFigures, revision: int) -> AsOf:
    """``revision``: that of the project's counts now."""
    return AsOf(
        revision=revision,
        computed_revision=kept.computed_revision,
        computed_at=kept.computed_at,
        intervals_revision=kept.intervals_revision,
        intervals_at=kept.intervals_at,
        resampled=kept.details.get("resampled", "articles"),
        n_documents=kept.metrics.get("char_alpha_any", {}).get("n_documents", 0),
    )


def _layers(
    project: Project, metrics: Mapping[str, Any], summary: Mapping[str, Any], details: Mapping[str, Any]
) -> tuple[LayerRow, ...]:
    by_code = {row.code: row for row in figures_by_label(project, metrics, summary)}
    percent, splits, of_layers = (details.get(name, {}) for name in ("percent", "splits", "layers"))
    rows = []
    for layer in layers_of(enabled_content(project.codebook.content, project.switches)):
        own = of_layers.get(layer["code"], {})
        labels = tuple(
            LabelRow(
                figures=by_code[label["code"]],
                exact=figure_of(label["name"], metrics.get(f"span_f1_exact_label:{label['code']}")),
                iou50=figure_of(label["name"], metrics.get(f"span_f1_iou50_label:{label['code']}")),
                percent=percent.get(label["code"]),
                split=_split(splits.get(label["code"])),
            )
            for label in layer["labels"]
        )
        rows.append(
            LayerRow(
                code=layer["code"],
                name=layer["name"],
                tone=layer["tone"],
                alpha=figure_of(layer["name"], own.get("alpha")),
                overlap=figure_of(layer["name"], own.get("overlap")),
                percent=own.get("percent"),
                labels=labels,
            )
        )
    return tuple(rows)


def _split(counts: Mapping[str, int] | None) -> Split | None:
    if counts is None:
        return None
    return Split(counts["missed"], counts["border"], counts["label"], counts["attribute"], counts["agreed"])


def _matrix(pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Matrix:
    people = sorted(
        {person for pair in pairs for person in (pair["a"], pair["b"])}, key=lambda key: _name(names, key).casefold()
    )
    cells: dict[tuple[str, str], PairCell] = {}
    for pair in pairs:
        for a, b in ((pair["a"], pair["b"]), (pair["b"], pair["a"])):
            cells[a, b] = PairCell(
                _name(names, a),
                _name(names, b),
                figure_of("alpha", pair["alpha"]),
                figure_of("overlap", pair["overlap"]),
            )
    return Matrix(
        tuple(_name(names, key) for key in people),
        tuple(tuple(cells.get((a, b)) for b in people) for a in people),
    )


def _people(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> tuple[PersonRow, ...]:
    people = [
        PersonRow(
            _name(names, row["annotator"]),
            figure_of("without", row["without"]),
            figure_of("change", row["change"]),
            figure_of("overlap", row["overlap"]),
        )
        for row in rows
    ]
    return tuple(sorted(people, key=lambda person: person.name.casefold()))


def _name(names: Mapping[str, str], key: str) -> str:
    return names.get(key, "former member")


__all__ = [
    "NOT_COMPUTED",
    "AgreementPage",
    "AsOf",
    "Competence",
    "CompetenceTable",
    "GroupRow",
    "LabelRow",
    "LayerRow",
    "Matrix",
    "PairCell",
    "PersonRow",
    "Split",
    "TrendPoint",
    "WorstArticle",
    "WorstPassage",
    "agreement_page",
    "as_of",
]
