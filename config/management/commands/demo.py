"""``manage.py demo``."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import env
from config.demo import load_demo
from config.management.commands.serve import port_number, refuse_busy, serve

BIND = "127.0.0.1"


class Command(BaseCommand):
    help = "Serve a sample project with sample accounts, for a look around. Example: manage.py demo --port 8001"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="Default: 8000.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            self._turn_debug_on()
        port = options["port"]
        refuse_busy(BIND, port)
        call_command("migrate", verbosity=0)
        accounts = [f"  {name:<8} {password:<16} {role}" for name, password, role in load_demo()]

        def ready() -> None:
            lines = [f"Slantwise demo: http://{BIND}:{port}/", "", *accounts, "", "Ctrl+C ends it."]
            self.stdout.write("\n".join(lines))
            self.stdout.flush()

        serve(bind=BIND, port=port, ready=ready)

    def _turn_debug_on(self) -> None:
        """The demo's accounts have public passwords, so it runs in debug mode or not at all.

        Settings are read by now: the command starts anew, as the same process.
        """
        if "DEBUG" in os.environ and not env.boolean("DEBUG", default=False):
            raise CommandError("DEBUG is off: the demo makes accounts with public passwords. Set DEBUG=1 to run it.")
        if os.environ.get("DATABASE_URL"):
            raise CommandError("DATABASE_URL is set: set DEBUG=1 too if the demo may write its accounts there.")
        os.environ["DEBUG"] = "1"
        # A line for each background task would push the address and the logins off the screen.
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 (our own command line)
