"""Releases as rows: asked for on a page, built by the worker, kept in ``STORAGES["releases"]``."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotate.models import Project, Webhook
from annotate.operations.announcing import announce
from corpus.heartbeat import Heartbeat
from release.exceptions import ReleaseError, SupersededError, VersionTakenError
from release.formats.registry import checked_formats
from release.manifest import Terms
from release.models import Release
from release.operations.building import BOOTSTRAP, SEED, Built, tool_version, write_release
from release.operations.exclusions import found_exclusions
from release.operations.thresholds import checked_threshold
from release.operations.versions import checked_version
from release.storage import keep, workplace

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=60)
BEAT = 2.0  # seconds between two notes of progress
PENDING = (Release.State.WAITING, Release.State.BUILDING)
# Nothing was made of these, and nobody can have cited them: they are tried again, or give their version up.
ENDED = (Release.State.FAILED, Release.State.CANCELLED)


@transaction.atomic
def request_release(
    *,
    project: Project,
    version: str,
    text_mode: str,
    actor: User | None,
    formats: Iterable[str] = (),
    times: str = Release.Times.SECOND,
    threshold: Fraction | Decimal | float = Decimal("0.5"),
    exclusions: Iterable[tuple[str, str]] = (),
) -> Release:
    """Note the wish; the caller enqueues ``release.tasks.build``.

    ``threshold``: least intersection over union of marks in one unit. ``exclusions``: articles by uuid or external id
    that this release leaves out, and why. A version that failed or was called off gives way.

    Raises BadVersionError, VersionTakenError, FormatError, ThresholdError, ExclusionError and, for anything else that
    does not exist, ReleaseError.
    """
    checked_version(version)
    if text_mode not in Release.TextMode.values:
        raise ReleaseError(f"There is no text mode {text_mode!r}.")
    if times not in Release.Times.values:
        raise ReleaseError(f"Times cannot be given {times!r}; choose one of {', '.join(Release.Times.values)}.")
    chosen = checked_formats(formats, text_mode=text_mode, codebook=project.codebook.name)
    exact = checked_threshold(threshold)
    without = found_exclusions(project=project, wanted=exclusions)
    Release.objects.filter(project=project, version=version, state__in=ENDED).delete()
    taken = f"Version {version} exists already; releases never change, so raise the version."
    if Release.objects.filter(project=project, version=version).exists():
        raise VersionTakenError(taken)
    try:
        with transaction.atomic():
            return Release.objects.create(
                project=project,
                version=version,
                text_mode=text_mode,
                formats=list(chosen),
                times=times,
                threshold=Decimal(exact.numerator) / Decimal(exact.denominator),
                exclusions=without,
                created_by=actor,
            )
    except IntegrityError as error:
        raise VersionTakenError(taken) from error


@transaction.atomic
def retry_release(*, release: Release) -> bool:
    """Put a release that failed or was called off back to waiting; False for others. The caller enqueues the task."""
    locked = Release.objects.select_for_update().filter(pk=release.pk).first()
    if locked is None or locked.state not in ENDED:
        return False
    locked.state, locked.error, locked.progress, locked.heartbeat = Release.State.WAITING, "", 0, None
    locked.save(update_fields=["state", "error", "progress", "heartbeat"])
    return True


@transaction.atomic
def cancel_release(*, release: Release) -> bool:
    """Call a release off that waits or is being built; False for others. Its builder notices and leaves nothing."""
    locked = Release.objects.select_for_update().filter(pk=release.pk).first()
    if locked is None or locked.state not in PENDING:
        return False
    locked.state, locked.progress, locked.heartbeat = Release.State.CANCELLED, 0, None
    locked.save(update_fields=["state", "progress", "heartbeat"])
    return True


def build_release(*, release_id: int, now: datetime) -> bool:
    """Build one release and keep it; False if it is built, failed, called off, or in the hands of a living worker.

    May run any number of times: an attempt is numbered, and only the latest may finish. A failure is written into the
    row in words and raised.
    """
    attempt = _begin(release_id, now)
    if attempt is None:
        return False
    release = Release.objects.select_related("project").get(pk=release_id)
    before = _built_before(release)
    terms = Terms(
        version=release.version,
        text_mode=release.text_mode,
        include_unfinished=False,
        previous_version=before.version if before else None,
        bootstrap=BOOTSTRAP,
        seed=SEED,
        tool_version=tool_version(),
        formats=tuple(release.formats),
        times=release.times,
        previous=before.manifest if before else None,
        threshold=Fraction(release.threshold),
        exclusions=release.exclusions,
    )
    try:
        with workplace(release) as partial:
            with Heart(release_id, attempt) as heart:
                built = write_release(project=release.project, root=partial, terms=terms, on_progress=heart.note)
            _finish(release_id, attempt, built, partial)
    except SupersededError:
        logger.info("Release %s was called off or taken over by another worker", release_id)
        return False
    except Exception as error:
        said = str(error) if isinstance(error, (ReleaseError, OSError)) else "Building failed; the log says why."
        Release.objects.filter(pk=release_id, attempt=attempt, state=Release.State.BUILDING).update(
            state=Release.State.FAILED, error=said
        )
        raise
    except BaseException:
        # The worker is told to stop; whoever takes the task up next need not wait for silence.
        Release.objects.filter(pk=release_id, attempt=attempt, state=Release.State.BUILDING).update(
            state=Release.State.WAITING
        )
        raise
    return True


@transaction.atomic
def silent_releases(*, now: datetime) -> list[int]:
    """Releases whose builder fell silent, by key; the caller enqueues them. Each is named once a minute."""
    silent = Release.objects.select_for_update(skip_locked=True).filter(
        state=Release.State.BUILDING, heartbeat__lt=now - SILENCE
    )
    keys = list(silent.values_list("pk", flat=True))
    Release.objects.filter(pk__in=keys).update(state=Release.State.WAITING, heartbeat=now)
    return keys


@transaction.atomic
def _begin(release_id: int, now: datetime) -> int | None:
    """Take the release on; the number of this attempt, or None if there is nothing to do."""
    release = Release.objects.select_for_update(of=("self",)).filter(pk=release_id).first()
    if release is None or release.state in (Release.State.BUILT, *ENDED):
        return None
    alive = release.heartbeat is not None and release.heartbeat > now - SILENCE
    if release.state == Release.State.BUILDING and alive:
        return None
    release.state = Release.State.BUILDING
    release.attempt += 1
    release.heartbeat = now
    release.progress = 0
    release.error = ""
    release.save(update_fields=["state", "attempt", "heartbeat", "progress", "error"])
    return release.attempt


def _built_before(release: Release) -> Release | None:
    """The version built last before this one was asked for."""
    return (
        Release.objects.filter(project=release.project_id, state=Release.State.BUILT, created_at__lt=release.created_at)
        .order_by("-created_at")
        .first()
    )


@transaction.atomic
def _finish(release_id: int, attempt: int, built: Built, partial: Path) -> None:
    """Files and row together. The row's lock keeps a second worker out; a crash in between leaves a row not built."""
    release = Release.objects.select_for_update(of=("self",)).filter(pk=release_id).first()
    if release is None or release.attempt != attempt or release.state != Release.State.BUILDING:
        raise SupersededError
    keep(release, partial)
    release.state = Release.State.BUILT
    release.total = next(file.records or 0 for file in built.files if file.path == "data/articles.jsonl")
    release.manifest = built.manifest
    release.sha256 = built.sha256
    release.progress = release.total
    release.built_at = release.heartbeat = timezone.now()
    release.save()
    announce(
        project=release.project,
        event=Webhook.Event.RELEASE_BUILT,
        data={
            "release": release.version,
            "state": release.state,
            "sha256": release.sha256,
            "built_at": release.built_at.isoformat(),
        },
        now=release.built_at,
    )


class Heart(Heartbeat):
    """Notes how far a build is, and hears of "cancel"."""

    def __init__(self, release_id: int, attempt: int) -> None:
        super().__init__(f"release-{release_id}", every=BEAT)
        self._key = release_id
        self._rows = Release.objects.filter(pk=release_id, attempt=attempt, state=Release.State.BUILDING)
        self._seen = (0, 0)

    def note(self, done: int, total: int) -> None:
        """Raises SupersededError, within seconds of it, where the release was called off or is another worker's."""
        self._seen = (done, total)
        if self.is_lost:
            raise SupersededError

    def beat(self) -> bool:
        done, total = self._seen
        noted = self._rows.update(progress=done, total=total, heartbeat=timezone.now())
        # A row that this connection cannot see yet is not lost.
        return bool(noted) or not Release.objects.filter(pk=self._key).exists()
