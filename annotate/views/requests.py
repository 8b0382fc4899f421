"""What a view behind ``login_required`` is given."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class PageRequest(HttpRequest):
    """A signed-in person's request; ``htmx`` is true where only a part of the page is wanted."""

    user: User
    htmx: HtmxDetails
