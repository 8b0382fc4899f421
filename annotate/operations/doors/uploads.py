"""Uploads of annotations: kept, looked through, imported, called off; small ones at once, large ones by the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from annotate.door_tasks import run_annotation_upload
from annotate.models import AnnotationImport, Project
from annotate.models.doors import upload_storage
from annotate.operations.doors.running import forget_bytes, run_upload, silent_uploads
from annotate.values import storable

__all__ = [
    "ask_again",
    "cancel_upload",
    "forget_old_annotation_uploads",
    "is_small",
    "keep_upload",
    "queue_upload",
    "run_upload",
    "silent_uploads",
]

# Up to here (bytes, of all files) the page waits for the result; beyond, the worker does it.
MOST_AT_ONCE = 1 << 20
# An upload that nobody imported is thrown away after this.
KEPT = timedelta(days=7)


@transaction.atomic
def keep_upload(
    *,
    project: Project,
    files: Sequence[UploadedFile[Any]],
    format: str,
    options: Mapping[str, Any],
    created_by: User | None,
    now: datetime,
    is_check: bool = True,
) -> AnnotationImport:
    """Store the files, to be looked through or, without ``is_check``, imported next. The caller runs or queues it."""
    upload = AnnotationImport.objects.create(
        project=project,
        format=format,
        options=dict(options),
        created_by=created_by,
        is_check=is_check,
        heartbeat=now,
    )
    storage = upload_storage()
    kept: list[str] = []
    try:
        for position, file in enumerate(files):
            # Never the person's name for it: that may hold anything.
            kept.append(storage.save(f"annotations/{upload.pk}/{position}", file))
            upload.files.create(name=storable(file.name or "file")[:500], file=kept[-1], size=file.size or 0)
    except BaseException:
        for done in kept:
            storage.delete(done)
        raise
    return upload


def queue_upload(upload: AnnotationImport) -> None:
    """Leave it to the worker, which begins once the transaction stands."""
    transaction.on_commit(partial(run_annotation_upload.enqueue, upload.pk))


@transaction.atomic
def ask_again(*, upload: AnnotationImport, options: Mapping[str, Any], is_check: bool, now: datetime) -> bool:
    """Have it looked through with other options, or imported; False where it is imported already or under way."""
    locked = AnnotationImport.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.state not in AnnotationImport.RESTING:
        return False
    locked.options = {**locked.options, **options}
    locked.is_check, locked.state, locked.error = is_check, AnnotationImport.State.WAITING, ""
    locked.tries, locked.progress, locked.heartbeat = 0, 0, now
    locked.save(update_fields=["options", "is_check", "state", "error", "tries", "progress", "heartbeat"])
    return True


@transaction.atomic
def cancel_upload(*, upload: AnnotationImport) -> bool:
    """Call it off while it waits or is under way: nothing is written. False where it is too late."""
    locked = AnnotationImport.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.state not in AnnotationImport.PENDING:
        return False
    locked.state, locked.result, locked.n_rejected = AnnotationImport.State.CANCELLED, {}, 0
    locked.issues.all().delete()
    locked.save(update_fields=["state", "result", "n_rejected"])
    return True


def is_small(upload: AnnotationImport) -> bool:
    return sum(upload.files.values_list("size", flat=True)) <= MOST_AT_ONCE


@transaction.atomic
def forget_old_annotation_uploads(*, now: datetime) -> int:
    """A chore: throw uploads away that nobody imported; how many."""
    old = AnnotationImport.objects.filter(created_at__lt=now - KEPT).exclude(state=AnnotationImport.State.DONE)
    forgotten = 0
    for upload in old.select_for_update(skip_locked=True)[:100]:
        forget_bytes(upload)
        upload.delete()
        forgotten += 1
    return forgotten
