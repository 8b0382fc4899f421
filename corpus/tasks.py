"""What the worker does for imports."""

from datetime import datetime

from django.tasks import task
from django.utils import timezone

from corpus.operations import running


@task
def run_import(batch_id: int) -> None:
    """Run one import; running it again is harmless, and the worker takes it up again if its runner fell silent."""
    running.run_import(batch_id=batch_id, now=timezone.now())


def resume_silent_imports(*, now: datetime) -> None:
    """A chore of the worker: enqueue imports whose worker died without a word."""
    for batch_id in running.silent_imports(now=now):
        run_import.enqueue(batch_id)
