"""One article as its readers marked it, and the articles of one story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotate.codebook import enabled_content
from annotate.dashboard.comparison import Passage, compare, pairs_of, passages, runs
from annotate.dashboard.plots import STRIP, strip_plot
from annotate.models import Membership, Project, ProjectArticle, Role, SpanAnnotation, Task
from annotate.permissions import TABLE, may
from annotate.rendering import layers_of
from annotate.views.access import project_for
from annotate.views.requests import PageRequest
from corpus.models import Article, Story

# Passages listed above the text, those first on which readers differ most.
WORST = 10
MOST_DIGITS = 9


@login_required
@require_GET
def article(request: PageRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Where the readers of an article agree and where they differ; ``?label=`` shows one label alone.

    ``?at=`` is a place in the text: the passage there, or the next one, has the id "here".
    """
    project, actions = project_for(request.user, slug, "see_marks")
    member = get_object_or_404(
        ProjectArticle.objects.select_related("article__outlet", "article__story").defer(
            "article__raw", "article__raw_fields", "article__segments", "article__removed"
        ),
        project=project,
        article__uuid=uuid,
    )
    layers = layers_of(enabled_content(project.codebook.content, project.switches))
    labels = {label["code"]: {**label, "tone": layer["tone"]} for layer in layers for label in layer["labels"]}
    chosen = request.GET.get("label", "")
    if chosen and chosen not in labels:
        raise Http404
    tasks = list(
        Task.objects.filter(project=project, article=member.article)
        .submitted()
        .select_related("annotator")
        .prefetch_related(
            Prefetch(
                "spans",
                queryset=SpanAnnotation.objects.filter(deleted_at__isnull=True, label__code__in=labels).select_related(
                    "label"
                ),
                to_attr="kept",
            )
        )
    )
    names = reader_names(project, tasks, by_name="manage" in actions)
    counts = Counter(mark.label.code for task in tasks for mark in task.kept)
    readings = {
        names[task.pk]: [
            shown(mark, labels[mark.label.code]) for mark in task.kept if not chosen or mark.label.code == chosen
        ]
        for task in sorted(tasks, key=lambda task: names[task.pk].casefold())
    }
    zones = member.article.zones
    headline_end = next((zone["end"] for zone in zones if zone["zone"] == "headline"), 0)
    paragraphs = compare(member.article.text, headline_end, readings)
    differing = passages(paragraphs, len(readings))
    context = {
        "project": project,
        "actions": actions,
        "member": member,
        "article": member.article,
        "readers": list(readings),
        "paragraphs": paragraphs,
        "pairs": pairs_of(len(readings)),
        "strip": strip_plot(runs(paragraphs), member.article.n_chars),
        "strip_width": STRIP,
        "here": place_of(differing, request.GET.get("at", "")),
        "passages": [spoken_passage(passage) for passage in differing],
        "worst": sorted(differing, key=lambda passage: (-passage.weight, passage.start))[:WORST],
        "labels": [{**label, "n": counts[code]} for code, label in labels.items()],
        "chosen": chosen,
        "n_marks": sum(counts.values()),
        "whats": {},
    }
    return render(request, "annotate/article.html", context)


LEVELS = (
    "",
    "up to a third of the pairs of readers differ",
    "up to two thirds of the pairs differ",
    "more than two thirds of the pairs differ",
)
QUOTED = 90


def place_of(differing: Sequence[Passage], at: str) -> int | None:
    """Where the first passage begins that ends after the code point ``at``; None without one."""
    if not at.isdecimal() or len(at) > MOST_DIGITS:
        return None
    return next((passage.start for passage in differing if passage.end > int(at)), None)


def spoken_passage(passage: Passage) -> dict[str, Any]:
    """A passage for the strip's script: where it is, and what a screen reader says of it."""
    quote = passage.quote if len(passage.quote) <= QUOTED else f"{passage.quote[:QUOTED]}…"
    return {
        "start": passage.start,
        "end": passage.end,
        "words": f"Paragraph {passage.paragraph}: “{quote}”, {LEVELS[passage.level]}",
    }


@dataclass(slots=True)
class ShownMark:
    """A mark with the name and tone of its label and its attributes in words."""

    label: str
    start: int
    end: int
    fragments: list[list[int]]
    quote: str
    name: str
    tone: int
    said: list[str]
    unsure: bool
    comment: str


def shown(mark: SpanAnnotation, label: dict[str, Any]) -> ShownMark:
    return ShownMark(
        label=mark.label.code,
        start=mark.start,
        end=mark.end,
        fragments=mark.fragments,
        quote=mark.quote,
        name=label["name"],
        tone=label["tone"],
        said=spoken(label, mark.attributes),
        unsure=mark.unsure,
        comment=mark.comment,
    )


def reader_names(project: Project, tasks: Sequence[Task], *, by_name: bool) -> dict[int, str]:
    """What to call the annotator of each task: by name for managers, by pseudonym for everybody else."""
    pseudonyms = dict(
        Membership.objects.filter(project=project, role=Role.ANNOTATOR).values_list("user_id", "pseudonym")
    )
    names = {}
    for number, task in enumerate(tasks, 1):
        annotator = task.annotator
        if annotator is not None and by_name:
            names[task.pk] = annotator.get_full_name() or annotator.username
        else:
            names[task.pk] = pseudonyms.get(annotator.pk if annotator else 0, f"former member {number}")
    return names


def spoken(label: dict[str, Any], attributes: dict[str, Any]) -> list[str]:
    """The attributes of a mark in the codebook's words, in its order."""
    said = []
    for attribute in label["attributes"]:
        value = attributes.get(attribute["name"])
        if value in (None, "", [], False):
            continue
        titles = {option["code"]: option["title"] for option in attribute["values"]}
        values = value if isinstance(value, list) else [value]
        words = ", ".join(str(titles.get(one, one)) for one in values)
        said.append(attribute["title"] if value is True else f"{attribute['title']}: {words}")
    return said


@login_required
@require_GET
def story(request: PageRequest, slug: str) -> HttpResponse:
    """The articles of one event, in the projects where the person may compare outlets; else 404."""
    found = get_object_or_404(Story, slug=slug)
    projects = Project.objects.filter(articles__story=found).distinct().order_by("slug")
    if not request.user.is_superuser:
        projects = projects.of_member(request.user, *TABLE["compare_outlets"])
    allowed = [project for project in projects if may(request.user, project, "compare_outlets")]
    if not allowed:
        raise Http404
    context = {
        "story": found,
        "projects": [
            {
                "project": project,
                "articles": Article.objects.for_list()
                .filter(story=found, projects=project)
                .order_by("outlet__name", "published_at", "pk")[:200],
            }
            for project in allowed
        ],
    }
    return render(request, "annotate/story.html", context)
