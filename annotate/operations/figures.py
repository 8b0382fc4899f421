"""The figures of agreement that a project's pages show: values from the totals at once, intervals when there is time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agreement import metrics, printed
from annotate.details import quick_details, worst_passages
from annotate.models import KeptFigures, Project, ProjectAgreement
from annotate.operations.totals import settle_changes
from annotate.scoring import label_indexes, project_metrics
from annotate.summary import project_summary
from annotate.totals import metrics_of, prevalences_of, project_totals, rows_by_part

# Up to so many articles intervals come from drawing articles, beyond from drawing the parts that totals are kept of.
MOST_DRAWN = 2_000
# Intervals take at most this share of a worker's time, and are not redone within so many seconds.
SHARE_OF_TIME = 0.1
PAUSE = 5.0


def compute_project(
    *, project: Project, bootstrap: int = 1000, seed: int = 0, now: datetime | None = None
) -> ProjectAgreement:
    """Compute all of the project's figures, "as of" the revision read before them.

    A reading that comes in meanwhile raises the revision, so the figures count as out of date then; they never pass
    for newer than they are.
    """
    compute_values(project=project, now=now)
    return compute_intervals(project=project, bootstrap=bootstrap, seed=seed, now=now)


def compute_values(*, project: Project, now: datetime | None = None) -> ProjectAgreement:
    """Take in what changed and compute the values from the totals, keeping the intervals there are.

    Costs the same however many articles the project has.
    """
    agreement, _ = ProjectAgreement.objects.get_or_create(project=project)
    revision = ProjectAgreement.objects.values_list("revision", flat=True).get(pk=agreement.pk)
    settle_changes(project=project)
    labels = label_indexes(project)
    totals = project_totals(project)
    found = printed(metrics_of(totals, labels))
    details = quick_details(project, totals)
    shares = prevalences_of(totals.rows)
    with transaction.atomic():
        locked = ProjectAgreement.objects.select_for_update().get(pk=agreement.pk)
        if locked.computed_revision > revision:
            return locked
        locked.computed_revision, locked.computed_at = revision, now or timezone.now()
        locked.metrics = with_intervals_of(found, locked.metrics)
        locked.details = locked.details | details
        known = locked.summary.get("labels", {})
        locked.summary = locked.summary | {
            "labels": {code: {"marks": 0} | known.get(code, {}) | {"prevalence": shares.get(code)} for code in labels}
        }
        locked.save(update_fields=["computed_revision", "computed_at", "metrics", "details", "summary"])
    return locked


def compute_intervals(
    *, project: Project, bootstrap: int = 1000, seed: int = 0, now: datetime | None = None
) -> ProjectAgreement:
    """Compute what takes reading more than the totals: intervals, the summary, pairs of annotators, what differs most."""
    started = time.monotonic()
    agreement, _ = ProjectAgreement.objects.get_or_create(project=project)
    revision = ProjectAgreement.objects.values_list("revision", flat=True).get(pk=agreement.pk)
    settle_changes(project=project)
    n_documents = project_totals(project).n_documents
    by_article = n_documents <= MOST_DRAWN
    if by_article:
        found = project_metrics(project, bootstrap=bootstrap, seed=seed)
    else:
        found = drawn_by_part(project, n_documents, bootstrap, seed)
    details = {
        "passages": worst_passages(project),
        "resampled": "articles" if by_article else "groups of articles",
    }
    summary = project_summary(project)
    with transaction.atomic():
        locked = ProjectAgreement.objects.select_for_update().get(pk=agreement.pk)
        if locked.intervals_revision > revision:
            return locked
        locked.intervals_revision, locked.intervals_at = revision, now or timezone.now()
        locked.intervals_seconds = time.monotonic() - started
        # Values that a reading in between made newer stay.
        newer = locked.computed_revision > revision
        locked.metrics = with_intervals_of(locked.metrics, found) if newer else found
        locked.details = locked.details | details
        locked.summary = summary
        locked.save()
    return locked


def drawn_by_part(project: Project, n_documents: int, bootstrap: int, seed: int) -> dict[str, dict[str, Any]]:
    """Figures whose intervals come from drawing the parts of the project: many articles each, so few that they cost
    the same however many articles there are. Where parts are hundreds, that is as good as drawing articles."""
    found = metrics(rows_by_part(project), label_indexes(project), bootstrap or None, seed)
    return printed({name: replace(metric, n_documents=n_documents) for name, metric in found.items()})


def intervals_are_due(kept: KeptFigures, *, now: datetime) -> bool:
    """Whether enough time has passed since they were computed, for how long that took."""
    pause = max(PAUSE, kept.intervals_seconds / SHARE_OF_TIME)
    return kept.intervals_at is None or now - kept.intervals_at >= timedelta(seconds=pause)


def with_intervals_of(
    values: Mapping[str, Mapping[str, Any]], intervals: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """``values``, each with the interval that the metric of the same name has."""
    names = ("ci", "ci_dropped", "interval_unreliable")
    return {
        name: {**metric, **{key: intervals[name][key] for key in names if key in intervals.get(name, {})}}
        for name, metric in values.items()
    }
