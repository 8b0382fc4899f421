"""Answers kept for requests that may be sent twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotate.models import KeptAnswer

KEPT = timedelta(hours=24)


@transaction.atomic
def take_key(*, user: User, key: str, request_hash: str, now: datetime) -> tuple[KeptAnswer, bool]:
    """The row of this key, and whether it is new: then the caller answers, and ``keep_answer`` in the same transaction.

    A second request with the key waits here until the transaction of the first ends.
    """
    KeptAnswer.objects.filter(user=user, key=key, created_at__lt=now - KEPT).delete()
    row = KeptAnswer(user=user, key=key, request_hash=request_hash, created_at=now)
    KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
    kept = KeptAnswer.objects.get(user=user, key=key)
    return kept, kept.status == 0


@transaction.atomic
def keep_answer(*, row: KeptAnswer, status: int, body: dict[str, Any], location: str) -> None:
    """Give this answer to the same request from now on."""
    KeptAnswer.objects.filter(pk=row.pk).update(status=status, body=body, location=location)


def forget_old_answers(*, now: datetime) -> int:
    """A chore of the worker: delete answers older than a day; how many."""
    return KeptAnswer.objects.filter(created_at__lt=now - KEPT).delete()[0]
