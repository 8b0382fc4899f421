"""Which pages to link to."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from annotate.visibility import projects_to_browse

register = template.Library()


@register.simple_tag(takes_context=True)
def may_browse(context: Context) -> bool:
    """Whether the list of all articles answers this person: asked only where the page itself does not tell."""
    user: Any = context.get("user")
    if user is None or not user.is_active:
        return False
    if user.is_superuser or "see_articles" in (context.get("actions") or ()):
        return True
    request = context.get("request")
    # Who was answered by the list, may see the list.
    if request is not None and request.path.startswith(reverse("annotate:articles")):
        return True
    return projects_to_browse(user).exists()
