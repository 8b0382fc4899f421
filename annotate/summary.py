"""A project's head figures: how far it is, what is marked how often, how each annotator fares.

Computed by the worker together with the agreement and kept as JSON, so that no page counts a project's tasks or marks.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Aggregate, Count, FloatField, Max, Q, Sum
from django.db.models.functions import Greatest

from annotate.models import AgreementStat, Project, SpanAnnotation, Task


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
    """Share of characters with the label, from the counts that its alpha rests on (so articles read once are out)."""
    cells = (
        AgreementStat.objects.filter(project=project, measure="char_label")
        .order_by()
        .values_list("label", "m", "key_c", "key_k")
        .annotate(total=Sum("n"))
    )
    with_label: dict[str, float] = defaultdict(float)
    everything: dict[str, float] = defaultdict(float)
    for label, m, key_c, key_k, n in cells:
        # A cell of two values stands for its mirror image too: one of the two has the label.
        with_label[label] += (key_c + key_k if key_c != key_k else key_c) * int(n) / (m - 1)
        everything[label] += (2 if key_c != key_k else 1) * int(n) / (m - 1)
    return {label: with_label[label] / total for label, total in everything.items() if total}


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
