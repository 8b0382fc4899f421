"""One run of a queued import: everything in one transaction, its progress over a second connection."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, closing
from datetime import datetime, timedelta
from itertools import batched
from typing import BinaryIO, cast

from django.db import DatabaseError, transaction
from django.utils import timezone

from corpus import readers, uploads
from corpus.cleaning import UnknownRuleError
from corpus.crew import CleanerDiedError
from corpus.heartbeat import Heartbeat
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportFile, import_storage
from corpus.operations.cleaning import CLEANING, clean_into
from corpus.operations.imports import import_into
from corpus.operations.results import ImportResult, Seen

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=60)
BEAT = 1.0  # seconds between two notes of progress
# A batch that kills its worker again and again is given up.
MOST_ATTEMPTS = 5
_ADDED_AT_ONCE = 500


class ImportFailedError(Exception):
    """Why an import cannot be done, in words for the person who asked for it."""


class _NotOursError(Exception):
    """The import was called off, or another worker took it over."""


def run_import(*, batch_id: int, now: datetime) -> bool:
    """Run one queued import; False if it is finished, called off, or in the hands of a worker that is alive.

    May run any number of times: an attempt is numbered, and only the latest may finish. Either all articles are there
    afterwards or none. A failure is written into the row in words and raised.
    """
    attempt = _begin(batch_id, now)
    if attempt is None:
        return False
    ours = ImportBatch.objects.filter(pk=batch_id, attempt=attempt, state=ImportBatch.State.RUNNING)
    try:
        with Heart(batch_id, attempt) as heart:
            _import(batch_id, attempt, heart)
    except _NotOursError:
        logger.info("Import %s was called off or taken over", batch_id)
        return False
    except Exception as error:
        ours.update(state=ImportBatch.State.FAILED, error=_said(error), finished_at=timezone.now())
        raise
    except BaseException:
        # The worker is told to stop; whoever takes the task up next need not wait for silence.
        ours.update(state=ImportBatch.State.QUEUED)
        raise
    return True


@transaction.atomic
def silent_imports(*, now: datetime) -> list[int]:
    """Imports whose worker fell silent or whose task was lost, by key; the caller enqueues them.

    Each is named once a minute. One that was silent too often is given up.
    """
    late = now - SILENCE
    rows = ImportBatch.objects.select_for_update(skip_locked=True)
    silent = rows.filter(state=ImportBatch.State.RUNNING, heartbeat__lt=late)
    silent.filter(attempt__gte=MOST_ATTEMPTS).update(
        state=ImportBatch.State.FAILED,
        finished_at=now,
        error=f"The worker ended {MOST_ATTEMPTS} times in the middle of this import, perhaps for want of memory. "
        "Nothing was written. Split the files, or ask the administrator for the worker's log, and try again.",
    )
    lost = rows.filter(state=ImportBatch.State.QUEUED, heartbeat=None, created_at__lt=late)
    keys = [*silent.values_list("pk", flat=True), *lost.values_list("pk", flat=True)]
    ImportBatch.objects.filter(pk__in=keys).update(state=ImportBatch.State.QUEUED, heartbeat=now)
    return keys


def forget_files(batch: ImportBatch) -> None:
    """Delete the uploaded bytes of an import; the names stay."""
    storage = import_storage()
    for name in batch.files.exclude(file="").values_list("file", flat=True):
        storage.delete(name)
    batch.files.update(file="")


@transaction.atomic
def _begin(batch_id: int, now: datetime) -> int | None:
    """Take the import on; the number of this attempt, or None if there is nothing to do."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id).first()
    if batch is None or batch.state not in ImportBatch.UNFINISHED:
        return None
    alive = batch.heartbeat is not None and batch.heartbeat > now - SILENCE
    if batch.state == ImportBatch.State.RUNNING and alive:
        return None
    batch.state = ImportBatch.State.RUNNING
    batch.attempt += 1
    batch.heartbeat = batch.started_at = now
    batch.progress = batch.bytes_read = batch.n_created = batch.n_duplicates = batch.n_rejected = 0
    batch.error = ""
    batch.save()
    return batch.attempt


