"""What the worker does for uploads of annotations."""

from datetime import datetime

from django.tasks import task
from django.utils import timezone

from annotate.operations.doors.running import run_upload, silent_uploads


@task
def run_annotation_upload(upload_id: int) -> None:
    """Look through or import one upload; twice is as good as once."""
    run_upload(upload_id=upload_id, now=timezone.now())


def resume_silent_uploads(*, now: datetime) -> None:
    """A chore of the worker: enqueue uploads whose worker died without a word."""
    for upload_id in silent_uploads(now=now):
        run_annotation_upload.enqueue(upload_id)
