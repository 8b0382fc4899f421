"""How a task ends: submitted, skipped, handed back; returned or reassigned by a manager."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from annotate.attributes import what_is_missing
from annotate.enabled import enabled_codebook
from annotate.errors import Conflict, Incomplete, Refusal
from annotate.models import Membership, Project, Role, Task, Webhook
from annotate.operations.announcing import announce
from annotate.operations.scoring import refresh_article
from annotate.operations.tasks.claiming import resume_expired, stay_active
from annotate.operations.tasks.slots import fill_slots
from annotate.rows import load_rows
from annotate.values import is_storable

LONGEST_REASON = 500
# What closing a task needs of its article is its key and its uuid.
HEAVY = [f"article__{name}" for name in ("raw", "raw_fields", "text", "segments", "removed", "zones")]


@transaction.atomic
def submit_task(*, task: Task, user: User, revision: int, now: datetime, active_seconds: int | None = None) -> Task:
    """Count the task as this person's reading. Submitting the same revision twice is submitting once.

    Raises Conflict where ``revision`` is not the current one or the task is no longer in hand, Incomplete where
    something is missing, Task.DoesNotExist where the task is not this person's.
    """
    locked = lock_own(task, user)
    if locked.revision != revision:
        raise Conflict(locked.revision)
    if locked.state == Task.State.SUBMITTED:
        return locked
    if locked.state == Task.State.EXPIRED:
        # Who read on past the lease and then submits has lost nothing while the slot is still open.
        locked = _taken_up(locked, user, now)
    _require_in_hand(locked)
    if locked.project.state == Project.State.CLOSED:
        raise Conflict(locked.revision, "project_closed", "The project is closed: your marks are kept, not submitted.")
    codebook = enabled_codebook(
        pk=locked.codebook_id, sha256=locked.project.codebook.sha256, switches=locked.project.switches
    )
    missing = what_is_missing(load_rows(locked), codebook.content)
    if missing:
        raise Incomplete(missing)
    stay_active(locked, now, active_seconds)
    locked.state = Task.State.SUBMITTED
    locked.submitted_at = now
    locked.lease_expires = None
    locked.save(update_fields=["state", "submitted_at", "lease_expires", "active_seconds"])
    refresh_article(project=locked.project, article=locked.article)
    announce(
        project=locked.project,
        event=Webhook.Event.TASK_SUBMITTED,
        data={
            "task": str(locked.uuid),
            "article": str(locked.article.uuid),
            "state": locked.state,
            "revision": locked.revision,
            "submitted_at": now.isoformat(),
        },
        now=now,
    )
    return locked


@transaction.atomic
def skip_task(*, task: Task, user: User, reason: str, now: datetime, active_seconds: int | None = None) -> Task:
    """Close the task for good, saying why; somebody else will be asked. Skipping a skipped task changes nothing.

    Raises Refusal for an empty or overlong reason, Conflict where the task is not in hand.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("reason_missing", "Say in a few words why you skip this article.")
    if len(reason) > LONGEST_REASON:
        raise Refusal("reason_too_long", f"Shorten the reason to {LONGEST_REASON} characters.")
    if not is_storable(reason):
        raise Refusal("bad_text", "The reason has a character that cannot be stored (NUL or half a surrogate pair).")
    locked = lock_own(task, user)
    if locked.state == Task.State.SKIPPED:
        return locked
    _require_in_hand(locked)
    stay_active(locked, now, active_seconds)
    return _close(locked, Task.State.SKIPPED, now, reason=reason)


@transaction.atomic
def hand_back(*, task: Task, user: User, now: datetime, active_seconds: int | None = None) -> Task:
    """Give the task up for now: its slot opens for anybody; the marks are kept and come back on resuming."""
    locked = lock_own(task, user)
    if locked.state == Task.State.HANDED_BACK:
        return locked
    _require_in_hand(locked)
    stay_active(locked, now, active_seconds)
    return _close(locked, Task.State.HANDED_BACK, now)


@transaction.atomic
def return_task(*, task: Task, note: str, now: datetime) -> Task:  # noqa: ARG001 - every operation takes its time
    """Send a submitted task back to its annotator with a note; until it is submitted again it is no reading."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    if locked.state != Task.State.SUBMITTED:
        raise Refusal("not_submitted", f"Only a submitted task can be returned; this one is {locked.state}.")
    locked.state = Task.State.RETURNED
    locked.note = note
    locked.save(update_fields=["state", "note"])
    refresh_article(project=locked.project, article=locked.article)
    return locked


@transaction.atomic
def reassign_task(*, task: Task, now: datetime) -> Task:
    """Take the task from its annotator for good and open its slot to the others; the marks stay on the closed task."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    if locked.state not in Task.LIVE or locked.state == Task.State.OPEN:
        raise Refusal("not_in_hand", f"Only a task that somebody has can be reassigned; this one is {locked.state}.")
    return _close(locked, Task.State.SKIPPED, now, reason="Reassigned by a manager.")


def lock_own(task: Task, user: User) -> Task:
    """The task of this uuid, locked, with project and codebook; Task.DoesNotExist unless it is this member's own."""
    return (
        Task.objects.select_for_update(of=("self",))
        .select_related("project__codebook", "article")
        .defer("project__codebook__content", *HEAVY)
        .get(
            uuid=task.uuid,
            annotator=user,
            project__in=Membership.objects.filter(user=user, role=Role.ANNOTATOR).values("project"),
        )
    )


def _taken_up(task: Task, user: User, now: datetime) -> Task:
    """The locked, expired task in hand again where it can be resumed; else as it is."""
    return task if resume_expired(task=task, user=user, now=now) is None else lock_own(task, user)


def _require_in_hand(task: Task) -> None:
    if task.state not in Task.WORKABLE:
        raise Conflict(task.revision, "not_in_hand", f"This task is {task.get_state_display()}.")


def _close(task: Task, state: Task.State, now: datetime, *, reason: str = "") -> Task:
    counted = task.state == Task.State.SUBMITTED
    task.state = state
    task.reason = reason
    task.closed_at = now
    task.lease_expires = None
    task.save(update_fields=["state", "reason", "closed_at", "lease_expires", "active_seconds"])
    fill_slots(project_id=task.project_id, article_ids=[task.article_id], round_number=task.round)
    if counted:
        refresh_article(project=task.project, article=task.article)
    return task
