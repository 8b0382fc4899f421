"""Imports whose files are stored and whose columns are still to be matched: made, started, thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.base import File
from django.db import IntegrityError, transaction

from corpus.import_settings import ImportSettings
from corpus.models import ImportBatch
from corpus.operations.uploads import forget_files, store_files
from corpus.tasks import run_import

KEPT = timedelta(days=1)


def draft_import(
    *,
    files: Sequence[File[bytes]],
    settings: ImportSettings,
    created_by: AbstractBaseUser | None,
    submission: uuid.UUID | None = None,
) -> ImportBatch:
    """Keep the files for an import that is not started yet.

    ``submission`` names the upload: where one of this name was stored before, that import is returned, in whatever
    state it is by now.
    """
    known = ImportBatch.objects.filter(submission=submission, created_by=created_by).first() if submission else None  # type: ignore[misc]
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return store_files(
                files=files,
                settings=settings,
                created_by=created_by,
                state=ImportBatch.State.DRAFT,
                submission=submission,
            )
    except IntegrityError:
        # The same form, sent twice within a moment: the other one stored it.
        return ImportBatch.objects.get(submission=submission, created_by=created_by)  # type: ignore[misc]


@transaction.atomic
def start_draft(*, batch: ImportBatch, settings: ImportSettings | None = None) -> bool:
    """Queue a draft, with other settings where given; False if it was started before."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    started = locked.state == ImportBatch.State.DRAFT
    if started:
        locked.state = ImportBatch.State.QUEUED
        if settings is not None:
            locked.options = settings.as_json()
        locked.save(update_fields=["state", "options"])
        transaction.on_commit(partial(run_import.enqueue, locked.pk))
    batch.refresh_from_db()
    return started


@transaction.atomic
def discard_draft(*, batch: ImportBatch) -> bool:
    """Delete a draft and its files; False if it was started meanwhile."""
    locked = (
        ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch.pk, state=ImportBatch.State.DRAFT).first()
    )
    if locked is None:
        return False
    forget_files(locked)
    locked.delete()
    return True


def discard_old_drafts(*, now: datetime) -> int:
    """A chore of the worker: delete drafts that nobody started within a day; how many."""
    old = ImportBatch.objects.filter(state=ImportBatch.State.DRAFT, created_at__lt=now - KEPT)
    return sum(discard_draft(batch=batch) for batch in old)
