"""Finding articles: what may be asked, and one page of the answer. Nothing here costs more because there are more articles.

Pages go on from a key (sort value, primary key), never by an offset; counts and suggestions stop at ``COUNTED``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Left, Lower

from annotate.models import Project, ProjectArticle
from corpus.models import Article, ArticleQuerySet, Outlet, Story
from corpus.search import LONGEST_QUERY, Query, occurring_configs, occurring_languages, understand

ROWS = 50
# Beyond this a page says "more than 1,000", and only so many matches are put in order of relevance.
COUNTED = 1000
# So many articles are sorted rather than met on a walk: a project may hold none but the last of a million.
FEW = 20_000
_SUGGESTIONS = 30
_LARGEST = 2**31 - 1

NEWEST, OLDEST, LONGEST, SHORTEST, HEADLINE, RELEVANCE = (
    "newest",
    "oldest",
    "longest",
    "shortest",
    "headline",
    "relevance",
)
SORTS = {
    "": "By relevance, else newest",
    NEWEST: "Newest first",
    OLDEST: "Oldest first",
    LONGEST: "Longest first",
    SHORTEST: "Shortest first",
    HEADLINE: "By headline, A to Z",
}
EXCLUDED = "excluded"
STATES: dict[str, str] = {**dict(ProjectArticle.Stage.choices), EXCLUDED: "left out"}


class BrowseForm(forms.Form):
    """What may be asked of a list of articles; every field may stay empty."""

    q = forms.CharField(required=False, max_length=LONGEST_QUERY)
    outlet = forms.CharField(required=False, max_length=200)
    story = forms.CharField(required=False, max_length=300)
    language = forms.CharField(required=False, max_length=35)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    shortest = forms.IntegerField(required=False, min_value=0, max_value=_LARGEST)
    longest = forms.IntegerField(required=False, min_value=0, max_value=_LARGEST)
    state = forms.ChoiceField(required=False, choices=list(STATES.items()))
    group = forms.UUIDField(required=False)
    sort = forms.ChoiceField(required=False, choices=[*SORTS.items(), (RELEVANCE, "")])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (since := data.get("since")) and (until := data.get("until")) and since > until:
            self.add_error("until", "This day is before the first one. Swap them.")
        if (
            (shortest := data.get("shortest")) is not None
            and (longest := data.get("longest")) is not None
            and shortest > longest
        ):
            self.add_error("longest", "This is less than the shortest. Swap them.")
        return data


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, without what could not be read."""

    q: str = ""
    outlet: str = ""
    story: str = ""
    language: str = ""
    since: date | None = None
    until: date | None = None
    shortest: int | None = None
    longest: int | None = None
    state: str = ""
    group: UUID | None = None
    sort: str = NEWEST

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Wanted:
        """From the form's cleaned data; unless another is chosen, the order is by relevance where something is searched."""
        given = {name: value for name, value in data.items() if value not in (None, "")}
        if not given.get("q"):
            given.pop("q", None)
            if given.get("sort") == RELEVANCE:
                del given["sort"]
        given.setdefault("sort", RELEVANCE if "q" in given else NEWEST)
        return cls(**given)


