"""App configurations of the project itself and of its admin site."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created

from corpus.workers import set_worker_check


class SlantwiseAdminConfig(admin_apps.AdminConfig):
    """The stock admin (its site gains our name and styles in config.admin)."""

    default = False


class ProjectConfig(AppConfig):
    """Commands, health checks and the worker's heartbeat; refuses a database of the wrong encoding."""

    name = "config"
    verbose_name = "Slantwise"

    def ready(self) -> None:
        # WhiteNoise warns of a missing directory, and in a clone there is none: it serves from the apps' folders.
        with contextlib.suppress(OSError):
            Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        connection_created.connect(_refuse_other_encodings, dispatch_uid="config.refuse_other_encodings")
        set_worker_check(self._worker_is_alive)

    def _worker_is_alive(self, now: datetime) -> bool:
        heartbeats: Any = self.get_model("WorkerHeartbeat")
        return bool(heartbeats.objects.alive(now=now).exists())


def _refuse_other_encodings(*, connection: Any, **_: object) -> None:
    """Offsets are code points only in a UTF8 database: elsewhere ``substr`` counts something else, or text is refused.

    The server reports its encoding with the first bytes of a connection, so this costs no query.
    """
    if connection.vendor != "postgresql":
        return
    encoding = connection.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        name = connection.settings_dict["NAME"]
        connection.close()
        raise ImproperlyConfigured(
            f"The database {name!r} has the encoding {encoding}; Slantwise needs UTF8. Make one with: "
            f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0 (and LC_COLLATE/LC_CTYPE that allow it)."
        )
