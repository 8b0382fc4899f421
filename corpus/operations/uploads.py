"""Imports of uploaded files: asked for on a page, run by the worker, called off or tried again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.base import File
from django.db import transaction

from corpus.import_settings import ImportSettings
from corpus.models import ImportBatch, ImportFile, import_storage
from corpus.operations.cleaning import CLEANING
from corpus.operations.running import forget_files, run_import, silent_imports
from corpus.tasks import run_import as run_import_task

__all__ = [
    "cancel_import",
    "forget_files",
    "forget_old_uploads",
    "queue_import",
    "retry_import",
    "run_import",
    "silent_imports",
    "store_files",
]

_NAME_WIDTH = 500
# How long the files of an import that came to nothing wait to be imported again.
KEPT = timedelta(days=14)


@transaction.atomic
def queue_import(
    *, files: Sequence[File[bytes]], settings: ImportSettings, created_by: AbstractBaseUser | None
) -> ImportBatch:
    """Keep the files for the worker and note the wish; the worker begins once this is committed."""
    batch = store_files(files=files, settings=settings, created_by=created_by, state=ImportBatch.State.QUEUED)
    transaction.on_commit(partial(run_import_task.enqueue, batch.pk))
    return batch


@transaction.atomic
def store_files(
    *,
    files: Sequence[File[bytes]],
    settings: ImportSettings,
    created_by: AbstractBaseUser | None,
    state: ImportBatch.State,
    submission: uuid.UUID | None = None,
) -> ImportBatch:
    """An import in the given state with its files in the storage. Whoever queues it enqueues its task."""
    names = [PurePath(file.name or "upload").name[:_NAME_WIDTH] for file in files]
    batch = ImportBatch.objects.create(
        source=", ".join(names)[:_NAME_WIDTH],
        format=settings.format,
        options=settings.as_json(),
        state=state,
        created_by=created_by,  # type: ignore[misc]
        bytes_total=sum(file.size for file in files),
        attempt=0,
        submission=submission,
    )
    storage, kept = import_storage(), list[str]()
    try:
        for position, (name, file) in enumerate(zip(names, files, strict=True)):
            # Never the person's name for it: that may hold anything.
            kept.append(storage.save(f"{batch.pk}/{position}", file))
            ImportFile.objects.create(batch=batch, position=position, name=name, file=kept[-1], size=file.size)
    except BaseException:
        for done in kept:
            storage.delete(done)
        raise
    return batch


def cancel_import(*, batch: ImportBatch) -> bool:
    """Call an import off: nothing of it is written. False if it is finished already.

    Whoever runs it notices within seconds, and cannot finish it from now on. The files are kept for another try.
    """
    called_off = ImportBatch.objects.filter(pk=batch.pk, state__in=ImportBatch.UNFINISHED).update(
        state=ImportBatch.State.CANCELLED
    )
    batch.refresh_from_db(fields=["state"])
    return bool(called_off)


@transaction.atomic
def retry_import(*, batch: ImportBatch) -> bool:
    """Queue a failed or cancelled import again; False for another state, or where its files are gone."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.state not in (ImportBatch.State.FAILED, ImportBatch.State.CANCELLED):
        return False
    if locked.format != CLEANING and (not locked.files.exists() or locked.files.filter(file="").exists()):
        return False
    locked.state, locked.error, locked.progress, locked.bytes_read = ImportBatch.State.QUEUED, "", 0, 0
    locked.n_created = locked.n_duplicates = locked.n_rejected = 0
    locked.heartbeat = locked.started_at = locked.finished_at = None
    locked.save()
    transaction.on_commit(partial(run_import_task.enqueue, locked.pk))
    batch.refresh_from_db()
    return True


def forget_old_uploads(*, now: datetime) -> int:
    """A chore of the worker: delete files of imports that failed or were cancelled KEPT ago; the number of imports."""
    old = ImportBatch.objects.filter(
        state__in=(ImportBatch.State.FAILED, ImportBatch.State.CANCELLED), created_at__lt=now - KEPT
    )
    batches = list(old.filter(pk__in=ImportFile.objects.exclude(file="").values("batch")))
    for batch in batches:
        forget_files(batch)
    return len(batches)
