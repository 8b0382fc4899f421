"""The figures of agreement that a project's pages show: values from the totals at once, intervals when there is time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agreement import metrics, printed
from annotate.models import AgreementSlice, KeptFigures, Project, ProjectAgreement
from annotate.operations.totals import settle_changes
from annotate.scoring.adapter import label_indexes, schema_of
from annotate.scoring.competence import competence_of
from annotate.scoring.counts import Counts, counts_of
from annotate.scoring.details import choices, quick_details, slow_details
from annotate.scoring.slices import Slice
from annotate.scoring.summary import marks_by_label, project_summary
from annotate.scoring.totals import metrics_of, prevalences_of, with_documents

RESAMPLES = 1000
# Intervals take at most this share of a worker's time, and are not redone within so many seconds.
SHARE_OF_TIME = 0.1
PAUSE = 5.0
# Of one project so many slices are kept, those asked for last.
MOST_SLICES = 200
WHOLE = Slice()


def compute_project(
    *, project: Project, bootstrap: int = RESAMPLES, seed: int = 0, now: datetime | None = None
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
    revision = _settled(project)
    counts = counts_of(project, WHOLE)
    with transaction.atomic():
        locked = ProjectAgreement.objects.select_for_update().get(pk=agreement.pk)
        _store_values(locked, counts, revision, now)
    return locked


def compute_intervals(
    *, project: Project, bootstrap: int = RESAMPLES, seed: int = 0, now: datetime | None = None
) -> ProjectAgreement:
    """Compute what takes more than the totals: intervals, the summary, pairs of annotators, what they differ on most."""
    started = time.monotonic()
    agreement, _ = ProjectAgreement.objects.get_or_create(project=project)
    revision = _settled(project)
    counts = counts_of(project, WHOLE)
    found, details = _drawn(counts, bootstrap, seed)
    details["choices"] = choices(project)
    details["competence"] = competence_of(project)
    summary = project_summary(project)
    with transaction.atomic():
        locked = ProjectAgreement.objects.select_for_update().get(pk=agreement.pk)
        if locked.intervals_revision <= revision:
            _store_intervals(locked, found, details, revision, started, now)
            locked.summary = summary
            locked.save()
    return locked


def compute_slice(
    *, kept: AgreementSlice, bootstrap: int = RESAMPLES, seed: int = 0, now: datetime | None = None
) -> AgreementSlice:
    """Compute all figures of a part of a project. ``bootstrap`` 0: values alone, which is quick where articles are few."""
    started = time.monotonic()
    project = Project.objects.select_related("codebook").get(pk=kept.project_id)
    revision = _revision(project)
    counts = counts_of(project, Slice.of_json(kept.filter))
    found, details = _drawn(counts, bootstrap, seed) if bootstrap else ({}, {})
    with transaction.atomic():
        locked = AgreementSlice.objects.select_for_update().get(pk=kept.pk)
        _store_values(locked, counts, revision, now)
        if bootstrap and locked.intervals_revision <= revision:
            _store_intervals(locked, found, details, revision, started, now)
            locked.save()
    return locked


@transaction.atomic
def ask_for_slice(*, project: Project, part: Slice, now: datetime) -> AgreementSlice:
    """The row of ``part``, made where it is new; the oldest rows beyond ``MOST_SLICES`` go. The caller enqueues."""
    kept, _ = AgreementSlice.objects.update_or_create(
        project=project,
        key=part.key,
        defaults={"asked_at": now},
        create_defaults={"filter": part.as_json(), "asked_at": now},
    )
    older = AgreementSlice.objects.filter(project=project).order_by("-asked_at", "-pk").values("pk")[MOST_SLICES:]
    AgreementSlice.objects.filter(pk__in=list(older.values_list("pk", flat=True))).delete()
    return kept


def intervals_are_due(kept: KeptFigures, *, now: datetime) -> bool:
    """Whether enough time has passed since they were computed, for how long that took."""
    pause = max(PAUSE, kept.intervals_seconds / SHARE_OF_TIME)
    return kept.intervals_at is None or now - kept.intervals_at >= timedelta(seconds=pause)


def _settled(project: Project) -> int:
    """Take in what changed; the revision that the totals are then of, at least."""
    revision = _revision(project)
    settle_changes(project=project)
    return revision


def _revision(project: Project) -> int:
    return ProjectAgreement.objects.filter(project=project).values_list("revision", flat=True).first() or 0


def _store_values(kept: KeptFigures, counts: Counts, revision: int, now: datetime | None) -> None:
    if kept.computed_revision > revision:
        return
    labels = label_indexes(counts.project)
    found = printed(metrics_of(counts.totals, labels, schema=schema_of(counts.project)))
    details = quick_details(counts)
    shares = prevalences_of(counts.totals.rows)
    marks = {code: own["marks"] for code, own in kept.summary.get("labels", {}).items()}
    if counts.part:
        marks = marks_by_label(counts)
    kept.computed_revision, kept.computed_at = revision, now or timezone.now()
    kept.metrics = with_intervals_of(found, kept.metrics)
    kept.details = kept.details | details
    kept.summary = kept.summary | {
        "labels": {code: {"marks": marks.get(code, 0), "prevalence": shares.get(code)} for code in labels}
    }
    kept.save(update_fields=["computed_revision", "computed_at", "metrics", "details", "summary"])


def _drawn(counts: Counts, bootstrap: int, seed: int) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """All figures with intervals, and the details that take time.

    Where articles are very many, the parts of the project are drawn: many articles each, and so few that they cost the
    same however many articles there are. With hundreds of parts that is as good as drawing articles.
    """
    units = counts.units()
    schema = schema_of(counts.project)
    found = metrics(units, label_indexes(counts.project), bootstrap, seed, schema=schema)
    found = with_documents(found, counts.totals, schema)
    details = slow_details(counts, units, bootstrap, seed)
    details["resampled"] = "groups of articles" if counts.many else "articles"
    return printed(found), details


def _store_intervals(
    kept: KeptFigures,
    found: Mapping[str, Mapping[str, Any]],
    details: Mapping[str, Any],
    revision: int,
    started: float,
    now: datetime | None,
) -> None:
    kept.intervals_revision, kept.intervals_at = revision, now or timezone.now()
    kept.intervals_seconds = time.monotonic() - started
    # Values that a reading in between made newer stay.
    newer = kept.computed_revision > revision
    kept.metrics = with_intervals_of(kept.metrics, found) if newer else dict(found)
    kept.details = kept.details | details


def with_intervals_of(
    values: Mapping[str, Mapping[str, Any]], intervals: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """``values``, each with the interval that the metric of the same name has."""
    names = ("ci", "ci_dropped", "interval_unreliable")
    return {
        name: {**metric, **{key: intervals[name][key] for key in names if key in intervals.get(name, {})}}
        for name, metric in values.items()
    }
