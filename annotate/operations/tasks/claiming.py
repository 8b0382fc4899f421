"""Claiming: which open task becomes whose.

Many claim at once. The membership row is locked first, so one person's claims run one after the other; then one
statement takes the next open task that nobody else holds.
"""

import math
import time
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotate.models import Codebook, Membership, Project, Role, Task
from annotate.operations.tasks.expiry import expire_some

# Pauses, in seconds, before looking again where every task left is locked by somebody else's claim.
RETRIES = (0.005, 0.02, 0.05)
# A longer gap between two signs of life is a break, not work.
LONGEST_GAP = timedelta(seconds=120)

# Articles on which this person has any task of the round are left out: nobody twice, and closed tasks are resumed
# (see RESUME), never claimed anew.
ELIGIBLE = """
    t.project_id = %(project)s AND t.state = 'open' AND NOT EXISTS (
        SELECT 1 FROM annotate_task mine
        WHERE mine.project_id = t.project_id AND mine.article_id = t.article_id AND mine.round = t.round
          AND mine.annotator_id = %(user)s
    )
"""
TAKE = """
, taken AS (
UPDATE annotate_task SET state = 'claimed', annotator_id = %(user)s, claimed_at = %(now)s, lease_expires = %(lease)s
FROM found WHERE annotate_task.id = found.id
RETURNING annotate_task.id, annotate_task.position
), moved AS (
    UPDATE annotate_membership SET walked_to = taken.position FROM taken WHERE annotate_membership.id = %(membership)s
)
SELECT id FROM taken
"""
# The circle of positions, from where the person stands: ahead first, then behind. Both parts walk the partial index
# task_open_by_position; `behind` is not looked at while something lies ahead.
NEXT_IN_CIRCLE = """
WITH ahead AS MATERIALIZED (
    SELECT t.id FROM annotate_task t WHERE t.position > %(start)s AND /* eligible */
    ORDER BY t.position LIMIT 1 FOR UPDATE OF t SKIP LOCKED
), behind AS MATERIALIZED (
    SELECT t.id FROM annotate_task t
    WHERE t.position <= %(start)s AND /* eligible */ AND NOT EXISTS (SELECT 1 FROM ahead)
    ORDER BY t.position LIMIT 1 FOR UPDATE OF t SKIP LOCKED
), found AS (SELECT id FROM ahead UNION ALL SELECT id FROM behind)
/* take */
"""
# By priority everybody works at the same front: no circle, the index task_open_by_priority in its order.
NEXT_BY_PRIORITY = """
WITH found AS MATERIALIZED (
    SELECT t.id FROM annotate_task t WHERE /* eligible */
    ORDER BY t.priority DESC, t.position LIMIT 1 FOR UPDATE OF t SKIP LOCKED
)
/* take */
"""
ANY_LEFT = "SELECT EXISTS (SELECT 1 FROM annotate_task t WHERE /* eligible */)"


def _with_parts(statement: str) -> str:
    return statement.replace("/* eligible */", ELIGIBLE).replace("/* take */", TAKE)


# An own closed task, and an open slot of its article to take it up in.
RESUME = """
SELECT mine.id, wanted.id, wanted.slot
FROM annotate_task mine
JOIN annotate_task wanted ON wanted.project_id = mine.project_id AND wanted.article_id = mine.article_id
     AND wanted.round = mine.round AND wanted.state = 'open'
WHERE mine.project_id = %(project)s AND mine.annotator_id = %(user)s AND mine.state = %(state)s
  AND (%(task)s::bigint IS NULL OR mine.id = %(task)s)
ORDER BY mine.closed_at DESC, mine.id, wanted.slot
LIMIT 1 FOR UPDATE SKIP LOCKED
"""


