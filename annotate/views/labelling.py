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
from annotate.models import Task
from annotate.rendering import paragraphs_of
from annotate.state import read_state
from annotate.views.requests import PageRequest


@login_required
@never_cache
@ensure_csrf_cookie
@require_GET
def task(request: PageRequest, uuid: UUID) -> HttpResponse:
    """One task of the person's own, in whatever state; a closed one can be read but not changed."""
    try:
        state = read_state(uuid=uuid, user=request.user)
    except Task.DoesNotExist:
        raise Http404 from None
    layers = state.codebook.layers
    return render(
        request,
        "annotate/task.html",
        {
            "state": state,
            "layers": layers,
            "paragraphs": paragraphs_of(state.article, state.spans, layers),
            "facts": _facts(state.article_meta),
            "guidelines_html": guidelines_html(state.guidelines),
            "api_url": reverse("api:task", args=[uuid]),
        },
    )


def _facts(meta: dict[str, str | None]) -> list[str]:
    """Outlet, byline and day of an article whose project hides none of them; what is not known is left out."""
    date = meta.get("date")
    published = parse_datetime(date) if date else None
    day = f"{published.day} {published:%B %Y}" if published else None
    return [fact for fact in (meta.get("outlet"), meta.get("byline"), day) if fact]
