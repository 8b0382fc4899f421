"""One run of an upload of annotations: everything in one transaction, its progress over a second connection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from django.db import DatabaseError, transaction
from django.utils import timezone

from annotate.doors.files import InputFile, uploaded
from annotate.doors.formats import BY_NAME, MissingExtraError
from annotate.doors.records import BadFileError, GivenReading, Refused
from annotate.models import AnnotationImport, AnnotationIssue
from annotate.models.doors import upload_storage
from annotate.operations.doors.importing import import_readings
from annotate.operations.doors.results import DoorResult, DoorSettings
from annotate.values import storable
from corpus.heartbeat import Heartbeat

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=60)
BEAT = 1.0  # seconds between two notes of progress
# An upload that kills its worker again and again is given up.
MOST_TRIES = 5
_CUT = ("tasks", "incomplete")
_ISSUES_AT_ONCE = 1000


class NotOursError(Exception):
    """The import was called off, or another worker took it over."""


def run_upload(*, upload_id: int, now: datetime) -> bool:
    """Do what an upload waits for; False if there is nothing to do, or somebody alive does it.

    May run any number of times: an attempt is numbered, and only the latest may finish. Everything that can be taken is
    there afterwards, or nothing. What goes wrong is written into the row in words.
    """
    attempt = _begin(upload_id, now)
    if attempt is None:
        return False
    ours = AnnotationImport.objects.filter(pk=upload_id, attempt=attempt, state=AnnotationImport.State.RUNNING)
    try:
        with Heart(upload_id, attempt) as heart:
            _take(upload_id, attempt, heart, now)
    except NotOursError:
        logger.info("The import of annotations %s was called off or taken over", upload_id)
        return False
    except Exception as error:
        if not isinstance(error, BadFileError | MissingExtraError):
            logger.exception("The import of annotations %s failed", upload_id)
        failed = {
            "state": AnnotationImport.State.FAILED,
            "error": storable(_said(error)),
            "result": {},
            "n_rejected": 0,
        }
        if ours.update(**failed):
            AnnotationIssue.objects.filter(upload=upload_id).delete()
        return True
    except BaseException:
        # The worker is told to stop; whoever takes the task up next need not wait for silence.
        ours.update(state=AnnotationImport.State.WAITING)
        raise
    return True


@transaction.atomic
def silent_uploads(*, now: datetime) -> list[int]:
    """Uploads whose worker fell silent or whose task was lost, by key; the caller enqueues them.

    Each is named once a minute. One that was silent too often is given up.
    """
    late = now - SILENCE
    rows = AnnotationImport.objects.select_for_update(skip_locked=True)
    silent = rows.filter(state=AnnotationImport.State.RUNNING, heartbeat__lt=late)
    silent.filter(tries__gte=MOST_TRIES).update(
        state=AnnotationImport.State.FAILED,
        error=f"The worker ended {MOST_TRIES} times in the middle of this, perhaps for want of memory. Split the "
        "files, or ask the administrator for the worker's log.",
    )
    lost = rows.filter(state=AnnotationImport.State.WAITING, heartbeat__lt=late)
    keys = [*silent.values_list("pk", flat=True), *lost.values_list("pk", flat=True)]
    AnnotationImport.objects.filter(pk__in=keys).update(state=AnnotationImport.State.WAITING, heartbeat=now)
    return keys


def forget_bytes(upload: AnnotationImport) -> None:
    """Once the transaction stands, the uploaded bytes go; the names stay."""
    storage = upload_storage()
    for name in upload.files.values_list("file", flat=True):
        transaction.on_commit(partial(storage.delete, name))


@transaction.atomic
def _begin(upload_id: int, now: datetime) -> int | None:
    """Take the upload on; the number of this attempt, or None if there is nothing to do."""
    upload = AnnotationImport.objects.select_for_update(of=("self",)).filter(pk=upload_id).first()
    if upload is None or upload.state not in AnnotationImport.PENDING:
        return None
    alive = upload.heartbeat is not None and upload.heartbeat > now - SILENCE
    if upload.state == AnnotationImport.State.RUNNING and alive:
        return None
    upload.state = AnnotationImport.State.RUNNING
    upload.attempt += 1
    upload.tries += 1
    upload.heartbeat = now
    upload.progress = 0
    upload.error = ""
    upload.save(update_fields=["state", "attempt", "tries", "heartbeat", "progress", "error"])
    return upload.attempt


@transaction.atomic
def _take(upload_id: int, attempt: int, heart: Heart, now: datetime) -> None:
    """Look through or import, and write down what came of it; the row's lock keeps a late "cancel" out."""
    upload = AnnotationImport.objects.select_related("project").get(pk=upload_id)
    heart.total = upload.total or _count(upload, heart)
    result = import_readings(
        project=upload.project, entries=_entries(upload), settings=_settings(upload), now=now, on_progress=heart.note
    )
    heart.stop()
    upload = AnnotationImport.objects.select_for_update(of=("self",)).get(pk=upload_id)
    if upload.attempt != attempt or upload.state != AnnotationImport.State.RUNNING:
        raise NotOursError
    summary = result.as_summary()
    upload.result = storable(summary | {name: summary[name][: AnnotationImport.MOST_LISTED] for name in _CUT})
    upload.result["n_incomplete"] = len(result.incomplete)
    upload.n_rejected = len(result.rejected)
    upload.progress = upload.total = result.seen
    upload.heartbeat = timezone.now()
    upload.issues.all().delete()
    for some in batched(result.rejected, _ISSUES_AT_ONCE):
        AnnotationIssue.objects.bulk_create(_issue(upload, refused) for refused in some)
    upload.state = AnnotationImport.State.CHECKED if upload.is_check else AnnotationImport.State.DONE
    if not upload.is_check:
        upload.finished_at = now
        forget_bytes(upload)
    upload.save()


