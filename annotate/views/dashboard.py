"""A project's pages: its dashboard, how new its figures are, its codebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotate.codebook import enabled_content
from annotate.dashboard.drawings import drawn
from annotate.dashboard.page import agreement_page
from annotate.models import Membership, Project, ProjectAgreement, ProjectArticle, Role, Task
from annotate.operations.scoring import request_figures
from annotate.progress import projects_to_label, tasks_in_hand
from annotate.rendering import layers_of
from annotate.views.access import project_for
from annotate.views.requests import PageRequest
from annotate.views.slices import figures_for

ARTICLES_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the annotators' table; ``unsure`` in percent of the marks, None without marks."""

    name: str
    submitted: int
    unsure: float | None
    minutes: float | None
    last_active: datetime | None


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """A row of the articles' table: who stands where, one state for each wanted annotation."""

    member: ProjectArticle
    states: list[str]
    submitted: int
    wanted: int


@login_required
@require_GET
def project(request: PageRequest, slug: str) -> HttpResponse:
    """The dashboard; annotators, and everybody who is one in a blind project with work left, see their own share."""
    found, actions = project_for(request.user, slug)
    if "see_progress" not in actions:
        return render(request, "annotate/project.html", own_context(request.user, found))
    if request.htmx:
        return render(request, "annotate/dashboard.html#articles", articles_context(found, actions, request.GET))
    agreement = ProjectAgreement.objects.filter(project=found).first() or ProjectAgreement(project=found)
    names = annotator_names(found, by_name="manage" in actions)
    page = agreement_page(found, agreement, names, revision=agreement.revision)
    context = {
        "project": found,
        "actions": actions,
        "agreement": agreement,
        "stale": is_stale(agreement),
        "page": page,
        "summary": agreement.summary,
        "wanted": sum(agreement.summary.get("tasks", {}).values()),
        "people": people(names, agreement.summary),
    }
    context |= drawn(page, ["labels"]) | articles_context(found, actions, request.GET)
    return render(request, "annotate/dashboard.html", context)


def own_context(user: User, project: Project) -> dict[str, Any]:
    """What an annotator sees of a project: built from their own tasks alone."""
    return {
        "project": project,
        "own": projects_to_label(user).filter(pk=project.pk).first(),
        "in_hand": tasks_in_hand(user).filter(project=project),
    }


