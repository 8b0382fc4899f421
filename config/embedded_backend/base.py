"""Django's PostgreSQL backend, with the embedded server behind it: the first connection starts it."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import embedded_postgres
from config.embedded_home import EmbeddedPostgresError
from config.kept_connections import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Fills HOST, USER and PASSWORD from the server of ``VAR_DIR``, before every new connection."""

    def get_connection_params(self) -> dict[str, Any]:
        try:
            server = embedded_postgres.ensure_running(Path(self.settings_dict["VAR_DIR"]))
        except EmbeddedPostgresError as error:
            raise ImproperlyConfigured(str(error)) from error
        self.settings_dict.update(HOST=server.host, PORT="", USER=server.user, PASSWORD=server.password)
        return super().get_connection_params()
