"""Slots: an article that wants k readings has k live tasks, never more."""

from collections.abc import Iterable

from django.db import connection, transaction

from annotate.models import Project
from corpus.models import Article

# Live tasks beyond what the article wants (k was lowered, or the article excluded) go while nobody has them. The
# outer condition on the state is read again after waiting for a row that somebody is claiming.
DROP_SURPLUS = """
WITH live AS (
    SELECT task.id, task.slot, task.state, wanted.k,
           count(*) FILTER (WHERE task.state <> 'open') OVER (PARTITION BY task.article_id) AS taken,
           row_number() OVER (PARTITION BY task.article_id, task.state = 'open' ORDER BY task.slot) AS place
    FROM annotate_task task
    JOIN (
        SELECT member.article_id,
               CASE WHEN member.excluded THEN 0 ELSE coalesce(member.annotators, project.annotators_per_article) END AS k
        FROM annotate_projectarticle member
        JOIN annotate_project project ON project.id = member.project_id
        WHERE member.project_id = %(project)s AND (%(articles)s::bigint[] IS NULL OR member.article_id = ANY(%(articles)s))
    ) wanted ON wanted.article_id = task.article_id
    WHERE task.project_id = %(project)s AND task.round = %(round)s
      AND task.state IN ('open', 'claimed', 'submitted', 'returned')
)
DELETE FROM annotate_task WHERE state = 'open' AND id IN (
    SELECT id FROM live WHERE state = 'open' AND (slot > k OR place > k - taken)
)
"""

# One pass over the project's tasks, however many articles come in at once: looked up one by one they would be
# searched among the very rows this statement inserts.
# All slots of an article share one position: a person who walks on from where they stood meets no article twice.
# Story by story: a place drawn from the story, and a tiny random step within it.
FILL = """
WITH held AS MATERIALIZED (
    SELECT article_id, min(position) AS position,
           array_agg(slot) FILTER (
               WHERE round = %(round)s AND state IN ('open', 'claimed', 'submitted', 'returned')
           ) AS slots
    FROM annotate_task
    WHERE project_id = %(project)s AND (%(articles)s::bigint[] IS NULL OR article_id = ANY(%(articles)s))
    GROUP BY article_id
), wanted AS MATERIALIZED (
    SELECT member.article_id, member.priority, project.codebook_id,
           coalesce(member.annotators, project.annotators_per_article) AS k,
           coalesce(held.slots, '{}') AS slots,
           coalesce(
               held.position,
               CASE WHEN project.ordering = 'story' AND article.story_id IS NOT NULL
                    THEN (('x' || substr(md5(project.id || '/' || article.story_id), 1, 6))::bit(24)::integer + random())
                         / 16777216
                    ELSE random() END
           ) AS position
    FROM annotate_projectarticle member
    JOIN annotate_project project ON project.id = member.project_id
    JOIN corpus_article article ON article.id = member.article_id
    LEFT JOIN held ON held.article_id = member.article_id
    WHERE member.project_id = %(project)s AND NOT member.excluded
      AND (%(articles)s::bigint[] IS NULL OR member.article_id = ANY(%(articles)s))
), free AS (
    SELECT wanted.*, number.slot, row_number() OVER (PARTITION BY wanted.article_id ORDER BY number.slot) AS place
    FROM wanted CROSS JOIN LATERAL generate_series(1, wanted.k) AS number(slot)
    WHERE number.slot <> ALL(wanted.slots)
)
INSERT INTO annotate_task (uuid, project_id, codebook_id, article_id, round, slot, state, reason, note, position,
                           priority, revision, active_seconds, created_at)
SELECT gen_random_uuid(), %(project)s, codebook_id, article_id, %(round)s, slot, 'open', '', '', position,
       priority, 0, 0, now()
FROM free WHERE place <= k - cardinality(slots)
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def ensure_slots(*, project: Project, articles: Iterable[Article] | None = None) -> int:
    """Give every article of the project (or only ``articles``) its k live tasks; the number of tasks made.

    Open tasks that are no longer wanted (k lowered, article excluded) go. Running it twice changes nothing.
    """
    return fill_slots(project_id=project.pk, article_ids=None if articles is None else [a.pk for a in articles])


def fill_slots(*, project_id: int, article_ids: list[int] | None, round_number: int = 1) -> int:
    """:func:`ensure_slots` by keys and for any round, inside the caller's transaction."""
    if article_ids == []:
        return 0
    values = {"project": project_id, "articles": article_ids, "round": round_number}
    with connection.cursor() as cursor:
        cursor.execute(DROP_SURPLUS, values)
        cursor.execute(FILL, values)
        return max(int(cursor.rowcount), 0)
