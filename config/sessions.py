"""Who is signed in, in one query: sessions that name their user, read together with the account.

Django's own pair asks twice on every request: for the session, then for its user. Here the row of the session bears the
user's key, so that one joined statement brings both, and the settings of the person, which every page needs. Whether the session is valid is decided as Django does
(docs/decisions/0006-one-query-to-sign-in.md).
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends import db
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from annotate.models import UserSettings
from annotate.user_settings import bring_settings
from config.models import Session

ORDINARY_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SessionStore(db.SessionStore):
    """Django's database store over our table; ``account`` is the user that the row named when it was loaded."""

    account: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return _with_user(cast("Session", super().create_model_instance(data)), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return _with_user(cast("Session", await super().acreate_model_instance(data)), data)

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(_statement(), [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        content, settings_of_user, *values = row
        if values[0] is not None:
            self.account = User.from_db(connection.alias, _columns(), values)
            bring_settings(self.account, settings_of_user)
        return self.decode(content)


class SignIn(AuthenticationMiddleware):
    """Django's, but the account that came with a valid session is not fetched a second time."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast("User", SimpleLazyObject(lambda: _user_of(request)))


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    """Kept on the request under the name that Django's own function uses."""
    kept = vars(request)
    if "_cached_user" not in kept:
        kept["_cached_user"] = _account(request) or auth.get_user(request)
    return cast("User | AnonymousUser", kept["_cached_user"])


def _account(request: HttpRequest) -> User | None:
    """The session's account in the plain case; all others (and every doubt) are left to Django's own check.

    Plain: the ordinary backend, the account that the session names, active, its password unchanged since.
    """
    session = cast("SessionStore", request.session)
    key = session.get(auth.SESSION_KEY)
    account = session.account
    if (
        account is not None
        and key == str(account.pk)
        and session.get(auth.BACKEND_SESSION_KEY) == ORDINARY_BACKEND
        and ORDINARY_BACKEND in settings.AUTHENTICATION_BACKENDS
        and account.is_active
        and constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), account.get_session_auth_hash())
    ):
        return account
    return None


def _with_user(session: Session, data: dict[str, Any]) -> Session:
    session.user_id = data.get(auth.SESSION_KEY)
    return session


@cache
def _columns() -> list[str]:
    return [field.attname for field in User._meta.concrete_fields]


@cache
def _statement() -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(f"account.{quote(str(field.column))}" for field in User._meta.concrete_fields)
    return (
        f"SELECT session.session_data, own.document::text, {columns} FROM {quote(Session._meta.db_table)} session "  # noqa: S608 - names only
        f"LEFT JOIN {quote(User._meta.db_table)} account ON account.id = session.user_id "
        f"LEFT JOIN {quote(UserSettings._meta.db_table)} own ON own.user_id = account.id "
        "WHERE session.session_key = %s AND session.expire_date > %s"
    )