@transaction.atomic
def _import(batch_id: int, attempt: int, heart: Heart) -> None:
    batch = ImportBatch.objects.select_related("created_by").get(pk=batch_id)
    settings = ImportSettings.from_json(batch.options)
    if batch.format == CLEANING:
        cleaned = clean_into(
            batch=batch, articles=batch.options["articles"], rules=settings.rules(), on_progress=heart.note
        )
        heart.stop()
        _finish(batch_id, attempt, cleaned.seen, "", read=0)
        return
    meter = readers.Meter([source_of(file, settings) for file in batch.files.order_by("position")])
    heart.watch(meter)
    result = import_into(
        batch=batch,
        rows=readers.read(meter.sources, settings.read_options()),
        settings=settings,
        on_progress=heart.note,
    )
    if settings.project:
        _add_to_project(batch, settings.project, result)
    sha256 = readers.sha256_of(meter.sources)
    heart.stop()
    _finish(batch_id, attempt, result.seen, sha256, read=meter.total)


def source_of(file: ImportFile, settings: ImportSettings) -> readers.Source:
    """The stored bytes of an uploaded file. Raises ImportFailedError where they are gone, UnknownFormatError."""
    storage, name = import_storage(), file.file.name
    if not name or not storage.exists(name):
        raise ImportFailedError(f"The uploaded file {file.name} is not there any more. Upload it again.")

    def opened() -> AbstractContextManager[BinaryIO]:
        # The file itself: some libraries read past Django's wrapper.
        return closing(cast(BinaryIO, storage.open(name, "rb").file))

    with opened() as stream:
        found = readers.format_of(file.name, stream.read(readers.SNIFFED_BYTES), format=settings.format)
    return readers.Source(file.name, found, opened, file.size)


def _add_to_project(batch: ImportBatch, slug: str, result: ImportResult) -> None:
    user = batch.created_by
    if user is None:
        raise ImportFailedError(
            "The account that uploaded the files is gone, and only its own projects may take them. "
            "Upload them again from another account."
        )
    try:
        for some in batched(result.articles, _ADDED_AT_ONCE):
            by_uuid = Article.objects.for_list().in_bulk(some, field_name="uuid")
            uploads.add_to_project(user, slug, [by_uuid[found] for found in some])
    except LookupError:
        raise ImportFailedError(
            f"{user} may not add articles to a project {slug!r}, or there is none any more. "
            "Choose another project and upload again."
        ) from None


def _finish(batch_id: int, attempt: int, seen: Seen, sha256: str, *, read: int) -> None:
    """The last step of the transaction. The row's lock keeps a second worker and a late "cancel" out."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
    if batch.attempt != attempt or batch.state != ImportBatch.State.RUNNING:
        raise _NotOursError
    batch.state = ImportBatch.State.DONE
    batch.sha256 = sha256
    batch.bytes_read = read
    batch.n_created, batch.n_duplicates, batch.n_rejected = seen.created, seen.duplicates, seen.rejected
    batch.progress = seen.records
    batch.finished_at = batch.heartbeat = timezone.now()
    batch.save()
    transaction.on_commit(lambda: forget_files(batch))


def _said(error: Exception) -> str:
    """The failure in words for the person who uploaded; the log has the rest."""
    if isinstance(error, (ImportFailedError, readers.UnknownFormatError, UnknownRuleError)):
        return str(error)
    if isinstance(error, CleanerDiedError):
        return f"{error} Nothing was written; try again."
    if isinstance(error, DatabaseError):
        return f"The database refused the import, and nothing was written: {str(error).splitlines()[0]} Try again."
    if isinstance(error, OSError):
        return f"A file could not be read or written: {error.strerror or error}. Nothing was written; try again."
    return (
        f"The import failed ({type(error).__name__}) and nothing was written. Try again; if it fails again, the "
        "worker's log says why."
    )


class Heart(Heartbeat):
    """Notes how far an import is, and hears of "cancel"."""

    def __init__(self, batch_id: int, attempt: int) -> None:
        super().__init__(f"import-{batch_id}", every=BEAT)
        self._batch_id = batch_id
        self._batch = ImportBatch.objects.filter(pk=batch_id, attempt=attempt)
        self._seen = Seen()
        self._meter: readers.Meter | None = None

    def note(self, seen: Seen) -> None:
        """Remember how far the import is; raises where it was called off or taken over."""
        self._seen = seen
        if self.is_lost:
            raise _NotOursError

    def watch(self, meter: readers.Meter) -> None:
        self._meter = meter

    def beat(self) -> bool:
        seen = self._seen
        noted = self._batch.filter(state=ImportBatch.State.RUNNING).update(
            progress=seen.records,
            n_created=seen.created,
            n_duplicates=seen.duplicates,
            n_rejected=seen.rejected,
            bytes_read=self._meter.read if self._meter else 0,
            heartbeat=timezone.now(),
        )
        # A row that this connection cannot see yet is not called off.
        return bool(noted) or not ImportBatch.objects.filter(pk=self._batch_id).exists()
