"""How far the labelling of each article is, stored so that lists can be read in its order.

Triggers note every article in a project whose tasks changed, in the same transaction (``StaleStage``); here the notes
are worked off. Told anew from the committed tasks, a stage is right as soon as its notes are gone. Updating the stage
together with the task would make everybody who works on one article wait for each other.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from annotate.models import Project, StaleStage

AT_ONCE = 2_000
_TURNS = 20
_LOCK = 0x57A6E
_TAKE = """
DELETE FROM annotate_stalestage WHERE id IN (
    SELECT id FROM annotate_stalestage WHERE %(project)s::bigint IS NULL OR project_id = %(project)s
    ORDER BY id LIMIT %(limit)s
) RETURNING member_id
"""
# How the stage of an article follows from its tasks; the migration that added the column says the same.
_TELL = """
UPDATE annotate_projectarticle member SET stage = told.stage
FROM (
    SELECT inside.id, CASE WHEN begun THEN CASE WHEN wanting THEN 'in-progress' ELSE 'labelled' END
                           ELSE 'not-started' END AS stage
    FROM annotate_projectarticle inside CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(task.state <> 'open'), false) AS begun,
               coalesce(bool_or(task.state <> 'submitted'), false) AS wanting
        FROM annotate_task task
        WHERE task.project_id = inside.project_id AND task.article_id = inside.article_id
          AND task.state IN ('open', 'claimed', 'submitted', 'returned')
    ) live
    WHERE inside.id = ANY(%(members)s)
) told
WHERE member.id = told.id AND member.stage <> told.stage
"""


@transaction.atomic
def settle_stages(*, project: Project | None = None, limit: int = AT_ONCE) -> int:
    """Work off up to ``limit`` notes, the oldest first; how many. One does it at a time, the next one waits."""
    stale = StaleStage.objects.all() if project is None else StaleStage.objects.filter(project_id=project.pk)
    if not stale.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_TAKE, {"project": None if project is None else project.pk, "limit": limit})
        members = [member for (member,) in cursor.fetchall()]
        # A statement of its own: it sees everything whose note it took.
        cursor.execute(_TELL, {"members": sorted(set(members))})
    return len(members)


def settle_some_stages(*, now: datetime) -> int:  # noqa: ARG001 - every chore takes the time
    """A chore: work off what nobody's list asked for, in short transactions; how many notes."""
    total = 0
    for _ in range(_TURNS):
        done = settle_stages()
        total += done
        if done < AT_ONCE:
            break
    return total
