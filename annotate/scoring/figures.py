"""The figures of agreement as the pages say them: per label, in families, and in words where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agreement import metric_names
from annotate.codebook import enabled_content
from annotate.models import Project
from annotate.rendering import layers_of
from annotate.scoring.adapter import schema_of

REASONS = {
    "no_pairable_units": "not defined yet, because no article has been read by two people",
    "no_variation": "not defined yet, because nothing varies: where two people read, it is marked nowhere or everywhere",
    "no_spans": "not defined yet, because nobody has marked it in an article that two people read",
    "self_overlap": "not defined, because somebody's marks overlap each other, which this measure is not made for",
    "not_numeric": "not defined, because not all answers are numbers",
    "group_too_small": "not shown, because a figure of so few people would be one of persons",
    "too_few_annotators": "not defined, because fewer than three people read",
    "too_many_values": "not computed, because there are more than 500 different values",
    "no_relations": "not defined yet, because nobody has linked marks in this way",
    "not_finished": "not computed, because no article was finished within the limits",
}
# The same of what is said of a mark or an article.
REASONS_OF_VALUES = {
    "no_pairable_units": "not defined yet, because no two people gave a value for the same thing",
    "no_variation": "not defined, because all values are the same",
}
OF_VALUES = ("doc_", "attribute_", "value_")
# The same where there is little room.
SHORT_REASONS = {
    "no_pairable_units": "undefined: no article read by two",
    "no_variation": "undefined: nothing varies",
    "no_spans": "undefined: nobody marked it",
    "self_overlap": "undefined: marks overlap each other",
    "not_numeric": "undefined: answers are no numbers",
    "group_too_small": "not shown: too few people",
    "too_few_annotators": "undefined: fewer than three readers",
    "too_many_values": "not computed: too many values",
    "no_relations": "undefined: nobody linked it",
    "not_finished": "not computed within the limits",
}
NOT_COMPUTED = "not computed yet"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric as shown; ``why`` says in words that, and why, ``value`` is None. ``metric``: its whole name."""

    name: str
    value: float | None
    interval: tuple[float, float] | None
    unreliable: bool
    why: str
    n_documents: int
    n_annotators: int
    label: str = ""
    tone: int | None = None
    reason: str = ""
    metric: str = ""

    @property
    def short_why(self) -> str:
        """``why`` for a plot or a cell; "" where there is a value."""
        if self.value is not None:
            return ""
        return SHORT_REASONS.get(self.reason, "undefined" if self.reason else NOT_COMPUTED)


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """A row of the table beside the plot."""

    code: str
    name: str
    tone: int
    marks: int
    prevalence: float | None
    alpha: Figure
    overlap: Figure


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that answer one question, with what to know when reading them."""

    title: str
    explanation: str
    figures: tuple[Figure, ...]


# Prefix of the metrics' names, title, explanation; no prefix begins another.
FAMILIES = (
    (
        "char_alpha_",
        "Alpha over characters",
        "Krippendorff's alpha with the character as the unit. 1 is perfect agreement, 0 is what chance gives, below 0 "
        "is worse than chance. Every label alone (label), anything marked at all (any), and the whole set of labels a "
        "character carries: equal or not (set_nominal), or with part credit for shared labels (set_jaccard, set_masi). "
        "Characters of one mark hang together, so the interval comes from resampling articles.",
    ),
    (
        "span_f1_",
        "Matching of marks",
        "Of two annotators, how many marks find a partner: twice the pairs, divided by the marks of both. exact wants "
        "the same characters, iou50 at least half of them, overlap one. Not corrected for chance, and so untouched by "
        "how long the articles are. unlabelled leaves the labels aside.",
    ),
    (
        "u_alpha",
        "Unitizing alpha",
        "Krippendorff's alpha for marks and gaps as units of unequal length. binary compares only marked with "
        "unmarked. It is not made for an annotator's marks that overlap each other.",
    ),
    (
        "cu_",
        "Labels where both marked",
        "Agreement on the label within the characters that both annotators marked, whatever they left out; coverage "
        "is the share of characters it speaks for.",
    ),
    (
        "ku_",
        "One label where both marked",
        "As above, for one label against the others.",
    ),
    (
        "token_alpha_",
        "Alpha over words",
        "As alpha over characters, with a word or sign of punctuation as the unit: long words count no more than "
        "short ones.",
    ),
    (
        "doc_",
        "Questions about the article",
        "Alpha with the article as the unit, for answers about it as a whole, and the share of pairs of answers that are "
        "equal.",
    ),
    (
        "attribute_",
        "Attributes of marks",
        "Agreement on what two people say of a mark that both have made: marks under the same label are paired as they "
        "overlap most, and the values of each pair are compared. What only one of the two marked is left out, so read "
        "it beside F1.",
    ),
    (
        "relation_",
        "Links between marks",
        "Of two annotators, how many links find a partner: one of the same type between marks that are paired at both "
        "ends. unlabelled leaves the types aside.",
    ),
    ("value_", "Values", "Agreement on the numbers that were read from the text."),
)


def figure_of(name: str, metric: Mapping[str, Any] | None) -> Figure:
    """``metric`` as printed by ``python -m agreement``; None (not computed yet) reads as undefined."""
    if metric is None:
        return Figure(name, None, None, unreliable=False, why=NOT_COMPUTED, n_documents=0, n_annotators=0)
    interval = metric.get("ci")
    return Figure(
        name=name,
        value=metric["value"],
        interval=None if interval is None else (interval[0], interval[1]),
        unreliable=bool(metric.get("interval_unreliable")),
        why="" if metric["value"] is not None else REASONS.get(metric.get("reason", ""), metric.get("reason", "")),
        n_documents=metric["n_documents"],
        n_annotators=metric["n_annotators"],
        reason=metric.get("reason", ""),
    )


def figures_by_label(project: Project, metrics: Mapping[str, Any], summary: Mapping[str, Any]) -> list[LabelFigures]:
    """A row for each label switched on, in the codebook's order."""
    marked = summary.get("labels", {})
    return [
        LabelFigures(
            code=label["code"],
            name=label["name"],
            tone=layer["tone"],
            marks=marked.get(label["code"], {}).get("marks", 0),
            prevalence=marked.get(label["code"], {}).get("prevalence"),
            alpha=figure_of(label["name"], metrics.get(f"char_alpha_label:{label['code']}")),
            overlap=figure_of(label["name"], metrics.get(f"span_f1_overlap_label:{label['code']}")),
        )
        for layer in layers_of(enabled_content(project.codebook.content, project.switches))
        for label in layer["labels"]
    ]


