"""Gamma and gamma-cat of a project: asked for on a page, computed by the worker on a sample of articles."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import CharField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone

from agreement import GammaPlan, gamma_metrics, printed
from agreement import run_gamma as compute
from annotate.models import ArticleAgreement, GammaRun, Project, ProjectAgreement
from annotate.scoring.adapter import documents
from corpus.models import Article

logger = logging.getLogger(__name__)

SILENCE = timedelta(seconds=60)
# No document may keep the worker so long that it seems dead, or that "cancel" is not heard.
DOCUMENT_SECONDS = 20.0
MOST_ATTEMPTS = 3
RESAMPLES = 1000


class GammaRunningError(Exception):
    """Gamma of this project is being computed already; one computation at a time."""


class _NotOursError(Exception):
    """The computation was called off, or another worker took it over."""


@transaction.atomic
def request_gamma(
    *, project: Project, sample_size: int, seed: int, time_limit: int, requested_by: User | None
) -> GammaRun:
    """Note the wish; the caller enqueues ``annotate.tasks.compute_gamma``. Raises GammaRunningError."""
    try:
        with transaction.atomic():
            return GammaRun.objects.create(
                project=project,
                sample_size=sample_size,
                seed=seed,
                time_limit=time_limit,
                requested_by=requested_by,
            )
    except IntegrityError as error:
        raise GammaRunningError from error


@transaction.atomic
def cancel_gamma(*, run: GammaRun, now: datetime) -> bool:
    """Call the computation off; False if it has ended. The worker hears of it after the article it is at."""
    unfinished = GammaRun.objects.filter(pk=run.pk, state__in=GammaRun.UNFINISHED)
    return bool(unfinished.update(state=GammaRun.State.CANCELLED, finished_at=now))


@transaction.atomic
def retry_gamma(*, run: GammaRun) -> bool:
    """Put one that failed or was called off back to waiting; False if it did not. The caller enqueues the task.

    Raises GammaRunningError where another one is under way.
    """
    locked = GammaRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.state not in (GammaRun.State.FAILED, GammaRun.State.CANCELLED):
        return False
    locked.state, locked.error, locked.progress = GammaRun.State.WAITING, "", 0
    locked.heartbeat = locked.started_at = locked.finished_at = None
    locked.attempt = 0
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise GammaRunningError from error
    return True


def run_gamma(*, run_id: int, now: datetime) -> bool:
    """Compute one; False if it has ended, was called off, or is in the hands of a worker that is alive.

    May run any number of times: an attempt is numbered, and only the latest may finish. A failure is written into the
    row in words and raised.
    """
    run = _begin(run_id, now)
    if run is None:
        return False
    ours = GammaRun.objects.filter(pk=run_id, attempt=run.attempt, state=GammaRun.State.RUNNING)

    def note(done: int, drawn: int) -> None:
        if not ours.update(progress=done, total=drawn, heartbeat=timezone.now()):
            raise _NotOursError

    try:
        revision = ProjectAgreement.objects.filter(project=run.project_id).values_list("revision", flat=True).first()
        drawn = list(documents(run.project, _drawn(run)))
        note(0, len(drawn))
        plan = GammaPlan(seed=run.seed, seconds=run.time_limit, document_seconds=DOCUMENT_SECONDS)
        found = compute(drawn, plan, note)
        metrics = printed(gamma_metrics(drawn, found, RESAMPLES, run.seed))
    except _NotOursError:
        logger.info("Gamma %s was called off or taken over", run_id)
        return False
    except Exception:
        ours.update(
            state=GammaRun.State.FAILED,
            finished_at=timezone.now(),
            error="Computing gamma failed; the worker's log says why. Try again, or with fewer articles.",
        )
        raise
    except BaseException:
        # The worker is told to stop; whoever takes the task up next need not wait for silence.
        ours.update(state=GammaRun.State.WAITING)
        raise
    ours.update(
        state=GammaRun.State.DONE,
        finished_at=timezone.now(),
        revision=revision or 0,
        population=ArticleAgreement.objects.filter(project=run.project_id).count(),
        metrics=metrics,
        described=found.described(),
    )
    return True


@transaction.atomic
def silent_gamma_runs(*, now: datetime) -> list[int]:
    """Those whose worker fell silent or whose task was lost, by key; the caller enqueues them. Each is named once a
    minute; one that was silent too often is given up."""
    late = now - SILENCE
    rows = GammaRun.objects.select_for_update(skip_locked=True, of=("self",))
    silent = rows.filter(state=GammaRun.State.RUNNING, heartbeat__lt=late)
    silent.filter(attempt__gte=MOST_ATTEMPTS).update(
        state=GammaRun.State.FAILED,
        finished_at=now,
        error=f"The worker ended {MOST_ATTEMPTS} times in the middle of this computation, perhaps for want of memory. "
        "Try again with fewer articles.",
    )
    lost = rows.filter(state=GammaRun.State.WAITING, heartbeat=None, created_at__lt=late)
    keys = [*silent.values_list("pk", flat=True), *lost.values_list("pk", flat=True)]
    GammaRun.objects.filter(pk__in=keys).update(state=GammaRun.State.WAITING, heartbeat=now)
    return keys


@transaction.atomic
def _begin(run_id: int, now: datetime) -> GammaRun | None:
    """Take it on, with its project and codebook; None if there is nothing to do."""
    run = GammaRun.objects.select_for_update(of=("self",)).select_related("project__codebook").filter(pk=run_id).first()
    if run is None or run.state not in GammaRun.UNFINISHED:
        return None
    alive = run.heartbeat is not None and run.heartbeat > now - SILENCE
    if run.state == GammaRun.State.RUNNING and alive:
        return None
    run.state = GammaRun.State.RUNNING
    run.attempt += 1
    run.heartbeat = run.started_at = now
    run.progress, run.error = 0, ""
    run.save(update_fields=["state", "attempt", "heartbeat", "started_at", "progress", "error"])
    return run


def _drawn(run: GammaRun) -> list[Article]:
    """The sample: the same for the same seed and articles."""
    place = MD5(Concat(Value(f"{run.seed} "), Cast("article__uuid", CharField()), output_field=CharField()))
    rows = ArticleAgreement.objects.filter(project=run.project_id).annotate(place=place).order_by("place")
    keys = list(rows.values_list("article", flat=True)[: run.sample_size])
    return list(Article.objects.filter(pk__in=keys).only("uuid").order_by("pk"))
