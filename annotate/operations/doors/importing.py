"""The one way annotations come in: the command and the admin's upload both call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import batched

from django.db import DatabaseError, connection, transaction

from annotate.attributes import what_is_missing
from annotate.doors.labels import Names, checked_map
from annotate.doors.records import GivenReading, Refused
from annotate.enabled import enabled_codebook
from annotate.errors import Refusal
from annotate.models import Codebook, Project
from annotate.operations.doors.articles import Shelf
from annotate.operations.doors.contents import Contents
from annotate.operations.doors.people import People
from annotate.operations.doors.refusals import remedy_of
from annotate.operations.doors.results import DoorResult, DoorSettings
from annotate.operations.doors.storing import UNCHANGED, store_reading
from annotate.operations.scoring import refresh_article
from annotate.scoring.recounting import recount
from corpus.models import Article

# Imports into one project wait for each other.
_LOCK = 0x5D00
_CHUNK = 200
# Each article counted anew holds a lock until the end: of more than these, the worker counts.
MOST_COUNTED = 2000


@transaction.atomic
def import_readings(
    *,
    project: Project,
    entries: Iterable[GivenReading | Refused],
    settings: DoorSettings,
    now: datetime,
    on_progress: Callable[[DoorResult], object] | None = None,
) -> DoorResult:
    """Keep readings as submitted tasks of their annotators; everything that can be taken or, on an exception, nothing.

    Each reading is stored whole or not at all; a mark, link or value of it that cannot be taken is left out and listed.
    The same file again changes nothing. A dry run does all of it and takes it back. ``on_progress`` is told after each
    entry; what it raises ends the import.

    Raises BadFileError for a label map that leads nowhere.
    """
    project = Project.objects.select_related("codebook").get(pk=project.pk)
    codebook = project.codebook
    enabled = enabled_codebook(pk=codebook.pk, sha256=codebook.sha256, switches=project.switches).content
    names = Names.of(enabled, codebook.content)
    checked_map({old: new for old, new in settings.label_map.items() if new not in _questions(enabled)}, names)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, project.pk])
    result = DoorResult()
    door = _Door(project, settings, result, Contents(enabled, names, settings, result), now)
    for some in batched(entries, _CHUNK):
        door.shelf.look_up(entry for entry in some if isinstance(entry, GivenReading))
        for entry in some:
            if isinstance(entry, Refused):
                result.rejected.append(entry)
            else:
                door.take(entry)
            result.seen += 1
            if on_progress:
                on_progress(result)
    if result.created:
        Codebook.objects.filter(pk=codebook.pk, frozen_at__isnull=True).update(frozen_at=now)
    _count(project, door.touched, dry_run=settings.dry_run)
    if settings.dry_run:
        transaction.set_rollback(True)
    return result


def _questions(enabled: object) -> set[str]:
    return {question["code"] for question in enabled["questions"]}  # type: ignore[index]


def _count(project: Project, touched: set[int], *, dry_run: bool) -> None:
    """Agreement of the articles that got readings; of very many, in the worker."""
    if not touched or dry_run:
        return
    if len(touched) > MOST_COUNTED:
        transaction.on_commit(lambda: recount.enqueue(project.pk))
        return
    for article in Article.objects.filter(pk__in=touched).only("uuid").order_by("pk"):
        refresh_article(project=project, article=article)


class _Door:
    """Takes readings one by one."""

    def __init__(
        self, project: Project, settings: DoorSettings, result: DoorResult, contents: Contents, now: datetime
    ) -> None:
        self.shelf = Shelf(project)
        self.touched: set[int] = set()
        self._project = project
        self._settings = settings
        self._result = result
        self._contents = contents
        self._people = People(project, result, create=settings.create_annotators)
        self._now = now
        self._seen: dict[tuple[int, int, int], str] = {}

    def take(self, reading: GivenReading) -> None:
        """Store it, or put down why not."""
        field = ""
        try:
            username = self._settings.annotator_map.get(reading.annotator, reading.annotator)
            if not username and reading.annotator:
                self._result.left_out += 1
                return
            field = "article"
            member, alignment = self.shelf.find(reading, offsets=self._settings.offsets)
            field = "annotator"
            user = self._people.find(username)
            field = ""
            place = (member.article_id, user.pk, reading.round)
            if place in self._seen:
                raise Refusal(
                    "read_twice",
                    f"{username} has another reading of this article in the import ({self._seen[place]}). Keep one.",
                )
            scope = f"{self._project.pk}/{member.article.uuid}/{user.pk}/{reading.round}"
            rows = self._contents.rows(reading, alignment, member.article.text, scope)
            if reading.spans and reading.refused and not rows.spans:
                raise Refusal(
                    "nothing_taken",
                    f"Of its marks ({len(reading.spans)}) none could be taken. The reading is not stored: it would look as "
                    "if the article had been read and nothing marked.",
                )
            with transaction.atomic():
                task, outcome = store_reading(
                    project=self._project,
                    member=member,
                    user=user,
                    reading=reading,
                    rows=rows,
                    now=self._now,
                    widen=self._settings.widen,
                )
        except Refusal as refusal:
            refused = reading.refusal(field, refusal.code, refusal.message, remedy=remedy_of(refusal))
            self._result.rejected.append(refused)
        except DatabaseError as error:
            message = f"The database refused the reading: {str(error).splitlines()[0]}. Report it."
            self._result.rejected.append(reading.refusal("", "database", message))
        else:
            self._seen[place] = f"{reading.source}{f':{reading.line}' if reading.line else ''} {reading.entry}".strip()
            self._result.tasks.append(task.uuid)
            setattr(self._result, outcome, getattr(self._result, outcome) + 1)
            if outcome != UNCHANGED:
                self._result.spans += len(rows.spans)
                self._result.relations += len(rows.relations)
                self._result.answers += len(rows.answers)
                self.touched.add(member.article_id)
            if reading.status == "complete" and (missing := what_is_missing(rows, self._contents.enabled)):
                self._result.incomplete.append(
                    {
                        "source": reading.source,
                        "line": reading.line,
                        "entry": reading.entry,
                        "missing": [entry["message"] for entry in missing],
                    }
                )
        self._result.rejected += reading.refused
