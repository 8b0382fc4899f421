"""Stories: the machine proposes, a person confirms, splits, merges, dismisses, and takes back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models, transaction
from django.db.models import Max, Min, Q, QuerySet
from django.db.models.functions import Left
from django.utils.text import slugify

from corpus import storylines
from corpus.errors import Refusal
from corpus.joining import Pair
from corpus.models import Article, Story, StoryProposal, StoryProposalArticle
from corpus.storylines import Proposed, Report

_CHUNK = 1000
_STORY_LOCK = 0x51A29
_PROPOSED, _CONFIRMED, _DISMISSED = StoryProposal.State


@dataclass(frozen=True, slots=True)
class Proposals:
    """What proposing did: articles compared, proposals new, there already, and gone since they no longer hold."""

    compared: int = 0
    made: int = 0
    kept: int = 0
    gone: int = 0


def propose_stories(
    *,
    now: datetime,
    since: date | None = None,
    days: int = storylines.DAYS,
    least: float = storylines.LEAST,
    progress: Callable[[int], None] | None = None,
) -> Proposals:
    """Propose articles without a story for new and existing ones; nothing else changes.

    Compares the articles published, or without a date imported, on ``since`` or later (None: all). A proposal that is
    open and found again stays as it is; an open one of compared articles that is not found any more goes. What a person
    dismissed or left out of a story is not proposed again. Takes about two seconds for a thousand articles, in memory
    for some thousands; ``progress`` is told how many were compared.
    """
    reports = _reports(since)
    apart = _told_apart()
    pairs = list(_pairs(reports, days=days, least=least, progress=progress))
    found = storylines.propose(reports, pairs, apart=apart)
    return _record(found, {report.key: report.day for report in reports}, now=now)


@transaction.atomic
def confirm_proposal(
    *,
    proposal: StoryProposal,
    taken: Collection[int],
    left: Collection[int] = (),
    story: Story | None = None,
    title: str = "",
    slug: str = "",
    by: AbstractBaseUser | None = None,
    now: datetime,
) -> Story:
    """Put the articles ``taken`` (primary keys) into ``story``, or into a new one with this title and slug.

    Those ``left`` are not proposed for that story again; members in neither stay undecided and may be proposed anew.
    """
    locked = _lock(proposal, _PROPOSED)
    members = {member.article_id: member for member in locked.members.select_related("article")}
    chosen = [members[pk] for pk in members if pk in set(taken)]
    if len(chosen) < (1 if story else 2):
        raise Refusal("Tick at least one article." if story else "Tick at least two articles: one alone is no story.")
    moved = [member for member in chosen if member.article.story_id not in (None, story.pk if story else None)]
    if moved:
        raise Refusal(f"“{moved[0].article}” belongs to another story by now. Untick it, or move it there.")
    made = story is None
    if story is None:
        story = _new_story(title, slug, [member.article_id for member in chosen])
    Article.objects.filter(pk__in=[member.article_id for member in chosen]).update(story=story)
    locked.members.filter(article__in=[member.article_id for member in chosen]).update(taken=True)
    locked.members.filter(article__in=set(left) - set(taken)).update(taken=False)
    locked.story, locked.made_story = story, made
    _decide(locked, _CONFIRMED, by, now)
    return story


@transaction.atomic
def dismiss_proposal(*, proposal: StoryProposal, by: AbstractBaseUser | None = None, now: datetime) -> None:
    """These articles are not about one event (or not about that story); they are not proposed together again."""
    _decide(_lock(proposal, _PROPOSED), _DISMISSED, by, now)


@transaction.atomic
def reopen_proposal(*, proposal: StoryProposal) -> None:
    """Take a decision back: the proposal is open again, and the articles it put into its story have none.

    A story that confirming made goes, if nothing else is in it. Refused where somebody has begun to read one of the
    articles: the story is part of what a release says about them.
    """
    locked = StoryProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if locked.state == _PROPOSED:
        raise Refusal("This proposal is open; there is nothing to take back.")
    story, made = locked.story, locked.made_story
    if locked.state == _CONFIRMED and story is not None:
        articles = Article.objects.filter(
            pk__in=locked.members.filter(taken=True).order_by().values("article"), story=story
        )
        _refuse_if_read(articles)
        articles.update(story=None)
    locked.members.update(taken=None)
    locked.state, locked.decided_at, locked.decided_by, locked.made_story = _PROPOSED, None, None, False
    if made:
        locked.story = None
    locked.save()
    if made and story is not None and not story.articles.exists() and not story.proposals.exists():
        story.delete()


@transaction.atomic
def merge_proposals(*, proposals: Collection[int]) -> StoryProposal:
    """One open proposal out of several: the oldest takes the articles of the others."""
    found = list(
        StoryProposal.objects.select_for_update(of=("self",)).filter(pk__in=proposals, state=_PROPOSED).order_by("pk")
    )
    if len(found) < 2:
        raise Refusal("Choose at least two open proposals to merge.")
    if len(stories := {proposal.story_id for proposal in found} - {None}) > 1:
        raise Refusal("These are proposed for different stories. Merge the stories first.")
    first, *others = found
    have = set(first.members.values_list("article", flat=True))
    for other in others:
        for member in other.members.all():
            if member.article_id not in have:
                have.add(member.article_id)
                member.proposal = first
                member.save(update_fields=["proposal"])
        other.delete()
    first.story_id = next(iter(stories), None)
    scores = list(first.members.values_list("score", flat=True))
    first.score = sum(scores) / len(scores)
    for name, value in _span_of(have).items():
        setattr(first, name, value)
    first.save()
    return first


@transaction.atomic
def merge_stories(*, into: Story, others: Collection[Story]) -> int:
    """Move the articles and proposals of ``others`` to ``into`` and delete them; how many articles moved."""
    keys = {story.pk for story in others} - {into.pk}
    if not keys:
        raise Refusal("Choose at least two stories to merge.")
    locked = list(Story.objects.select_for_update().filter(pk__in=keys | {into.pk}).order_by("pk"))
    moved = Article.objects.filter(story__in=keys).update(story=into)
    StoryProposal.objects.filter(story__in=keys).update(story=into)
    days = [story.date for story in locked if story.date]
    if days:
        Story.objects.filter(pk=into.pk).update(date=min(days))
    Story.objects.filter(pk__in=keys).delete()
    return moved


@transaction.atomic
def move_articles(*, articles: Collection[int], story: Story | None) -> int:
    """Put articles (primary keys) into ``story``, or into none; how many were elsewhere before."""
    elsewhere = Article.objects.filter(pk__in=articles)
    elsewhere = elsewhere.exclude(story=None) if story is None else elsewhere.filter(~Q(story=story) | Q(story=None))
    return elsewhere.update(story=story)


@transaction.atomic
def dissolve_story(*, story: Story) -> int:
    """Delete a story and leave its articles without one; proposals that made it are open again. How many articles.

    Refused where somebody has begun to read one of the articles.
    """
    locked = Story.objects.select_for_update().get(pk=story.pk)
    _refuse_if_read(locked.articles.all())
    freed = locked.articles.update(story=None)
    made = locked.proposals.filter(made_story=True)
    StoryProposalArticle.objects.filter(proposal__in=made).update(taken=None)
    made.update(state=_PROPOSED, story=None, made_story=False, decided_at=None, decided_by=None)
    locked.delete()
    return freed


def free_slug(title: str) -> str:
    """A slug made of the title that no story has yet."""
    stem = slugify(title)[:90].strip("-") or "story"
    taken = set(Story.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    while (slug := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return slug


def _reports(since: date | None) -> list[Report]:
    """In the order of time, those without a date by their import."""
    rows = Article.objects.filter(superseded_by=None)
    if since is not None:
        rows = rows.filter(Q(published_at__date__gte=since) | Q(published_at=None, created_at__date__gte=since))
    ordered = sorted(
        (published or created, pk, published, story)
        for pk, published, created, story in rows.order_by()
        .values_list("pk", "published_at", "created_at", "story")
        .iterator(chunk_size=_CHUNK)
    )
    return [Report(pk, published.date() if published else None, story) for _, pk, published, story in ordered]


def _pairs(
    reports: Sequence[Report], *, days: int, least: float, progress: Callable[[int], None] | None
) -> Iterator[Pair]:
    if not any(report.story is None for report in reports):
        return
    step = max(1, len(reports) // storylines.SAMPLE)
    weights = storylines.Weights(_texts(reports[::step]))
    compared = 0

    def vectors_of(some: Sequence[Report]) -> storylines.Vectors:
        nonlocal compared
        compared += len(some)
        if progress:
            progress(compared)
        return weights.vectors_of(list(_texts(some)))

    yield from storylines.pairs_of(reports, vectors_of, days=days, least=least)


def _texts(reports: Sequence[Report]) -> Iterator[str]:
    """The beginnings of the articles' texts, in the order asked for."""
    for at in range(0, len(reports), _CHUNK):
        keys = [report.key for report in reports[at : at + _CHUNK]]
        found = dict(Article.objects.filter(pk__in=keys).values_list("pk", Left("text", storylines.LEAD)))
        # An article that was deleted in the meantime is like nothing.
        yield from (found.get(key, "") for key in keys)