def articles_context(project: Project, actions: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of the project's articles after the key in ``?after=``; a page costs the same wherever it stands."""
    after = query.get("after", "")
    members = ProjectArticle.objects.filter(project=project).select_related("article").order_by("pk")
    shown = ["uuid", "title", "n_chars", "language"]
    if "see_articles" in actions:
        members = members.select_related("article__outlet", "article__story")
        shown += ["outlet__name", "story__slug", "story__title", "published_at"]
    members = members.only(
        "annotators", "excluded", "excluded_reason", "project", *[f"article__{field}" for field in shown]
    )
    if after.isdecimal() and len(after) < 19:
        members = members.filter(pk__gt=int(after))
    page = list(members[: ARTICLES_AT_ONCE + 1])
    states = states_by_article(project, [member.article_id for member in page])
    rows = []
    for member in page[:ARTICLES_AT_ONCE]:
        own = states[member.article_id]
        wanted = member.annotators or project.annotators_per_article
        submitted = own.count(Task.State.SUBMITTED)
        rows.append(ArticleRow(member, own, submitted, 0 if member.excluded else max(wanted, len(own))))
    return {
        "project": project,
        "actions": actions,
        "articles": rows,
        "after": after,
        "next_after": page[ARTICLES_AT_ONCE - 1].pk if len(page) > ARTICLES_AT_ONCE else None,
    }


def states_by_article(project: Project, articles: Sequence[int]) -> dict[int, list[str]]:
    """For each article the states of its live tasks, submitted first."""
    counted = (
        Task.objects.filter(project=project, article__in=articles)
        .live()
        .order_by()
        .values_list("article", "state")
        .annotate(n=Count("pk"))
    )
    order = [Task.State.SUBMITTED, Task.State.RETURNED, Task.State.CLAIMED, Task.State.OPEN]
    states: dict[int, list[str]] = defaultdict(list)
    for article, state, n in sorted(counted, key=lambda row: order.index(row[1])):
        states[article] += [state] * n
    return states


def people(names: Mapping[str, str], summary: Mapping[str, Any]) -> list[Person]:
    """The project's annotators in the order of their ``names``, which are by account key."""
    figures = summary.get("annotators", {})
    rows = []
    for key, name in names.items():
        own = figures.get(key, {})
        last, marks = own.get("last_active"), own.get("marks", 0)
        rows.append(
            Person(
                name=name,
                submitted=own.get("submitted", 0),
                unsure=100 * own["unsure"] / marks if marks else None,
                minutes=own["median_seconds"] / 60 if own.get("median_seconds") else None,
                last_active=datetime.fromisoformat(last) if last else None,
            )
        )
    return sorted(rows, key=lambda person: person.name.casefold())


def annotator_names(project: Project, *, by_name: bool) -> dict[str, str]:
    """By account key as text: names for managers, pseudonyms for everybody else."""
    members = Membership.objects.filter(project=project, role=Role.ANNOTATOR).select_related("user")
    return {
        str(member.user_id): (member.user.get_full_name() or member.user.username) if by_name else member.pseudonym
        for member in members
    }


def is_stale(agreement: ProjectAgreement) -> bool:
    """Whether readings came in after the figures were computed."""
    return agreement.revision != agreement.computed_revision or (
        agreement.revision > 0 and agreement.computed_at is None
    )


@login_required
@require_GET
def freshness(request: PageRequest, slug: str) -> HttpResponse:
    """Whether the figures are up to date; the page asks while it waits, and is loaded anew once they are.

    Of a part, which is computed as a whole, the intervals too.
    """
    found, actions = project_for(request.user, slug, "see_agreement")
    asked = figures_for(found, actions, request.GET)
    if not (asked.waiting if asked.part else asked.stale):
        return HttpResponseClientRefresh()
    context = {
        "project": found,
        "agreement": asked.kept,
        "stale": asked.stale,
        "waiting": True,
        "intervals_waiting": True,
        "query": asked.part.query,
    }
    return render(request, "annotate/_as_of.html", context)


@login_required
@require_POST
def refresh(request: PageRequest, slug: str) -> HttpResponse:
    """Have the figures computed in the background."""
    found, _ = project_for(request.user, slug, "see_agreement")
    request_figures(project=found, at_once=True)
    if request.htmx:
        agreement = ProjectAgreement.objects.filter(project=found).first() or ProjectAgreement(project=found)
        context = {"project": found, "agreement": agreement, "stale": True, "waiting": True}
        return render(request, "annotate/_as_of.html", context)
    messages.info(request, "The figures are being computed. Load the page again in a moment.")
    return redirect("annotate:project", found.slug)


@login_required
@require_GET
def codebook(request: PageRequest, slug: str) -> HttpResponse:
    """The codebook as the project uses it, to be read by people."""
    found, actions = project_for(request.user, slug, "see_codebook")
    enabled = enabled_content(found.codebook.content, found.switches)
    on = {label["code"] for layer in enabled["layers"] for label in layer["labels"]}
    names = {label["code"]: label["name"] for layer in found.codebook.content["layers"] for label in layer["labels"]}
    context = {
        "project": found,
        "actions": actions,
        "layers": layers_of(enabled),
        "relations": [
            {
                **relation,
                "origins": [names[code] for code in relation["from"]],
                "ends": [names[c] for c in relation["to"]],
            }
            for relation in enabled["relations"]
        ],
        "questions": enabled["questions"],
        "off": [name for code, name in names.items() if code not in on],
    }
    return render(request, "annotate/codebook.html", context)
