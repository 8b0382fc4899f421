"""manifest.json: what a release is made of and how, so that it can be checked and made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from annotate.models import Codebook, Project, ProjectArticle
from release.columns import Json
from release.records import SCHEMA_VERSION
from release.rows import Counts
from release.splits import SEED, SHARES
from release.units import THRESHOLD, clustering_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller decided about a release.

    ``threshold``: least intersection over union that links two marks to a unit. ``exclusions``: articles left out of
    this release besides those that the project leaves out, by uuid, with the reason.
    """

    version: str
    text_mode: str
    include_unfinished: bool
    previous_version: str | None
    bootstrap: int
    seed: int
    tool_version: str
    formats: tuple[str, ...] = ()
    times: str = "second"
    previous: Mapping[str, Any] | None = None  # manifest of the previous version
    threshold: Fraction = THRESHOLD
    exclusions: Mapping[str, str] = field(default_factory=dict)


def manifest_of(
    *,
    project: Project,
    codebook: Codebook,
    guideline_version: str | None,
    terms: Terms,
    counts: Counts,
    created: str,
    figures: Mapping[str, float | None],
    drawn: str,
    units: Mapping[str, int],
) -> dict[str, Json]:
    """All but ``files``, which the caller adds: every other file, as it was written."""
    by_project = ProjectArticle.objects.filter(project=project, excluded=True).values_list(
        "article__uuid", "excluded_reason"
    )
    excluded = {**terms.exclusions, **{str(uuid): reason for uuid, reason in by_project}}
    return {
        "schema_version": SCHEMA_VERSION,
        "name": project.slug,
        "title": project.title,
        "version": terms.version,
        "previous_version": terms.previous_version,
        "created": created,
        "tool": "slantwise",
        "tool_version": terms.tool_version,
        "guidelines": guideline_version,
        "codebook": {"name": codebook.name, "version": codebook.version, "sha256": codebook.sha256},
        "switches": dict(project.switches),
        "text_mode": terms.text_mode,
        "include_unfinished": terms.include_unfinished,
        "times": terms.times,
        "formats": list(terms.formats),
        "offset_unit": "unicode_code_point",
        "annotators_per_article": project.annotators_per_article,
        "blind_fields": sorted(project.blind_fields),
        **clustering_of(terms.threshold),
        "agreement": {
            "bootstrap": terms.bootstrap,
            "seed": terms.seed,
            "interval": f"percentile bootstrap over {drawn}, 2.5 and 97.5",
            "counts": "complete readings; an empty one counts as nothing marked",
            "figures": dict(figures),
        },
        "splits": {
            "by": "event_id",
            "seed": SEED,
            "shares": {name: round(upto - before, 9) for (name, upto), before in _shares()},
            "rule": "SHA-256 of seed/event_id; without an event: its group of near duplicates, else the article",
            "articles": dict(counts.splits),
        },
        "counts": {
            "articles": sum(counts.splits.values()),
            "annotations": dict(counts.statuses),
            "annotators": len(counts.readings),
            "spans": counts.spans,
            "relations": counts.relations,
            "spans_by_layer_and_label": {layer: dict(labels) for layer, labels in counts.labels.items()},
            "units_by_layer": dict(units),
        },
        "excluded": [{"article_id": uuid, "reason": excluded[uuid]} for uuid in sorted(excluded)],
    }


def _shares() -> list[tuple[tuple[str, float], float]]:
    return list(zip(SHARES, [0.0, *(upto for _, upto in SHARES)], strict=False))