class WrongCursorError(ValueError):
    """``?after=`` was not written by us, or for another order."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of the page before: its sort value (None: no date) and primary key."""

    value: Any
    key: int

    def __str__(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return base64.urlsafe_b64encode(json.dumps([value, self.key]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, sort: str) -> Cursor:
        """Raises WrongCursorError for anything but what ``str`` gives for a cursor of this order."""
        try:
            value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if sort in (NEWEST, OLDEST):
                value = None if value is None else datetime.fromisoformat(value)
            else:
                value = {HEADLINE: str, RELEVANCE: float}.get(sort, int)(value)
        except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError) as error:
            raise WrongCursorError from error
        unfit = isinstance(value, str) and "\x00" in value
        unfit = unfit or (isinstance(value, int) and abs(value) > _LARGEST)
        unfit = unfit or (isinstance(value, datetime) and value.tzinfo is None)
        if unfit or type(key) is not int or abs(key) >= 2**63:
            raise WrongCursorError
        return cls(value, key)


@dataclass(slots=True)
class Listing:
    """One page of articles; ``count`` is at most ``COUNTED`` + 1."""

    articles: list[Article]
    after: Cursor | None
    count: int
    outlets: Sequence[str] = ()
    languages: Sequence[str] = ()
    stories: Mapping[str, str] = field(default_factory=dict)


def understand_query(wanted: Wanted) -> Query | None:
    """The searched words in every configuration that occurs; None where nothing is searched."""
    return understand(wanted.q, occurring_configs()) if wanted.q else None


def matching(scope: ArticleQuerySet, wanted: Wanted, query: Query | None, project: Project | None) -> ArticleQuerySet:
    """The articles of ``scope`` that were asked for, in no order. ``state`` counts only within a project."""
    found = scope
    if query is not None:
        found = found.filter(query.condition()) if query else found.none()
    if wanted.outlet:
        # Resolved first: with the key at hand the planner knows how many articles it has.
        named = Outlet.objects.filter(Q(name__iexact=wanted.outlet) | Q(slug=wanted.outlet))
        found = _among(found, "outlet", list(named.values_list("pk", flat=True)[:20]))
    if wanted.story:
        told = Story.objects.filter(Q(slug=wanted.story) | Q(title__iexact=wanted.story))
        found = _among(found, "story", list(told.values_list("pk", flat=True)[:200]))
    if wanted.language:
        asked = wanted.language.casefold()
        tags = [
            tag for tag in occurring_languages() if tag.casefold() == asked or tag.casefold().startswith(f"{asked}-")
        ]
        found = _among(found, "language", tags)
    if wanted.since:
        found = found.filter(published_at__gte=datetime.combine(wanted.since, time(), UTC))
    if wanted.until:
        after = wanted.until + timedelta(days=1) if wanted.until < date.max else wanted.until
        found = found.filter(published_at__lt=datetime.combine(after, time(), UTC))
    if wanted.shortest is not None:
        found = found.filter(n_chars__gte=wanted.shortest)
    if wanted.longest is not None:
        found = found.filter(n_chars__lte=wanted.longest)
    if wanted.group:
        found = found.filter(near_duplicate_group=wanted.group)
    if wanted.state and project is not None:
        found = found.filter(Exists(members_in(project, wanted.state).filter(article=OuterRef("pk"))))
    return found


def _among(articles: ArticleQuerySet, column: str, values: list[Any]) -> ArticleQuerySet:
    """One value is compared as such: then an index that goes on with the date gives the rows in order."""
    if len(values) == 1:
        return articles.filter(**{column: values[0]})
    return articles.filter(**{f"{column}__in": values}) if values else articles.none()


def newest_versions(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Those that no later version supersedes. Asked row by row: an outer join would read a million articles first."""
    return articles.filter(~Exists(Article.objects.filter(supersedes=OuterRef("pk"))))


def members_in(project: Project, state: str) -> QuerySet[ProjectArticle]:
    """The project's articles of which the labelling is so far; all for "". As far as stages are settled."""
    members = ProjectArticle.objects.filter(project=project).order_by()
    if not state:
        return members
    return members.filter(excluded=True) if state == EXCLUDED else members.filter(excluded=False, stage=state)


def are_few(projects: Iterable[Project]) -> bool:
    """Whether these projects have so few articles that a list of theirs is best sorted; counts no further than that."""
    inside = ProjectArticle.objects.filter(project__in=[project.pk for project in projects]).order_by()
    return inside.values("pk")[: FEW + 1].count() <= FEW


def list_articles(
    found: ArticleQuerySet,
    wanted: Wanted,
    query: Query | None,
    after: str,
    *,
    project: Project | None = None,
    few: bool = False,
) -> Listing:
    """The page of ``found``, in ``project`` if it is of one, after the cursor, in the wanted order. ``few``: it is taken
    from few articles, see FEW."""
    cursor = Cursor.read(after, wanted.sort) if after else None
    few = few or (query is not None and query.rare)
    members = None
    if project is not None and not few and not (query or wanted.outlet or wanted.story or wanted.group):
        # Nothing else names few articles: read in the project's own order, however these lie among all others.
        members = members_in(project, wanted.state).filter(Exists(found.filter(pk=OuterRef("article"))))
    sample = _sample(found, wanted, members, few=few)
    if len(sample) <= COUNTED or wanted.sort == RELEVANCE:
        # These are all there are; or all that is ranked, as every rank takes reading the words of an article.
        found, few = Article.objects.filter(pk__in=[key for key, *_ in sample[:COUNTED]]), True
    if members is not None and not few and wanted.sort in (NEWEST, OLDEST):
        rows = _members_by_date(members, descending=wanted.sort == NEWEST, cursor=cursor)
    else:
        rows = _rows(found, wanted.sort, query, cursor, few=few)
    page = rows[:ROWS]
    last = page[-1] if len(rows) > ROWS else None
    outlets = _most_frequent(outlet for _, outlet, _, _ in sample)
    stories = _most_frequent(story for _, _, _, story in sample)
    return Listing(
        articles=page,
        after=Cursor(last.sort_value, last.pk) if last is not None else None,  # type: ignore[attr-defined]
        count=len(sample),
        outlets=list(Outlet.objects.filter(pk__in=outlets).order_by("name").values_list("name", flat=True)),
        languages=sorted(_most_frequent(language for _, _, language, _ in sample)),
        stories=dict(Story.objects.filter(pk__in=stories).order_by("slug").values_list("slug", "title")),
    )


def _rows(found: ArticleQuerySet, sort: str, query: Query | None, cursor: Cursor | None, *, few: bool) -> list[Article]:
    """Up to one more than a page holds, each with its ``sort_value``."""
    if sort in (NEWEST, OLDEST):
        return _by_date(found, descending=sort == NEWEST, cursor=cursor, few=few)
    if sort == RELEVANCE and query:
        return _walk(found, query.rank(), descending=True, cursor=cursor)
    if sort == HEADLINE:
        return _walk(found, Lower(Left("title", 100)), descending=False, cursor=cursor, few=few)
    return _walk(found, F("n_chars"), descending=sort == LONGEST, cursor=cursor, few=few)


def _sorted(by: str, *, few: bool) -> Any:
    """The order ``by``; for few articles written so that no index gives it, and Postgres sorts what it has found."""
    if not few:
        return by
    field = Func(F(by.removeprefix("-")), template="(ARRAY[%(expressions)s])")
    return field.desc() if by.startswith("-") else field.asc()


def _walk(
    found: ArticleQuerySet,
    by: Any,
    *,
    descending: bool,
    cursor: Cursor | None,
    most: int = ROWS + 1,
    few: bool = False,
) -> list[Article]:
    if cursor is not None:
        compare = TupleLessThan if descending else TupleGreaterThan
        found = found.filter(compare(Tuple(by, F("pk")), (cursor.value, cursor.key)))
    order = ["-sort_value", "-pk"] if descending else ["sort_value", "pk"]
    order = [_sorted(one, few=few) for one in order]
    return list(found.for_list().annotate(sort_value=by).order_by(*order)[:most])


def _by_date(found: ArticleQuerySet, *, descending: bool, cursor: Cursor | None, few: bool) -> list[Article]:
    """By date, those without one last; the index would put them first."""
    rows: list[Article] = []
    if cursor is None or cursor.value is not None:
        dated = found.filter(published_at__isnull=False)
        rows = _walk(dated, F("published_at"), descending=descending, cursor=cursor, few=few)
        cursor = None
    if len(rows) <= ROWS:
        undated = found.filter(published_at__isnull=True)
        if cursor is not None:
            undated = undated.filter(pk__lt=cursor.key) if descending else undated.filter(pk__gt=cursor.key)
        most = ROWS + 1 - len(rows)
        rows += _walk(undated, F("published_at"), descending=descending, cursor=None, most=most, few=few)
    return rows


def _members_by_date(members: QuerySet[ProjectArticle], *, descending: bool, cursor: Cursor | None) -> list[Article]:
    """Like :func:`_by_date`, read from the index of one project."""
    order = ["-published_at", "-article"] if descending else ["published_at", "article"]
    keys: list[int] = []
    if cursor is None or cursor.value is not None:
        dated = members.filter(published_at__isnull=False)
        if cursor is not None:
            compare = TupleLessThan if descending else TupleGreaterThan
            dated = dated.filter(compare(Tuple(F("published_at"), F("article_id")), (cursor.value, cursor.key)))
        keys = list(dated.order_by(*order).values_list("article", flat=True)[: ROWS + 1])
        cursor = None
    if len(keys) <= ROWS:
        undated = members.filter(published_at__isnull=True)
        if cursor is not None:
            undated = undated.filter(article__lt=cursor.key) if descending else undated.filter(article__gt=cursor.key)
        keys += undated.order_by(*order).values_list("article", flat=True)[: ROWS + 1 - len(keys)]
    articles = Article.objects.for_list().annotate(sort_value=F("published_at")).in_bulk(keys)
    return [articles[key] for key in keys]


def _sample(
    found: ArticleQuerySet, wanted: Wanted, members: QuerySet[ProjectArticle] | None, *, few: bool
) -> list[tuple[int, int | None, str | None, int | None]]:
    """(key, outlet, language, story) of the articles that came last, up to ``COUNTED`` + 1 of them."""
    if members is not None:
        # Each in the order of an index: those of one state by date, all by import.
        order = ["-published_at", "-article"] if wanted.state else ["-article"]
        keys = members.order_by(*order).values_list("article", flat=True)[: COUNTED + 1]
        last = Article.objects.filter(pk__in=list(keys))
    elif wanted.outlet and not few:
        # The order that its index gives, in which the page is read, too.
        last = found.order_by("-published_at", "-pk")
    else:
        last = found.order_by(_sorted("-pk", few=few))
    if few:
        # All are sorted, by what the indexes say of them alone; only the last ones are read.
        last = Article.objects.filter(pk__in=last.values("pk")[: COUNTED + 1])
    return list(last.values_list("pk", "outlet", "language", "story")[: COUNTED + 1])


def _most_frequent[T](values: Iterable[T | None]) -> list[T]:
    return [value for value, _ in Counter(value for value in values if value).most_common(_SUGGESTIONS)]
