"""The counts that the figures of a project, or of a part of it, rest on. Reads only.

Of a project they are the kept totals. Of a part they are summed by the database; of a group of annotators within it
they are counted anew from the marks, as alpha of some readers does not follow from the sums of all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import CharField, QuerySet
from django.db.models.functions import MD5, Cast

from agreement import Document, StatRow, document_rows
from annotate.models import ArticleAgreement, Project
from annotate.scoring.adapter import ArticleCounts, article_counts, documents, label_indexes, schema_of, stored_rows
from annotate.scoring.slices import Slice, agreements_in, group_members
from annotate.scoring.totals import (
    Totals,
    project_totals,
    rows_by_part,
    sum_of_rows,
    totals_by_week,
    totals_of,
    totals_of_by_part,
    totals_of_by_week,
)
from corpus.models import Article

# Up to so many articles are drawn for intervals, and looked at one by one for people and groups.
MOST_DRAWN = 2_000
# The trend shows about a year and a half.
MOST_WEEKS = 80


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of ``part`` of ``project``, of which ``totals`` are the sums.

    ``by_uuid``: only of a group, whose counts are not stored: the rows of each article. ``sampled``: the number of
    articles counted where there were more, else None.
    """

    project: Project
    part: Slice
    totals: Totals
    by_uuid: dict[str, list[StatRow]] | None = None
    sampled: int | None = None

    @property
    def agreements(self) -> QuerySet[ArticleAgreement]:
        """The articles; of a group those that any two people read."""
        return agreements_in(self.project, self.part)

    @property
    def many(self) -> bool:
        """Whether articles are too many to be drawn one by one."""
        return self.totals.n_documents > MOST_DRAWN

    def units(self) -> dict[str, list[StatRow]]:
        """What is drawn for intervals: the rows of each article, or where these are many, of each part of them."""
        if not self.many:
            return self.by_article()
        return totals_of_by_part(self.agreements) if self.part else rows_by_part(self.project)

    def by_article(self) -> dict[str, list[StatRow]]:
        """The rows of each article; where these are many, of ``MOST_DRAWN`` of them, always the same ones."""
        if self.by_uuid is not None:
            return self.by_uuid
        if not self.part and not self.many:
            return stored_rows(self.project)
        return stored_rows(self.project, drawn(self.agreements))

    def weeks(self) -> dict[date, Totals]:
        """Totals by the week in which the last reading of an article was submitted."""
        if self.by_uuid is not None:
            weeks = dict(self.agreements.values_list("article__uuid", "week"))
            by_week: defaultdict[date, list[StatRow]] = defaultdict(list)
            for uuid, week in weeks.items():
                by_week[week] += self.by_uuid.get(str(uuid), [])
            return {week: sum_of_rows(rows) for week, rows in sorted(by_week.items())[-MOST_WEEKS:] if rows}
        if self.part:
            return totals_of_by_week(self.agreements, latest=MOST_WEEKS)
        return totals_by_week(self.project, latest=MOST_WEEKS)

    def leading(self, limit: int) -> list[tuple[int, ArticleCounts]]:
        """Keys of the articles on which readers differ on the largest share of characters, with their counts."""
        if self.by_uuid is None:
            rows = self.agreements.filter(differing__gt=0).order_by("-share", "article")[:limit]
            return [(row.article_id, ArticleCounts(row.readers, row.differing, row.compared, row.week)) for row in rows]
        own = {
            str(uuid): (key, week)
            for uuid, key, week in self.agreements.values_list("article__uuid", "article", "week")
        }
        found = [
            (own[uuid][0], article_counts(rows, own[uuid][1])) for uuid, rows in self.by_uuid.items() if uuid in own
        ]
        return sorted((one for one in found if one[1].differing), key=lambda one: (-one[1].share, one[0]))[:limit]

    def readings(self, articles: Iterable[Article]) -> Iterable[Document]:
        """The readings that count, of some articles."""
        found = documents(self.project, articles)
        if self.part.group is None:
            return found
        members = group_members(self.project, self.part.group)
        return (document for one in found if (document := limited_to(one, members)) is not None)


def counts_of(project: Project, part: Slice) -> Counts:
    """Counts of ``part``, changes taken in so far (``settle_changes``); those of a group read its members' marks."""
    if not part:
        return Counts(project, part, project_totals(project))
    agreements = agreements_in(project, part)
    if part.group is None:
        return Counts(project, part, totals_of(agreements))
    articles = drawn(agreements)
    labels, schema = label_indexes(project), schema_of(project)
    members = group_members(project, part.group)
    by_uuid = {}
    for one in documents(project, articles, labels):
        document = limited_to(one, members)
        if document is not None:
            by_uuid[document.id] = document_rows(document, labels, schema)
    totals = sum_of_rows(row for rows in by_uuid.values() for row in rows)
    return Counts(project, part, totals, by_uuid, len(articles) if len(articles) == MOST_DRAWN else None)


def drawn(agreements: QuerySet[ArticleAgreement]) -> list[Article]:
    """Up to ``MOST_DRAWN`` articles at random, but always the same ones."""
    shuffled = agreements.annotate(place=MD5(Cast("article__uuid", CharField()))).order_by("place")
    keys = list(shuffled.values_list("article", flat=True)[:MOST_DRAWN])
    return list(Article.objects.filter(pk__in=keys).only("uuid").order_by("pk"))


def limited_to(document: Document, people: Iterable[int]) -> Document | None:
    """As if only ``people`` had read; None where fewer than two of them did."""
    names = {str(person) for person in people}
    readers = tuple(name for name in document.annotators if name in names)
    if len(readers) < 2:
        return None
    return replace(
        document, annotators=readers, marks=tuple(mark for mark in document.marks if mark.annotator in names)
    )
