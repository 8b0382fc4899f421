"""What the worker does for near-duplicates and stories."""

from datetime import date
from typing import Any

from django.tasks import task
from django.utils import timezone

from corpus.operations.duplicates import link_missing
from corpus.operations.stories import propose_stories


@task
def link_articles() -> dict[str, int]:
    """Give every article without a sketch one and group it; may run any number of times, by several workers."""
    linked = link_missing(now=timezone.now())
    return {"sketched": linked.sketched, "grouped": linked.grouped, "made": linked.made, "merged": linked.merged}


@task
def propose(since: str | None = None) -> dict[str, Any]:
    """Propose stories for articles of ``since`` (YYYY-MM-DD) or later; returns what the admin shows as the result."""
    done = propose_stories(now=timezone.now(), since=date.fromisoformat(since) if since else None)
    return {"compared": done.compared, "made": done.made, "kept": done.kept, "gone": done.gone}
