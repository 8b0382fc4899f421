"""Leases that ran out: the task closes with its marks, and its slot opens again."""

from collections import defaultdict
from datetime import datetime

from django.db import transaction

from annotate.models import Task
from annotate.models.tasks import TaskQuerySet
from annotate.operations.tasks.slots import fill_slots

BATCH = 200


def expire_leases(*, now: datetime) -> int:
    """Close every claimed task whose lease ended before ``now``, in short transactions; the number closed."""
    total = 0
    while closed := expire_some(Task.objects.all(), now=now):
        total += closed
    return total


@transaction.atomic(savepoint=False)
def expire_some(tasks: TaskQuerySet, *, now: datetime) -> int:
    """Close up to ``BATCH`` of ``tasks`` whose lease ended; rows that somebody works on this moment are passed over."""
    ended = list(
        tasks.filter(state=Task.State.CLAIMED, lease_expires__lt=now)
        .order_by("lease_expires")
        .select_for_update(skip_locked=True)
        .values_list("pk", "project_id", "round", "article_id")[:BATCH]
    )
    if not ended:
        return 0
    Task.objects.filter(pk__in=[pk for pk, *_ in ended]).update(
        state=Task.State.EXPIRED, closed_at=now, lease_expires=None
    )
    by_round: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for _, project, round_number, article in ended:
        by_round[project, round_number].append(article)
    for (project, round_number), articles in by_round.items():
        fill_slots(project_id=project, article_ids=articles, round_number=round_number)
    return len(ended)
