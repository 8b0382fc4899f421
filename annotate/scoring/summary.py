"""A project's head figures: how far it is, what is marked how often, how each annotator fares.

Computed by the worker together with the agreement and kept as JSON, so that no page counts a project's tasks or marks.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate, Count, FloatField, Max, Q
from django.db.models.functions import Greatest

from annotate.models import Project, SpanAnnotation, Task
from annotate.scoring.counts import Counts
from annotate.scoring.slices import group_members
from annotate.scoring.totals import prevalences_of, project_totals


class Median(Aggregate):
    """The middle value; of an even number of values the mean of the two in the middle."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
    output_field = FloatField()


def project_summary(project: Project) -> dict[str, Any]:
    """``{"tasks": {state: n}, "articles", "articles_read_twice", "marks", "labels", "annotators"}``.

    ``tasks`` counts those that hold a slot. ``labels`` by code: ``marks`` in submitted readings, and ``prevalence``:
    the share of characters that carry the label, over the articles that two or more people read (None without any).
    ``annotators`` by account key as text: ``submitted``, ``marks``, ``unsure`` (marks with that flag),
    ``median_seconds`` at work on a submitted article, ``last_active`` as an ISO time.
    """
    tasks = Task.objects.filter(project=project).order_by()
    states = dict(tasks.live().values_list("state").annotate(n=Count("pk")))
    read_twice = tasks.submitted().values("article").annotate(n=Count("pk")).filter(n__gte=2).count()
    marks = SpanAnnotation.objects.filter(
        task__project=project, task__state=Task.State.SUBMITTED, deleted_at__isnull=True
    ).order_by()
    by_label = dict(marks.values_list("label__code").annotate(n=Count("pk")))
    shares = prevalences(project)
    return {
        "tasks": {state: states.get(state, 0) for state in Task.LIVE},
        "articles": project.projectarticle_set.filter(excluded=False).count(),
        "articles_read_twice": read_twice,
        "marks": sum(by_label.values()),
        "labels": {
            code: {"marks": by_label.get(code, 0), "prevalence": shares.get(code)} for code in {*by_label, *shares}
        },
        "annotators": _annotators(project),
    }


def prevalences(project: Project) -> dict[str, float]:
    """Share of characters with the label, from the totals that its alpha rests on (so articles read once are out)."""
    return prevalences_of(project_totals(project).rows)


def marks_by_label(counts: Counts) -> dict[str, int]:
    """Marks in submitted readings of the articles that two or more people read."""
    marks = SpanAnnotation.objects.filter(
        task__project=counts.project,
        task__state=Task.State.SUBMITTED,
        task__article__in=counts.agreements.values("article"),
        deleted_at__isnull=True,
    )
    if counts.part.group is not None:
        marks = marks.filter(task__annotator__in=group_members(counts.project, counts.part.group))
    return dict(marks.order_by().values_list("label__code").annotate(n=Count("pk")))


def _annotators(project: Project) -> dict[str, dict[str, Any]]:
    submitted = Q(state=Task.State.SUBMITTED)
    people = (
        Task.objects.filter(project=project, annotator__isnull=False)
        .order_by()
        .values_list("annotator")
        .annotate(
            n=Count("pk", filter=submitted),
            median=Median("active_seconds", filter=submitted & Q(active_seconds__gt=0)),
            last=Max(Greatest("claimed_at", "submitted_at", "closed_at")),
        )
    )
    marks = (
        SpanAnnotation.objects.filter(task__project=project, task__state=Task.State.SUBMITTED, deleted_at__isnull=True)
        .order_by()
        .values_list("task__annotator")
        .annotate(n=Count("pk"), n_unsure=Count("pk", filter=Q(unsure=True)))
    )
    counted = {annotator: (n, unsure) for annotator, n, unsure in marks}
    return {
        str(annotator): {
            "submitted": n,
            "marks": counted.get(annotator, (0, 0))[0],
            "unsure": counted.get(annotator, (0, 0))[1],
            "median_seconds": median,
            "last_active": last.isoformat() if last else None,
        }
        for annotator, n, median, last in people
    }
