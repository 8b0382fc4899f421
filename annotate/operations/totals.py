"""A project's totals of agreement: every change of an article's counts is noted and later added in, never summed anew.

A change is noted in the transaction that makes it (:func:`note_change`); the worker takes notes and adds them
(:func:`settle_changes`). Notes and totals together always equal the sums of the stored counts, which
:func:`recount_totals` verifies, so neither the size of the project nor the order of changes matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction

from agreement import StatRow
from annotate.models import AgreementChange, AgreementTotal, Project
from annotate.scoring.totals import BY_WEEK, NOT_SUMMED, summed_key

AT_ONCE = 500
_FIELDS = "measure, label, m, key_c, key_k, annotator_a, annotator_b"
_SUMS = "n, size_a, size_b, documents"
_UNPACKED = """
        c ->> 0 AS measure, c ->> 1 AS label, (c ->> 2)::int AS m, (c ->> 3)::bigint AS key_c, (c ->> 4)::bigint AS key_k,
        (c ->> 5)::bigint AS annotator_a, (c ->> 6)::bigint AS annotator_b, (c ->> 7)::bigint AS n,
        (c ->> 8)::bigint AS size_a, (c ->> 9)::bigint AS size_b, (c ->> 10)::bigint AS documents
"""
_TAKE = f"""
WITH taken AS (
    DELETE FROM annotate_agreementchange WHERE id IN (
        SELECT id FROM annotate_agreementchange WHERE project_id = %(project)s ORDER BY id LIMIT %(limit)s
    ) RETURNING part, week, counts
), counts AS (
    SELECT taken.part, taken.week - DATE '1970-01-01' AS week, {_UNPACKED}
    FROM taken CROSS JOIN LATERAL jsonb_array_elements(taken.counts) c
), sums AS (
    SELECT 'part' AS kind, part AS bucket, {_FIELDS},
        sum(n) AS n, sum(size_a) AS size_a, sum(size_b) AS size_b, sum(documents) AS documents
    FROM counts GROUP BY part, {_FIELDS}
    UNION ALL
    SELECT 'week', week, {_FIELDS}, sum(n), sum(size_a), sum(size_b), sum(documents)
    FROM counts WHERE measure = ANY(%(by_week)s) GROUP BY week, {_FIELDS}
), added AS (
    INSERT INTO annotate_agreementtotal AS total (project_id, kind, bucket, {_FIELDS}, {_SUMS})
    SELECT %(project)s, kind, bucket, {_FIELDS}, {_SUMS} FROM sums
    WHERE n <> 0 OR size_a <> 0 OR size_b <> 0 OR documents <> 0
    ON CONFLICT (project_id, kind, bucket, {_FIELDS}) DO UPDATE SET
        n = total.n + excluded.n, size_a = total.size_a + excluded.size_a, size_b = total.size_b + excluded.size_b,
        documents = total.documents + excluded.documents
)
SELECT count(*) FROM taken
"""  # noqa: S608 - the names of columns, above
# What the totals of a project should be.
_SUMMED = f"""
SELECT kind, bucket, {_FIELDS}, sum(n)::bigint AS n, sum(size_a)::bigint AS size_a, sum(size_b)::bigint AS size_b,
    count(*) AS documents
FROM (
    SELECT stat.measure, stat.label, stat.m, stat.key_c, stat.key_k, coalesce(stat.annotator_a_id, 0) AS annotator_a,
        coalesce(stat.annotator_b_id, 0) AS annotator_b, stat.n, stat.size_a, stat.size_b,
        stat.article_id %% %(parts)s AS part, own.week - DATE '1970-01-01' AS week
    FROM annotate_agreementstat stat
    JOIN annotate_articleagreement own ON own.project_id = stat.project_id AND own.article_id = stat.article_id
    WHERE stat.project_id = %(project)s AND stat.measure <> ALL(%(not_summed)s)
) counts
CROSS JOIN LATERAL (VALUES ('part', part), ('week', week)) AS told (kind, bucket)
WHERE kind = 'part' OR measure = ANY(%(by_week)s)
GROUP BY kind, bucket, {_FIELDS}
"""  # noqa: S608 - as above
# What they will be once all notes are taken in.
_KEPT = f"""
SELECT kind, bucket, {_FIELDS}, sum(n)::bigint AS n, sum(size_a)::bigint AS size_a, sum(size_b)::bigint AS size_b,
    sum(documents)::bigint AS documents