def _told_apart() -> list[tuple[int, int]]:
    """Pairs of articles, and pairs of an article and a story (negated), that a person decided against."""
    apart: list[tuple[int, int]] = []
    together: dict[int, list[int]] = {}
    for proposal, state, story, article, taken in (
        StoryProposalArticle.objects.exclude(proposal__state=_PROPOSED)
        .order_by("proposal", "article")
        .values_list("proposal", "proposal__state", "proposal__story", "article", "taken")
        .iterator(chunk_size=_CHUNK)
    ):
        if state == _CONFIRMED:
            if taken is False:
                apart.append((article, -story))
        elif story is not None:
            apart.append((article, -story))
        else:
            together.setdefault(proposal, []).append(article)
    for articles in together.values():
        apart += [(one, other) for at, one in enumerate(articles) for other in articles[at + 1 :]]
    return apart


@transaction.atomic
def _record(found: Sequence[Proposed], days: dict[int, date | None], *, now: datetime) -> Proposals:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_STORY_LOCK])
    # What got a story, or was deleted, while we compared is left out.
    wanted = {key for proposal in found for key, _ in proposal.members}
    free = set(Article.objects.filter(pk__in=wanted, story=None).values_list("pk", flat=True))
    stories = set(Story.objects.filter(pk__in={p.story for p in found if p.story}).values_list("pk", flat=True))
    open_now: dict[tuple[int | None, frozenset[int]], int] = {}
    members: dict[tuple[int, int | None], set[int]] = {}
    for proposal, story, article in StoryProposalArticle.objects.filter(proposal__state=_PROPOSED).values_list(
        "proposal", "proposal__story", "article"
    ):
        members.setdefault((proposal, story), set()).add(article)
    for (open_proposal, for_story), articles in members.items():
        open_now[for_story, frozenset(articles)] = open_proposal
    kept: set[int] = set()
    made = 0
    for candidate in found:
        scored = [(key, score) for key, score in candidate.members if key in free]
        if len(scored) < (1 if candidate.story else 2) or (candidate.story and candidate.story not in stories):
            continue
        known = open_now.get((candidate.story, frozenset(key for key, _ in scored)))
        if known is not None:
            kept.add(known)
            continue
        _make(candidate, scored, days, now)
        made += 1
    stale = {pk for (_, articles), pk in open_now.items() if pk not in kept and not articles.isdisjoint(days)}
    StoryProposal.objects.filter(pk__in=stale).delete()
    return Proposals(compared=len(days), made=made, kept=len(kept), gone=len(stale))


