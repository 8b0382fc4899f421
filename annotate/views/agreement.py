"""The page of agreement, and its tables and plots as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from annotate.dashboard.drawings import DRAWINGS, Drawing, drawn
from annotate.dashboard.page import AgreementPage, agreement_page
from annotate.dashboard.tables import TABLES, csv_text
from annotate.models import Project
from annotate.views.access import project_for
from annotate.views.dashboard import annotator_names
from annotate.views.gamma import gamma_context
from annotate.views.requests import PageRequest
from annotate.views.slices import Asked, figures_for


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request for agreement is about: the project, what the person may do there, and the figures."""

    project: Project
    actions: frozenset[str]
    asked: Asked
    page: AgreementPage

    def file_name(self, name: str) -> str:
        """What a download is called; a part has a mark of its own, the same for the same filters."""
        part = f"-part-{self.asked.part.key[:8]}" if self.asked.part else ""
        return f"{self.project.slug}-agreement{part}-{name}"


def shown(request: PageRequest, slug: str) -> Shown:
    """The figures that the address asks for, as the person may see them; Http404 for strangers and who may not."""
    project, actions = project_for(request.user, slug, "see_agreement")
    asked = figures_for(project, actions, request.GET)
    names = annotator_names(project, by_name="manage" in actions)
    return Shown(project, actions, asked, agreement_page(project, asked.kept, names, revision=asked.revision))


@login_required
@require_GET
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    """Every figure of agreement: by label, by annotator, why, when and where they differ; each with what it means."""
    found = shown(request, slug)
    context = {
        "project": found.project,
        "actions": found.actions,
        "agreement": found.asked.kept,
        "asked": found.asked,
        "stale": found.asked.stale,
        "waiting": found.asked.waiting,
        "page": found.page,
        "n_compared": found.asked.agreement.metrics.get("char_alpha_any", {}).get("n_documents", 0),
        "query": found.asked.part.query,
    }
    context |= drawn(found.page, DRAWINGS) | gamma_context(found.project)
    return render(request, "annotate/agreement.html", context)


@login_required
@require_GET
def table(request: PageRequest, slug: str, name: str) -> HttpResponse:
    """A table of the page as CSV."""
    found = shown(request, slug)
    if name not in TABLES:
        raise Http404
    return _file(csv_text(TABLES[name](found.page)), "text/csv; charset=utf-8", found.file_name(f"{name}.csv"))


@login_required
@require_GET
def plot(request: PageRequest, slug: str, name: str) -> HttpResponse:
    """A plot of the page as a file of its own, in the light theme."""
    found = shown(request, slug)
    if name not in DRAWINGS:
        raise Http404
    drawing = DRAWINGS[name](found.page)
    part = "; ".join(chip.words for chip in found.asked.chips)
    drawn_alone = render_to_string(drawing.template, standalone(drawing, part))
    return _file(drawn_alone, "image/svg+xml", found.file_name(f"{name}.svg"))


def standalone(drawing: Drawing, part: str) -> dict[str, Any]:
    """The context of a plot's template outside a page; ``part``: the filters in words."""
    return {
        "plot": drawing.wide,
        "key": drawing.name,
        "title": f"{drawing.title} ({part})" if part else drawing.title,
        "desc": drawing.desc,
        "standalone": True,
    }


def _file(content: str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
