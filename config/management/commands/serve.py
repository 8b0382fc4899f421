"""``manage.py serve``."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config import env
from config.health import unapplied_migrations
from config.processes import Together, leave

MANAGE = Path(settings.BASE_DIR) / "manage.py"
THREADS = 8


def port_number(value: str) -> int:
    """An argument's value as a port, 1 to 65535."""
    port = int(value)
    if not 1 <= port <= 65535:
        raise ValueError(value)
    return port


def refuse_busy(bind: str, port: int) -> None:
    """Say at once, and how to go on, what the web server would say after five attempts."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {bind}, port {port}: {error.strerror}. Try --port {port + 1}."
            ) from error


def answers(bind: str, port: int) -> bool:
    """Whether something accepts connections there; an address that means "all" is tried on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 (compared, not bound)
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def web_command(*, bind: str, port: int) -> list[str]:
    """gunicorn with threads: requests wait for the database far more than they compute."""
    address = f"[{bind}]:{port}" if ":" in bind else f"{bind}:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--chdir", str(settings.BASE_DIR), "--bind", address]
    command += ["--worker-class", "gthread", "--threads", str(THREADS)]
    command += ["--workers", str(env.integer("WEB_CONCURRENCY", default=2, least=1))]
    return [*command, "--graceful-timeout", "1", "--no-control-socket", "--log-level", "warning"]


def serve(*, bind: str, port: int, worker: bool = True, ready: Callable[[], None]) -> NoReturn:
    """Run web and worker until a signal (exit 0) or until one of them ends (exit 1).

    ``ready`` is called once the site answers.
    """
    refuse_busy(bind, port)
    together = Together()
    together.catch_signals()
    # The connection goes, our hold on the embedded server stays until we end, after the children.
    connection.close()
    together.start(web_command(bind=bind, port=port))
    if worker:
        together.start([sys.executable, str(MANAGE), "worker"])

    def announce() -> bool:
        if not answers(bind, port):
            return False
        ready()
        return True

    code = together.wait(announce=announce)
    if code:
        sys.stderr.write("The web server or the worker ended by itself; see the messages above.\n")
    leave(code)


class Command(BaseCommand):
    help = "Serve the site and run its background jobs. Example: manage.py serve --port 8000"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="Default: 8000.")
        parser.add_argument(
            "--bind", default="127.0.0.1", help="Address to listen on; 0.0.0.0 is every one. Default: 127.0.0.1."
        )
        parser.add_argument("--no-worker", action="store_true", help="Web only: the worker runs elsewhere.")

    def handle(self, *_args: Any, **options: Any) -> None:
        missing = unapplied_migrations()
        if missing:
            raise CommandError(f"The database lacks {len(missing)} migrations: run manage.py migrate first.")
        bind, port = options["bind"], options["port"]

        def ready() -> None:
            self.stdout.write(f"Slantwise serves http://{bind}:{port}/ (process {os.getpid()}); Ctrl+C ends it.")
            self.stdout.flush()

        serve(bind=bind, port=port, worker=not options["no_worker"], ready=ready)
