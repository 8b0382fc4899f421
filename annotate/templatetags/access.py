"""Which pages to link to."""

from django import template
from django.contrib.auth.models import AnonymousUser, User

from annotate.visibility import projects_to_browse

register = template.Library()


@register.filter
def may_browse(user: User | AnonymousUser) -> bool:
    """Whether the list of all articles answers this person (one query; none for superusers)."""
    return user.is_active and (bool(user.is_superuser) or projects_to_browse(user).exists())
