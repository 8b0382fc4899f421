"""Finding articles, and reading one, for those who may see where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET
from django_htmx.http import push_url

from annotate.browsing import (
    COUNTED,
    NEWEST,
    RELEVANCE,
    SORTS,
    STATES,
    BrowseForm,
    Listing,
    Wanted,
    WrongCursorError,
    are_few,
    list_articles,
    matching,
    newest_versions,
    understand_query,
)
from annotate.models import Project, ProjectArticle
from annotate.operations.stages import settle_stages
from annotate.permissions import projects_for
from annotate.views.access import project_for
from annotate.views.dashboard import states_by_article
from annotate.views.requests import PageRequest
from annotate.visibility import articles_to_browse, projects_to_browse
from corpus.models import Article, ArticleQuerySet
from corpus.operations.search import pending_articles
from corpus.search import Found, find_words

_NEIGHBOURS = 50


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the same page without it."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """An article of the list; ``states`` of its live tasks and ``left_out`` only within a project."""

    article: Article
    found: Found | None
    states: list[str]
    left_out: str | None

    @property
    def submitted(self) -> int:
        return self.states.count("submitted")


@login_required
@require_GET
def project_articles(request: PageRequest, slug: str) -> HttpResponse:
    """The articles of a project, searched, filtered and sorted by what the address says."""
    project, actions = project_for(request.user, slug, "see_articles")
    scope = articles_to_browse(request.user, [project])
    return _list(request, scope, project, {"project": project, "actions": actions}, few=are_few([project]))


@login_required
@require_GET
def all_articles(request: PageRequest) -> HttpResponse:
    """The articles of every project in which the person may see them; for superusers all there are; newest versions."""
    few = not request.user.is_superuser and are_few(projects_to_browse(request.user).only("pk"))
    return _list(request, newest_versions(_browsed(request)), None, {}, few=few)


def _browsed(request: PageRequest) -> ArticleQuerySet:
    """Raises Http404 for those who may see the articles of no project."""
    if request.user.is_superuser:
        return Article.objects.all()
    projects = list(projects_to_browse(request.user).only("pk"))
    if not projects:
        raise Http404
    return articles_to_browse(request.user, projects)


def _list(
    request: PageRequest, scope: ArticleQuerySet, project: Project | None, context: dict[str, Any], *, few: bool
) -> HttpResponse:
    form = BrowseForm(request.GET)
    form.is_valid()
    wanted = Wanted.of(form.cleaned_data)
    query = understand_query(wanted)
    if wanted.state and project:
        settle_stages(project=project)
    found = matching(scope, wanted, query, project)
    try:
        listing = list_articles(found, wanted, query, request.GET.get("after", ""), project=project, few=few)
    except WrongCursorError:
        raise Http404 from None
    words = find_words(query, [article.pk for article in listing.articles]) if query else {}
    context |= {
        "form": form,
        "wanted": wanted,
        "rows": _rows(listing, words, project),
        "listing": listing,
        "chips": _chips(request, wanted, listing),
        "only_stop_words": query is not None and not query,
        "counted": COUNTED,
        "ranked_in_part": wanted.sort == RELEVANCE and listing.count > COUNTED,
        "later": bool(request.GET.get("after")),
        "first_address": _address(request, "after"),
        "next_address": _address(request, after=str(listing.after)) if listing.after else "",
        "newest_address": _address(request, sort=NEWEST),
        "bare": request.path,
        "sorts": SORTS,
        "chosen_sort": request.GET.get("sort", ""),
        "states": STATES if project else {},
        "unsearchable": _unsearchable(scope),
    }
    part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "annotate/browse.html" + ("#results" if part else ""), context)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return push_url(response, _address(request)) if part else response


def _rows(listing: Listing, words: Mapping[int, Found], project: Project | None) -> list[Row]:
    keys = [article.pk for article in listing.articles]
    states = states_by_article(project, keys) if project else {}
    left_out = {}
    if project:
        excluded = ProjectArticle.objects.filter(project=project, article__in=keys, excluded=True)
        left_out = dict(excluded.values_list("article", "excluded_reason"))
    return [
        Row(article, words.get(article.pk), states.get(article.pk, []), left_out.get(article.pk))
        for article in listing.articles
    ]


def _unsearchable(scope: ArticleQuerySet) -> int:
    """How many articles wait to be indexed, up to ``COUNTED`` + 1."""
    pending = pending_articles().order_by("pk")
    return scope.filter(pk__in=pending.values("pk")[: COUNTED + 1]).count()


def _address(request: PageRequest, *without: str, **changes: str) -> str:
    """This page with other values; the place in the list is lost unless it is among them."""
    query = request.GET.copy()
    for name in {*without, "after"}:
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _chips(request: PageRequest, wanted: Wanted, listing: Listing) -> list[Chip]:
    said = {
        "q": f"“{wanted.q}”",
        "outlet": f"outlet: {wanted.outlet}",
        "story": f"story: {listing.stories.get(wanted.story) or wanted.story}",
        "language": f"language: {wanted.language}",
        "since": f"from {wanted.since}",
        "until": f"to {wanted.until}",
        "shortest": f"at least {wanted.shortest:,} characters" if wanted.shortest is not None else "",
        "longest": f"at most {wanted.longest:,} characters" if wanted.longest is not None else "",
        "state": STATES.get(wanted.state, ""),
        "group": "near-duplicates of one article",
    }
    return [
        Chip(words, _address(request, name)) for name, words in said.items() if getattr(wanted, name) not in (None, "")
    ]


@login_required
@require_GET
def reading(request: PageRequest, uuid: UUID) -> HttpResponse:
    """One article to be read: its text by zones, where it comes from, its other versions and near-duplicates."""
    scope = _browsed(request)
    article = get_object_or_404(
        scope.select_related("outlet", "story").defer("raw", "raw_fields", "segments", "removed"), uuid=uuid
    )
    near: Iterable[Article] = []
    if article.near_duplicate_group:
        others = scope.filter(near_duplicate_group=article.near_duplicate_group).exclude(pk=article.pk)
        near = others.for_list().order_by("published_at", "pk")[:_NEIGHBOURS]
    context = {
        "article": article,
        "paragraphs": [
            (zone["zone"], paragraph)
            for zone in article.zones
            for paragraph in article.text[zone["start"] : zone["end"]].split("\n\n")
            if paragraph.strip() and zone["zone"] != "headline"
        ],
        "near": near,
        "older": scope.for_list().filter(superseded_by=article.pk).first(),
        "newer": scope.for_list().filter(supersedes=article.pk).first(),
        "projects": [
            project
            for project in projects_for(request.user, "see_marks")
            if ProjectArticle.objects.filter(project=project, article=article).exists()
        ],
    }
    return render(request, "annotate/reading.html", context)