def _make(
    candidate: Proposed, scored: Sequence[tuple[int, float]], days: dict[int, date | None], now: datetime
) -> None:
    known_days = [day for key, _ in scored if (day := days[key])]
    proposal = StoryProposal.objects.create(
        story_id=candidate.story,
        score=candidate.score,
        first_date=min(known_days, default=None),
        last_date=max(known_days, default=None),
        made_at=now,
    )
    StoryProposalArticle.objects.bulk_create(
        [StoryProposalArticle(proposal=proposal, article_id=key, score=score) for key, score in scored],
        batch_size=_CHUNK,
    )


def _lock(proposal: StoryProposal, state: str) -> StoryProposal:
    locked = StoryProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if locked.state != state:
        raise Refusal(f"This proposal is {locked.get_state_display()} already. Take that back first.")
    return locked


def _decide(proposal: StoryProposal, state: str, by: AbstractBaseUser | None, now: datetime) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by = state, now, by  # type: ignore[assignment]
    proposal.save()


def _new_story(title: str, slug: str, articles: Sequence[int]) -> Story:
    title, slug = title.strip(), slug.strip() or free_slug(title)
    if Story.objects.filter(slug=slug).exists():
        raise Refusal(f"There is a story “{slug}” already. Choose another slug, or add the articles to that story.")
    return Story.objects.create(slug=slug, title=title, date=_span_of(articles)["first_date"])


def _span_of(articles: Collection[int]) -> dict[str, date | None]:
    span = Article.objects.filter(pk__in=articles).aggregate(first=Min("published_at"), last=Max("published_at"))
    return {f"{name}_date": moment.date() if moment else None for name, moment in span.items()}


def _refuse_if_read(articles: QuerySet[Article]) -> None:
    """Whatever protects an article from being deleted depends on it: tasks, suggestions, adjudications."""
    keys = articles.order_by().values("pk")
    for relation in Article._meta.get_fields(include_hidden=True):
        if (
            isinstance(relation, models.ForeignObjectRel)
            and relation.on_delete is models.PROTECT
            and relation.related_model is not Article
            and relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys}).exists()
        ):
            raise Refusal(
                "People have been given articles of this story to read, so it stays. Move single articles to another "
                "story instead."
            )
