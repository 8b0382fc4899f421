"""``manage.py worker``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.worker import Worker


class Command(BaseCommand):
    help = "Run background jobs: imports, totals, releases. Example: manage.py worker"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when no job is waiting.")

    def handle(self, *_args: Any, **options: Any) -> None:
        worker = Worker(batch=options["batch"])
        worker.configure_signals()
        worker.run()