def families(project: Project, metrics: Mapping[str, Any]) -> list[Family]:
    """All figures, in families; those of one label bear its name and tone, of an attribute that of its label too."""
    layers = layers_of(enabled_content(project.codebook.content, project.switches))
    looks = named_parts(layers)
    grouped: dict[str, list[Figure]] = {prefix: [] for prefix, _, _ in FAMILIES}
    labels = [label["code"] for layer in layers for label in layer["labels"]]
    # The database keeps no order of keys.
    for name in metric_names(labels, tokens=True, ratings=True, values=True, schema=schema_of(project)):
        if name not in metrics:
            continue
        prefix = next(prefix for prefix, _, _ in FAMILIES if name.startswith(prefix))
        measure, _, code = name.partition(":")
        found = figure_of(measure, metrics[name])
        path, _, option = code.partition("=")
        label, tone = looks.get(path, (path, None))
        why = REASONS_OF_VALUES.get(found.reason, found.why) if prefix in OF_VALUES else found.why
        words = f"{label} = {option}" if option else label
        grouped[prefix].append(replace(found, label=words, tone=tone, why=why, metric=name))
    return [Family(title, text, tuple(grouped[prefix])) for prefix, title, text in FAMILIES if grouped[prefix]]


def named_parts(layers: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, int | None]]:
    """Name and tone of every label by its code, and of every attribute by "LABEL.name"."""
    named: dict[str, tuple[str, int | None]] = {}
    for layer in layers:
        for label in layer["labels"]:
            named[label["code"]] = (label["name"], layer["tone"])
            for attribute in label["attributes"]:
                named[f"{label['code']}.{attribute['name']}"] = (
                    f"{label['name']}: {attribute['title']}",
                    layer["tone"],
                )
    return named