@transaction.atomic
def claim_task(*, project: Project, user: User, now: datetime) -> Task | None:
    """The task ``user`` works on next: the one claimed already, else one of their expired ones, else a fresh one, else
    one they handed back; None where nothing is left for them or the project is not open.

    Raises Membership.DoesNotExist where the person is no annotator of the project.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("project__codebook")
        .get(project=project, user=user, role=Role.ANNOTATOR)
    )
    project = membership.project
    if project.state != Project.State.OPEN:
        return None
    lease = lease_end(project, now)
    claimed = Task.objects.filter(project=project, annotator=user, state=Task.State.CLAIMED).select_for_update().first()
    if claimed is not None:
        claimed.lease_expires = lease
        claimed.save(update_fields=["lease_expires"])
        return claimed
    expire_some(Task.objects.filter(project=project), now=now)
    task = (
        _resume(project, user, now, Task.State.EXPIRED)
        or _take_next(membership, now)
        or _resume(project, user, now, Task.State.HANDED_BACK)
    )
    if task is not None and project.codebook.frozen_at is None:
        Codebook.objects.filter(pk=project.codebook_id, frozen_at__isnull=True).update(frozen_at=now)
    return task


@transaction.atomic
def renew_lease(*, task: Task, user: User, now: datetime, active_seconds: int | None = None) -> Task:
    """Keep the task for another lease and count the time worked.

    An own expired task is taken up again while its slot is open and the person has no other claimed one. Tasks in
    any other state stay as they are. Raises Task.DoesNotExist where the task is not this person's.
    """
    memberships = Membership.objects.filter(user=user, role=Role.ANNOTATOR).values("project")
    locked = (
        Task.objects.select_for_update(of=("self",))
        .select_related("project")
        .get(uuid=task.uuid, annotator=user, project__in=memberships)
    )
    if locked.state == Task.State.EXPIRED:
        return resume_expired(task=locked, user=user, now=now) or locked
    if locked.state == Task.State.CLAIMED:
        stay_active(locked, now, active_seconds)
        locked.save(update_fields=["lease_expires", "active_seconds"])
    return locked


def resume_expired(*, task: Task, user: User, now: datetime) -> Task | None:
    """Take up the locked, expired ``task`` again if its project is open, a slot is, and no other task is claimed."""
    project = task.project
    if project.state != Project.State.OPEN:
        return None
    if Task.objects.filter(project=project, annotator=user, state=Task.State.CLAIMED).exists():
        return None
    return _resume(project, user, now, Task.State.EXPIRED, task)


def lease_end(project: Project, now: datetime) -> datetime:
    return now + timedelta(minutes=project.lease_minutes)


def stay_active(task: Task, now: datetime, active_seconds: int | None = None) -> None:
    """Renew the lease in memory and count the time worked.

    ``active_seconds`` is the whole time on this task as the browser counted it, pauses out: it never lowers what is
    stored, and never exceeds the time since the task was claimed. Without it the time since the last sign of life is
    added, unless that was a break.
    """
    if active_seconds is not None:
        if task.claimed_at is not None:
            possible = max(int((now - task.claimed_at).total_seconds()), 0)
            task.active_seconds = max(task.active_seconds, min(active_seconds, possible))
    elif task.lease_expires is not None:
        gap = now - (task.lease_expires - timedelta(minutes=task.project.lease_minutes))
        if timedelta(0) < gap <= LONGEST_GAP:
            task.active_seconds += round(gap.total_seconds())
    if task.state == Task.State.CLAIMED:
        task.lease_expires = lease_end(task.project, now)


def _resume(project: Project, user: User, now: datetime, state: str, task: Task | None = None) -> Task | None:
    with connection.cursor() as cursor:
        cursor.execute(
            RESUME, {"project": project.pk, "user": user.pk, "state": state, "task": None if task is None else task.pk}
        )
        found = cursor.fetchone()
        if found is None:
            return None
        mine, wanted, slot = found
        cursor.execute("DELETE FROM annotate_task WHERE id = %s", [wanted])
    Task.objects.filter(pk=mine).update(
        state=Task.State.CLAIMED, slot=slot, lease_expires=lease_end(project, now), closed_at=None
    )
    return Task.objects.get(pk=mine)


def _take_next(membership: Membership, now: datetime) -> Task | None:
    project = membership.project
    by_priority = project.ordering == Project.Ordering.PRIORITY
    statement = _with_parts(NEXT_BY_PRIORITY if by_priority else NEXT_IN_CIRCLE)
    # The first walk starts at the seed, the task at the seed included; later ones after the task last claimed.
    start = membership.walked_to
    values: dict[str, int | float | datetime] = {
        "project": project.pk,
        "user": membership.user_id,
        "membership": membership.pk,
        "now": now,
        "lease": lease_end(project, now),
        "start": math.nextafter(membership.order_seed, -math.inf) if start is None else start,
    }
    with connection.cursor() as cursor:
        found = None
        for pause in (0.0, *RETRIES):
            time.sleep(pause)
            cursor.execute(statement, values)
            found = cursor.fetchone()
            if found is not None:
                break
            cursor.execute(_with_parts(ANY_LEFT), values)
            if not cursor.fetchone()[0]:
                return None
        if found is None:
            # What is left is locked by somebody else's claim: wait for it. Who claimed it keeps it, who rolled back
            # leaves it to us.
            cursor.execute(statement.replace(" SKIP LOCKED", ""), values)
            found = cursor.fetchone()
    if found is None:
        return None
    return Task.objects.get(pk=found[0])
