"""What the worker does for releases."""

from datetime import datetime

from django.tasks import task
from django.utils import timezone

from release.operations.releases import build_release, silent_releases


@task
def build(release_id: int) -> None:
    """Build one release; running it again is harmless, and the worker takes it up again if its builder fell silent."""
    build_release(release_id=release_id, now=timezone.now())


def resume_silent_releases(*, now: datetime) -> None:
    """A chore of the worker: enqueue releases whose builder died without a word."""
    for release_id in silent_releases(now=now):
        build.enqueue(release_id)
