"""Uploads of annotations: kept, looked through, imported; small ones at once, large ones by the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from annotate.doors.files import InputFile, uploaded
from annotate.doors.formats import BY_NAME, MissingExtraError
from annotate.doors.records import BadFileError, GivenReading, Refused
from annotate.models import AnnotationImport, Project
from annotate.models.doors import upload_storage
from annotate.operations.doors.importing import import_readings
from annotate.operations.doors.results import DoorSettings

logger = logging.getLogger(__name__)

# Up to here (bytes, of all files) the page waits for the result; beyond, the worker does it.
MOST_AT_ONCE = 1 << 20
# An upload that nobody imported is thrown away after this.
KEPT = timedelta(days=7)
_LISTS = ("tasks", "incomplete", "rejected")


@transaction.atomic
def keep_upload(
    *,
    project: Project,
    files: Sequence[UploadedFile[Any]],
    format: str,
    options: Mapping[str, Any],
    created_by: User | None,
) -> AnnotationImport:
    """Store the files, to be looked through next."""
    upload = AnnotationImport.objects.create(
        project=project, format=format, options=dict(options), created_by=created_by
    )
    storage = upload_storage()
    kept: list[str] = []
    try:
        for position, file in enumerate(files):
            # Never the person's name for it: that may hold anything.
            kept.append(storage.save(f"annotations/{upload.pk}/{position}", file))
            upload.files.create(name=(file.name or "file")[:500], file=kept[-1], size=file.size or 0)
    except BaseException:
        for done in kept:
            storage.delete(done)
        raise
    return upload


@transaction.atomic
def ask_again(*, upload: AnnotationImport, options: Mapping[str, Any], is_check: bool) -> bool:
    """Have it looked through with other options, or imported; False where it is imported already or waits."""
    locked = AnnotationImport.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.state not in (AnnotationImport.State.CHECKED, AnnotationImport.State.FAILED):
        return False
    locked.options = {**locked.options, **options}
    locked.is_check, locked.state, locked.error = is_check, AnnotationImport.State.WAITING, ""
    locked.save(update_fields=["options", "is_check", "state", "error"])
    return True


def is_small(upload: AnnotationImport) -> bool:
    return sum(upload.files.values_list("size", flat=True)) <= MOST_AT_ONCE


@transaction.atomic
def run_upload(*, upload_id: int, now: datetime) -> None:
    """Do what an upload waits for; again is harmless: the row is locked while it runs, and waits only once."""
    upload = (
        AnnotationImport.objects.select_for_update(of=("self",))
        .select_related("project")
        .filter(pk=upload_id, state=AnnotationImport.State.WAITING)
        .first()
    )
    if upload is None:
        return
    try:
        result = import_readings(
            project=upload.project, entries=_entries(upload), settings=_settings(upload), now=now
        ).as_json()
    except (BadFileError, MissingExtraError) as error:
        upload.state, upload.error = AnnotationImport.State.FAILED, str(error)
    except Exception:
        logger.exception("The import of annotations %s failed", upload.pk)
        upload.state, upload.error = AnnotationImport.State.FAILED, "The import failed; the log says why."
    else:
        upload.state = AnnotationImport.State.CHECKED if upload.is_check else AnnotationImport.State.DONE
        upload.n_rejected = len(result["rejected"])
        upload.result = result | {name: result[name][: AnnotationImport.MOST_LISTED] for name in _LISTS}
    if upload.state == AnnotationImport.State.DONE:
        upload.finished_at = now
        _drop_files(upload)
    upload.save()


@transaction.atomic
def forget_old_annotation_uploads(*, now: datetime) -> int:
    """A chore: throw uploads away that nobody imported; how many."""
    old = AnnotationImport.objects.filter(created_at__lt=now - KEPT).exclude(state=AnnotationImport.State.DONE)
    forgotten = 0
    for upload in old.select_for_update(skip_locked=True)[:100]:
        _drop_files(upload)
        upload.delete()
        forgotten += 1
    return forgotten


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


def _drop_files(upload: AnnotationImport) -> None:
    """The bytes go once the transaction stands; the names stay."""
    storage = upload_storage()
    for name in upload.files.values_list("file", flat=True):
        transaction.on_commit(partial(storage.delete, name))
