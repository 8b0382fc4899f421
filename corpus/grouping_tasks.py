"""What the worker does for near-duplicates and stories."""

from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from corpus.operations.duplicates import link_missing
from corpus.operations.stories import propose_stories

# Articles linked by one job, some seconds of work: other jobs get their turn between two.
AT_ONCE = 10_000


@task
def link_articles(batch_id: int | None = None) -> dict[str, int]:
    """Sketch and group the articles of one import, or all that have no sketch; where more are left, enqueue the next.

    May run any number of times, and by several workers at once.
    """
    linked = link_missing(batch=batch_id, now=timezone.now(), limit=AT_ONCE)
    if linked.sketched >= AT_ONCE:
        link_articles.enqueue(batch_id)
    return asdict(linked)


def request_linking(batch_id: int) -> None:
    """Have the articles of an import linked once the running transaction is committed."""
    transaction.on_commit(partial(link_articles.enqueue, batch_id))


@task
def propose(since: str | None = None) -> dict[str, Any]:
    """Propose stories for articles of ``since`` (YYYY-MM-DD) or later; returns what the admin shows as the result."""
    done = propose_stories(now=timezone.now(), since=date.fromisoformat(since) if since else None)
    return asdict(done)
