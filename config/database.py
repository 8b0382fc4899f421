"""Where the database is: a ``DATABASE_URL``, or the embedded Postgres under ``var/``."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Each thread of the web server keeps its connection for a minute: signing in anew (scram) costs as much as a request.
KEPT = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def settings_for(url: str, *, var_dir: Path) -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for ``url``; an empty one means the embedded server.

    The embedded server is started by the first connection, not here: settings are read by commands
    that never touch the database.
    """
    if url:
        return _from_url(url)
    return {
        "ENGINE": "config.embedded_backend",
        "NAME": "slantwise",
        "OPTIONS": {},
        "VAR_DIR": str(var_dir),
        **KEPT,
        "TEST": {"NAME": "test_slantwise"},
    }


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}://; use postgresql://USER:PASSWORD@HOST:PORT/NAME."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database; use postgresql://USER:PASSWORD@HOST:PORT/NAME.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "config.kept_connections",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        **KEPT,
    }
