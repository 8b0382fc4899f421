"""Storing codebooks. ``Codebook.content`` is the truth; the Label rows follow it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from annotate.codebook import MAX_LABELS, content_sha256, labels_of, parse_codebook
from annotate.models import Codebook, Label


class CodebookConflictError(Exception):
    """The codebook cannot be stored in this form; the message says what to do."""


@transaction.atomic
def save_codebook(*, content: Any) -> tuple[Codebook, bool]:
    """The codebook of ``content`` and whether it is new; the same content again changes nothing.

    Raises CodebookError where the content is not a codebook, and CodebookConflictError where another content has this name
    and version already.
    """
    parsed = parse_codebook(content)
    _lock_lineage(parsed["name"])
    known = Codebook.objects.filter(name=parsed["name"], version=parsed["version"]).first()
    if known is None:
        codebook = Codebook(name=parsed["name"], version=parsed["version"])
        _write(codebook, parsed)
        return codebook, True
    if known.sha256 != content_sha256(parsed):
        raise CodebookConflictError(f"{known} exists with another content. Raise the version and load it again.")
    return known, False


@transaction.atomic
def change_codebook(*, codebook: Codebook, content: Any) -> Codebook:
    """Give a codebook that no task has begun another content; name and version stay.

    Raises CodebookError, or CodebookConflictError where it is frozen or the content bears another name.
    """
    parsed = parse_codebook(content)
    _lock_lineage(codebook.name)
    locked = Codebook.objects.select_for_update().get(pk=codebook.pk)
    if locked.frozen_at is not None:
        raise CodebookConflictError(f"{locked} is frozen: work with it has begun. Save the change as a new version.")
    if (parsed["name"], parsed["version"]) != (locked.name, locked.version):
        raise CodebookConflictError(f"This content is {parsed['name']}@{parsed['version']}, not {locked}.")
    _write(locked, parsed)
    return locked


@transaction.atomic
def freeze_codebook(*, codebook: Codebook, now: datetime) -> None:
    """From now on the content stays; called when the first task is claimed. Freezing twice keeps the first time."""
    Codebook.objects.filter(pk=codebook.pk, frozen_at__isnull=True).update(frozen_at=now)


def _write(codebook: Codebook, content: dict[str, Any]) -> None:
    codebook.title = content["title"]
    codebook.content = content
    codebook.sha256 = content_sha256(content)
    codebook.save()
    labels = labels_of(content)
    codebook.labels.exclude(code__in=[label["code"] for label in labels]).delete()
    taken = dict(Label.objects.filter(codebook__name=codebook.name).values_list("code", "index"))
    own = {label.code: label for label in codebook.labels.all()}
    for label in labels:
        # A label keeps its bit through all versions of the name, so that counts of two versions can be compared.
        index = taken.setdefault(label["code"], max(taken.values(), default=-1) + 1)
        if index >= MAX_LABELS:
            raise CodebookConflictError(
                f"All versions of {codebook.name} together have more than {MAX_LABELS} labels. "
                "Start a codebook of another name."
            )
        row = own.get(label["code"]) or Label(codebook=codebook, code=label["code"], index=index)
        row.name, row.layer = label["name"], label["layer"]
        row.save()


def _lock_lineage(name: str) -> None:
    """Two versions of one name stored at once must not give one bit to two labels."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"codebook {name}"])
