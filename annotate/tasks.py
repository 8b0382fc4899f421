"""What the background worker does for this app. Each job may be run twice, or by two workers at once."""

from datetime import datetime

from django.db import connection
from django.db.models import F, Q
from django.tasks import task
from django.utils import timezone

from annotate.models import AgreementSlice, Project, ProjectAgreement
from annotate.operations.figures import compute_intervals, compute_slice, compute_values, intervals_are_due
from annotate.operations.gamma import run_gamma, silent_gamma_runs
from annotate.operations.sending import send_waiting


@task
def refresh_agreement(project_id: int, *, at_once: bool = False) -> None:
    """Compute a project's values, and its intervals where they are due or wanted ``at_once``.

    Nothing is done where an earlier job has taken in later readings. While one worker computes intervals the others
    leave them to it.
    """
    agreement = ProjectAgreement.objects.filter(project=project_id).first()
    project = Project.objects.select_related("codebook").filter(pk=project_id).first()
    if project is None:
        return
    if agreement is None or agreement.computed_at is None or agreement.computed_revision != agreement.revision:
        agreement = compute_values(project=project, now=timezone.now())
    behind = agreement.intervals_at is None or agreement.intervals_revision != agreement.revision
    if behind and (at_once or intervals_are_due(agreement, now=timezone.now())) and _alone(project_id):
        try:
            compute_intervals(project=project, now=timezone.now())
        finally:
            _done(project_id)


def ask_for_late_figures(*, now: datetime) -> None:
    """A chore of the worker: have figures computed that were put off, or whose job was lost."""
    late = ProjectAgreement.objects.filter(revision__gt=0).filter(
        Q(intervals_at=None) | ~Q(intervals_revision=F("revision")) | ~Q(computed_revision=F("revision"))
    )
    for agreement in late.defer("metrics", "summary", "details"):
        if intervals_are_due(agreement, now=now):
            refresh_agreement.enqueue(agreement.pk)


def _alone(project_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 2))", [f"intervals {project_id}"])
        return bool(cursor.fetchone()[0])


def _done(project_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 2))", [f"intervals {project_id}"])


@task
def refresh_slice(slice_id: int) -> None:
    """Compute the figures of a part of a project, unless they are up to date."""
    kept = AgreementSlice.objects.filter(pk=slice_id).first()
    if kept is None:
        return
    agreement = ProjectAgreement.objects.filter(project=kept.project_id).only("revision").first()
    revision = 0 if agreement is None else agreement.revision
    if kept.intervals_at is None or not kept.computed_revision == kept.intervals_revision == revision:
        compute_slice(kept=kept, now=timezone.now())


@task
def compute_gamma(run_id: int) -> None:
    """Compute one gamma; running it again is harmless, and the worker takes it up again if its worker fell silent."""
    run_gamma(run_id=run_id, now=timezone.now())


def resume_silent_gamma(*, now: datetime) -> None:
    """A chore of the worker: enqueue computations of gamma whose worker died without a word."""
    for run_id in silent_gamma_runs(now=now):
        compute_gamma.enqueue(run_id)


@task
def send_webhook(webhook_id: int) -> None:
    """Send what waits for one webhook; nothing to do where another job does, or did."""
    send_waiting(webhook_id=webhook_id, clock=timezone.now)
