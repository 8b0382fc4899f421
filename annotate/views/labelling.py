"""The labelling page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from annotate.guidelines import guidelines_html
from annotate.models import Membership, Role, Task
from annotate.rendering import layers_of, paragraphs_of
from annotate.state import task_for_state, task_state
from annotate.views.requests import PageRequest


@login_required
@never_cache
@ensure_csrf_cookie
@require_GET
def task(request: PageRequest, uuid: UUID) -> HttpResponse:
    """One task of the person's own, in whatever state; a closed one can be read but not changed."""
    memberships = Membership.objects.filter(user=request.user, role=Role.ANNOTATOR).values("project")
    try:
        found = task_for_state(Task.objects.of_annotator(request.user).filter(project__in=memberships), uuid=uuid)
    except Task.DoesNotExist:
        raise Http404 from None
    state = task_state(found, request.user)
    layers = layers_of(state["codebook"])
    return render(
        request,
        "annotate/task.html",
        {
            "state": state,
            "layers": layers,
            "paragraphs": paragraphs_of(state["article"], state["spans"], layers),
            "word_count": len(state["article"]["words"]) // 2,
            "facts": _facts(state.get("article_meta", {})),
            "guidelines_html": guidelines_html(found.project.guidelines),
            "api_url": reverse("api:task", args=[uuid]),
        },
    )


def _facts(meta: dict[str, str | None]) -> list[str]:
    """Outlet, byline and day of an article whose project hides none of them; what is not known is left out."""
    date = meta.get("date")
    published = parse_datetime(date) if date else None
    day = f"{published.day} {published:%B %Y}" if published else None
    return [fact for fact in (meta.get("outlet"), meta.get("byline"), day) if fact]
