"""What the background worker does for this app. Each job may be run twice, or by two workers at once."""

from datetime import datetime

from django.db import transaction
from django.tasks import task

from corpus.operations.search import index_pending, index_stragglers, pending_articles

# Articles indexed by one job, about two seconds of work: other jobs get their turn between two.
AT_ONCE = 2000
# Articles looked at by one turn of the chore: a million in ten minutes.
LOOKED_AT = 20_000


@task
def index_new_articles() -> None:
    """Make new articles searchable; where more are left than one job takes, the next one is enqueued."""
    if index_pending(limit=AT_ONCE) == AT_ONCE:
        index_new_articles.enqueue()


def request_index() -> None:
    """Have new articles indexed once the running transaction is committed."""
    transaction.on_commit(index_new_articles.enqueue)


class IndexChore:
    """A chore of the worker: index what no job saw, for instance articles whose import was committed late."""

    __name__ = "index_what_was_missed"

    def __init__(self) -> None:
        self._after = 0

    def __call__(self, *, now: datetime) -> None:  # noqa: ARG002 - every chore is told the time
        if pending_articles().exists():
            index_pending(limit=AT_ONCE)
            return
        self._after = index_stragglers(after=self._after, look_at=LOOKED_AT).next_key


index_what_was_missed = IndexChore()
