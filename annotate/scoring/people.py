"""Agreement of pairs of annotators, of everybody with the others, and of groups, as the worker stores it.

``pairs`` [{"a", "b", "alpha", "overlap"}], ``people`` [{"annotator", "without", "change", "overlap"}], ``groups``
[{"name", "other", "n_annotators", "alpha", "overlap"}], ``people_of``: how many articles these rest on where not all, ``not_in_matrix``:
how many people ``pairs`` leave out, those who read least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from agreement import Metric, StatRow, annotator_figures, group_figures, pair_figures, printed
from agreement.documents import LabelIndexes
from annotate.models import Membership, Project, Role
from annotate.scoring.counts import Counts

# A group of fewer is one person, and its figures would be that person's.
MINIMUM_GROUP = 2
# Intervals of pairs and people are for a look at who stands out.
MOST_RESAMPLES = 200
# Pairs grow with the square of the people: beyond, the matrix has those who read most, and of many pairs no intervals.
MOST_IN_MATRIX = 25
MOST_WITH_INTERVALS = 15


def of_people(
    counts: Counts, rows: Mapping[str, list[StatRow]], labels: LabelIndexes, bootstrap: int, seed: int
) -> dict[str, Any]:
    """Pairs of annotators, everybody against the others, groups; ``rows`` of the articles one by one, or a sample."""
    with_counts = sum(1 for own in rows.values() if own)
    drawn = min(bootstrap, MOST_RESAMPLES)
    everybody = readings_of(rows)
    shown = {name for name, _ in everybody.most_common(MOST_IN_MATRIX)}
    among = {name: [row for row in own if {row.annotator_a, row.annotator_b} <= shown] for name, own in rows.items()}
    pairs = pair_figures(
        among, labels, drawn if len(shown) <= MOST_WITH_INTERVALS else None, seed, criteria=["overlap"]
    )
    people = annotator_figures(
        rows, labels, drawn if len(everybody) <= MOST_IN_MATRIX else None, seed, criteria=["overlap"]
    )
    groups = group_figures(rows, labels, groups_of(counts.project), MINIMUM_GROUP, drawn, seed, criteria=["overlap"])
    members = Counter(groups_of(counts.project).values())
    within = [
        {"name": name, "other": "", "n_annotators": members[name], **_of_two(own, "char_alpha_any")}
        for name, own in groups.within.items()
    ]
    between = [
        {"name": one, "other": other, "n_annotators": members[one] + members[other], **_of_two(own, "char_kappa_any")}
        for (one, other), own in groups.between.items()
    ]
    return {
        "pairs": [{"a": a, "b": b, **_of_two(own, "char_alpha_any")} for (a, b), own in pairs.items()],
        "people": [
            {
                "annotator": name,
                "without": printed(own.without)["char_alpha_any"],
                "change": printed(own.change)["char_alpha_any"],
                "overlap": printed(own.with_others)["span_f1_overlap"],
            }
            for name, own in people.items()
        ],
        "groups": within + between,
        "not_in_matrix": len(everybody) - len(shown),
        "people_of": with_counts if with_counts < counts.totals.n_documents else counts.sampled,
    }


def readings_of(rows: Mapping[str, list[StatRow]]) -> Counter[str]:
    """How many of the articles each annotator read together with somebody else; in the order of their names."""
    counted = Counter(row.annotator_a for own in rows.values() for row in own if row.measure == "reading")
    return Counter(dict(sorted(counted.items())))


def groups_of(project: Project) -> dict[str, str]:
    """The group of each annotator who has one, by account key as text."""
    members = Membership.objects.filter(project=project, role=Role.ANNOTATOR).exclude(group="")
    return {str(user): group for user, group in members.values_list("user_id", "group")}


def _of_two(found: Mapping[str, Metric], alpha: str) -> dict[str, Any]:
    shown = printed({name: found[name] for name in (alpha, "span_f1_overlap")})
    return {"alpha": shown[alpha], "overlap": shown["span_f1_overlap"]}
