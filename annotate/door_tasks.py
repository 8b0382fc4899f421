"""What the worker does for uploads of annotations."""

from django.tasks import task
from django.utils import timezone

from annotate.operations.doors.uploads import run_upload


@task
def run_annotation_upload(upload_id: int) -> None:
    """Look through or import one upload; twice is as good as once."""
    run_upload(upload_id=upload_id, now=timezone.now())
