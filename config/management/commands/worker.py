"""``manage.py worker``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.health import unapplied_migrations
from config.models import WorkerHeartbeat
from config.processes import leave
from config.worker import Worker, worker_ids_here


class Command(BaseCommand):
    help = "Run background jobs: imports, totals, releases. Example: manage.py worker"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when no job is waiting.")
        parser.add_argument(
            "--alive", action="store_true", help="Only say whether a worker of this machine is alive (0 or 1)."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["alive"]:
            if (
                not WorkerHeartbeat.objects.alive(now=timezone.now())
                .filter(worker_id__startswith=worker_ids_here())
                .exists()
            ):
                raise CommandError("No worker of this machine is alive.")
            return
        missing = unapplied_migrations()
        if missing:
            raise CommandError(f"The database lacks {len(missing)} migrations: run manage.py migrate first.")
        worker = Worker(batch=options["batch"])
        worker.configure_signals()
        worker.run()
        if not worker.running:
            leave(0)