def _count(upload: AnnotationImport, heart: Heart) -> int:
    """Entries in the files. Reading them is little work beside keeping them."""
    number = 0
    for _ in _entries(upload):
        number += 1
        heart.check()
    return number


def _issue(upload: AnnotationImport, refused: Refused) -> AnnotationIssue:
    remedy = refused.remedy
    return AnnotationIssue(
        upload=upload,
        source=storable(refused.source)[:500],
        line=refused.line,
        entry=storable(refused.entry)[:300],
        field=storable(refused.field)[:200],
        code=refused.code,
        message=storable(refused.message),
        remedy=storable({"kind": remedy.kind, "values": dict(remedy.values)}) if remedy else {},
    )


def _settings(upload: AnnotationImport) -> DoorSettings:
    options = upload.options
    return DoorSettings(
        offsets=options.get("offsets", "text"),
        unit=options.get("unit") or None,
        label_map=options.get("label_map", {}),
        annotator_map=options.get("annotator_map", {}),
        create_annotators=options.get("create_annotators", False),
        widen=options.get("widen", False),
        dry_run=upload.is_check,
    )


def _entries(upload: AnnotationImport) -> Iterator[GivenReading | Refused]:
    found = False
    for entry in BY_NAME[upload.format].read(_files(upload), upload.options.get("annotator", "")):
        found = True
        yield entry
    if not found:
        raise BadFileError(
            "",
            "nothing_to_read",
            f"There is nothing of {BY_NAME[upload.format].title} in the files. Choose the format.",
        )


def _files(upload: AnnotationImport) -> Iterator[InputFile | BadFileError]:
    for file in upload.files.all():
        with upload_storage().open(str(file.file.name)) as stream:
            yield from uploaded(file.name, stream.read())


def _said(error: Exception) -> str:
    """The failure in words for the person who uploaded; the log has the rest."""
    if isinstance(error, BadFileError | MissingExtraError):
        return str(error)
    if isinstance(error, DatabaseError):
        return f"The database refused the import: {str(error).splitlines()[0]}. Try again."
    if isinstance(error, OSError):
        return f"A file could not be read: {error.strerror or error}. Upload the files again."
    return f"The import failed ({type(error).__name__}); the log says why."


class Heart(Heartbeat):
    """Notes how far an upload is, and hears of "cancel". Nothing is noted of what is over within a beat."""

    def __init__(self, upload_id: int, attempt: int) -> None:
        super().__init__(f"annotations-{upload_id}", every=BEAT)
        self.total = 0
        self._key = upload_id
        self._rows = AnnotationImport.objects.filter(
            pk=upload_id, attempt=attempt, state=AnnotationImport.State.RUNNING
        )
        self._seen = 0

    def note(self, result: DoorResult) -> None:
        """Remember how far it is. Raises NotOursError where it was called off or taken over."""
        self._seen = result.seen
        self.check()

    def check(self) -> None:
        if self.is_lost:
            raise NotOursError

    def beat(self) -> bool:
        noted = self._rows.update(progress=self._seen, total=self.total, heartbeat=timezone.now())
        # A row that this connection cannot see yet is not called off.
        return bool(noted) or not AnnotationImport.objects.filter(pk=self._key).exists()
