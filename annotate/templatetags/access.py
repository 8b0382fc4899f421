"""Which pages to link to, and how the person wants them to look."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from annotate.user_settings import settings_of
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


@register.filter
def look(user: User | AnonymousUser | str) -> SafeString:
    """Attributes of <html> by the person's settings, so that the first paint has them; none on pages without a user."""
    attributes = settings_of(user).html_attributes if isinstance(user, User | AnonymousUser) else {}
    return format_html_join("", ' {}="{}"', attributes.items())


@register.filter
def theme(user: User | AnonymousUser) -> str:
    """The theme the person has set: system, light or dark."""
    return str(settings_of(user)["theme"])
