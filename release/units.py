"""Units: the passages that several annotators marked, and what all of them together say of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from agreement.clusters import Cluster, LabelShare, LayerMark, clusters
from release.columns import Json
from release.records import AggregatedSpan, Annotation, SoftAttribute, SoftLabel, Span, Support
from release.rows import Scheme, attributes_of, member_id

THRESHOLD = Fraction(1, 2)


def clustering_of(threshold: Fraction) -> Mapping[str, Json]:
    """What agreement.clusters does with this threshold, in words for the manifest."""
    return {
        "clustering": {
            "rule": "two spans of one layer by different annotators are linked where their intersection over union, in "
            "characters covered, reaches the threshold; a unit is a connected component of these links",
            "threshold": f"{threshold.numerator}/{threshold.denominator}",
            "passage": "hull of the characters that at least half of those who marked cover",
        },
        "hard_label_rule": "the label, or O for no mark, with the largest share of the votes of all annotators who "
        "completed the article; an annotator with several labels in a unit splits the vote equally",
        "tie_rule": "no hard label",
    }


def units_of(
    text: str,
    annotations: Sequence[Annotation],
    scheme: Scheme,
    *,
    shown: bool,
    threshold: Fraction = THRESHOLD,
) -> Iterator[AggregatedSpan]:
    """Units of an article by layer in codebook order, numbered from 1 by place in the text.

    Only complete readings count. ``shown``: whether the passage's text may go in. ``threshold``: least intersection
    over union that links two marks, above 0 and up to 1.
    """
    complete = [annotation for annotation in annotations if annotation.status == "complete"]
    with_attributes: dict[str, Span] = {}
    marks: list[LayerMark] = []
    for annotation in complete:
        annotation_id, annotator = annotation.annotation_id, annotation.annotator_id
        for span in annotation.spans:
            name = member_id(annotation_id, span.span_id)
            pieces = tuple((piece.start, piece.end) for piece in span.fragments) if len(span.fragments) > 1 else ()
            marks.append(LayerMark(name, annotator, span.layer, span.label, span.start, span.end, pieces))
            if span.attributes:
                with_attributes[name] = span
    if not marks:
        return
    by_layer: dict[str, list[Cluster]] = {}
    for cluster in clusters(marks, {annotation.annotator_id for annotation in complete}, threshold):
        by_layer.setdefault(cluster.layer, []).append(cluster)
    article_id = complete[0].article_id
    for layer in scheme.layers:
        for number, cluster in enumerate(by_layer.get(layer, ()), 1):
            start, end = cluster.start, cluster.end
            # In the order of the record's fields: names would take as long as the rest.
            yield AggregatedSpan(
                f"{article_id}.{layer}.{number}",
                article_id,
                layer,
                cluster.n_annotators,
                cluster.n_marked,
                list(cluster.members),
                start,
                end,
                text[start:end] if shown else None,
                cluster.core_start,
                cluster.core_end,
                cluster.union_start,
                cluster.union_end,
                [Support(first, last, share) for first, last, share in cluster.char_support],
                _soft_labels(cluster.soft_label),
                cluster.hard_label,
                cluster.resolution,
                _of_members(cluster.members, with_attributes) if with_attributes else [],
                cluster.mean_iou,
            )


@lru_cache(maxsize=4096)  # few labels and annotators give few shares
def _soft_labels(shares: tuple[LabelShare, ...]) -> list[SoftLabel]:
    return [SoftLabel(share.label, share.p) for share in shares]


def _of_members(members: Sequence[str], with_attributes: Mapping[str, Span]) -> list[SoftAttribute]:
    return soft_attributes([with_attributes[member] for member in members if member in with_attributes])


def soft_attributes(spans: Sequence[Span]) -> list[SoftAttribute]:
    """Shares of values among the spans that set the attribute, by name, then share, then value.

    A span with several values of one attribute counts for each of them, so such shares may sum to more than 1.
    """
    if len(spans) == 1:
        given = sorted({(value.name, value.value) for value in spans[0].attributes})
        return [SoftAttribute(name, value, 1.0, 1) for name, value in given]
    spans_with: dict[str, int] = {}
    votes: dict[tuple[str, str], int] = {}
    for span in spans:
        for name, values in attributes_of(span.attributes).items():
            spans_with[name] = spans_with.get(name, 0) + 1
            for value in set(values):
                votes[name, value] = votes.get((name, value), 0) + 1
    found = sorted(votes.items(), key=lambda vote: (vote[0][0], -vote[1], vote[0][1]))
    return [SoftAttribute(name, value, count / spans_with[name], spans_with[name]) for (name, value), count in found]
