"""The labelling page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from annotate.guidelines import guidelines_html
from annotate.models import Task
from annotate.rendering import paragraphs_of
from annotate.state import read_state
from annotate.user_settings import settings_of
from annotate.views.requests import PageRequest
from corpus.scripts import direction_of, lacks_word_borders

# Seconds that the browser may keep a page which it fetched before it was asked for.
PREFETCHED = 20


@login_required
@ensure_csrf_cookie
@require_GET
def task(request: PageRequest, uuid: UUID) -> HttpResponse:
    """One task of the person's own, in whatever state; a closed one can be read but not changed."""
    try:
        state = read_state(uuid=uuid, user=request.user)
    except Task.DoesNotExist:
        raise Http404 from None
    layers = state.codebook.layers
    answer = render(
        request,
        "annotate/task.html",
        {
            "state": state,
            "layers": layers,
            "direction": direction_of(state.article["text"]),
            "by_characters": lacks_word_borders(state.article["text"]),
            "paragraphs": paragraphs_of(state.article, state.spans, layers),
            "facts": _facts(state.article_meta),
            "guidelines_html": guidelines_html(state.guidelines),
            "settings": settings_of(request.user).as_text(),
            "api_url": reverse("api:task", args=[uuid]),
        },
    )
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        # Fetched ahead for the click that follows; anything older could lack the person's own last marks.
        patch_cache_control(answer, private=True, max_age=PREFETCHED)
    else:
        add_never_cache_headers(answer)
    return answer


def _facts(meta: dict[str, str | None]) -> list[str]:
    """Outlet, byline and day of an article whose project hides none of them; what is not known is left out."""
    date = meta.get("date")
    published = parse_datetime(date) if date else None
    day = f"{published.day} {published:%B %Y}" if published else None
    return [fact for fact in (meta.get("outlet"), meta.get("byline"), day) if fact]
