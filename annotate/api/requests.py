"""What every view asks of a request."""

from django.contrib.auth.models import User
from rest_framework.request import Request


def user_of(request: Request) -> User:
    """Signed in: the permissions let nobody else through."""
    assert isinstance(request.user, User)
    return request.user