FROM (
    SELECT kind, bucket, {_FIELDS}, {_SUMS} FROM annotate_agreementtotal WHERE project_id = %(project)s
    UNION ALL
    SELECT told.kind, told.bucket, {_FIELDS}, {_SUMS}
    FROM (
        SELECT note.part, note.week - DATE '1970-01-01' AS week, {_UNPACKED}
        FROM annotate_agreementchange note CROSS JOIN LATERAL jsonb_array_elements(note.counts) c
        WHERE note.project_id = %(project)s
    ) noted
    CROSS JOIN LATERAL (VALUES ('part', part), ('week', week)) AS told (kind, bucket)
    WHERE told.kind = 'part' OR measure = ANY(%(by_week)s)
) counts
GROUP BY kind, bucket, {_FIELDS}
HAVING sum(documents) <> 0 OR sum(n) <> 0 OR sum(size_a) <> 0 OR sum(size_b) <> 0
"""  # noqa: S608 - as above
# One statement sees one state of counts, notes and totals, whoever changes them meanwhile; what is wrong is added.
_CORRECT = f"""
WITH summed AS ({_SUMMED}), kept AS ({_KEPT}), wrong AS (
    SELECT kind, bucket, {_FIELDS},
        coalesce(summed.n, 0) - coalesce(kept.n, 0) AS n,
        coalesce(summed.size_a, 0) - coalesce(kept.size_a, 0) AS size_a,
        coalesce(summed.size_b, 0) - coalesce(kept.size_b, 0) AS size_b,
        coalesce(summed.documents, 0) - coalesce(kept.documents, 0) AS documents,
        kept.documents IS NOT NULL AS surplus, summed.documents IS NOT NULL AS missing
    FROM summed FULL JOIN kept USING (kind, bucket, {_FIELDS})
    WHERE (summed.n, summed.size_a, summed.size_b, summed.documents)
        IS DISTINCT FROM (kept.n, kept.size_a, kept.size_b, kept.documents)
), corrected AS (
    INSERT INTO annotate_agreementtotal AS total (project_id, kind, bucket, {_FIELDS}, {_SUMS})
    SELECT %(project)s, kind, bucket, {_FIELDS}, {_SUMS} FROM wrong
    ON CONFLICT (project_id, kind, bucket, {_FIELDS}) DO UPDATE SET
        n = total.n + excluded.n, size_a = total.size_a + excluded.size_a, size_b = total.size_b + excluded.size_b,
        documents = total.documents + excluded.documents
)
SELECT count(*) FILTER (WHERE surplus), count(*) FILTER (WHERE missing) FROM wrong
"""  # noqa: S608 - as above
# A total of no article that is not yet owed to a note.
_DROP_EMPTY = """
DELETE FROM annotate_agreementtotal
WHERE project_id = %s AND documents = 0 AND n = 0 AND size_a = 0 AND size_b = 0
"""
_PARAMETERS: dict[str, Any] = {"parts": AgreementTotal.PARTS, "not_summed": list(NOT_SUMMED), "by_week": list(BY_WEEK)}


def note_change(
    *,
    project: Project,
    article_id: int,
    before: Iterable[StatRow],
    after: Iterable[StatRow],
    week_before: date | None,
    week_after: date | None,
) -> None:
    """Note what replacing the rows ``before`` of an article by those ``after`` adds to the totals."""
    counts: dict[date, dict[tuple[str | int, ...], list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0]))
    for sign, week, rows in ((-1, week_before, before), (1, week_after, after)):
        if week is None:
            continue
        for row in rows:
            if row.measure not in NOT_SUMMED:
                sums = counts[week][summed_key(row)]
                for place, amount in enumerate((row.n, row.size_a, row.size_b, 1)):
                    sums[place] += sign * amount
    notes = [
        AgreementChange(project=project, part=article_id % AgreementTotal.PARTS, week=week, counts=kept)
        for week, sums_of_week in counts.items()
        if (kept := [[*key, *sums] for key, sums in sums_of_week.items() if any(sums)])
    ]
    AgreementChange.objects.bulk_create(notes)


def settle_changes(*, project: Project) -> int:
    """Add the noted changes to the totals, some at a time; how many. One does it at a time, the next one waits."""
    total = 0
    while True:
        done = _settle_some(project)
        total += done
        if done < AT_ONCE:
            return total


@transaction.atomic
def _settle_some(project: Project) -> int:
    with connection.cursor() as cursor:
        _lock(project)
        cursor.execute(_TAKE, {"project": project.pk, "limit": AT_ONCE, "by_week": list(BY_WEEK)})
        (taken,) = cursor.fetchone()
        if taken:
            cursor.execute(_DROP_EMPTY, [project.pk])
    return int(taken)


@transaction.atomic
def recount_totals(*, project: Project) -> tuple[int, int]:
    """Sum the stored counts from scratch and put right what differs: (totals too many or wrong, totals missing).

    (0, 0) where nothing did, as it should be. Nobody who submits meanwhile has to wait.
    """
    _lock(project)
    with connection.cursor() as cursor:
        cursor.execute(_CORRECT, {"project": project.pk, **_PARAMETERS})
        surplus, missing = cursor.fetchone()
        if surplus or missing:
            cursor.execute(_DROP_EMPTY, [project.pk])
    return int(surplus), int(missing)


def _lock(project: Project) -> None:
    """Until the end of the transaction nobody else changes the project's totals."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"agreement totals {project.pk}"])
